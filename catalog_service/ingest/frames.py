"""How the checking process talks: frames of one kind each on one pipe, so that their order is certain."""

import json
import struct
from enum import IntEnum
from typing import Any, BinaryIO, NamedTuple

_HEAD = struct.Struct(">BII")


class FrameKind(IntEnum):
    """What a frame holds."""

    PROGRESS = 1
    """JSON: a Progress."""
    CHECKED = 2
    """JSON: the Report; the file is read to its end."""
    ROWS = 3
    """Rows, as many as the head says."""
    MERGED = 4
    """JSON: the Report; all rows were given."""
    SPILLED = 6
    """JSON: a Spilled."""
    REFUSED = 5
    """JSON: an IngestError's class, its sentence, and its Report or null."""


class Frame(NamedTuple):
    """A message."""

    kind: FrameKind
    data: bytes
    rows: int = 0

    def content(self) -> Any:
        """Read the JSON."""
        return json.loads(self.data)


def write_frame(pipe: BinaryIO, frame: Frame) -> None:
    """Send a frame."""
    pipe.write(_HEAD.pack(frame.kind, len(frame.data), frame.rows))
    pipe.write(frame.data)
    pipe.flush()


def write_json(pipe: BinaryIO, kind: FrameKind, content: object) -> None:
    """Send a frame of JSON."""
    write_frame(pipe, Frame(kind, json.dumps(content).encode()))


def read_frame(pipe: BinaryIO) -> Frame | None:
    """Receive a frame, or None if the other side is gone; a part of a frame counts as none."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, size, rows = _HEAD.unpack(head)
    data = pipe.read(size)
    return Frame(FrameKind(kind), data, rows) if len(data) == size else None
