"""From an uploaded file to blocks of text, each of whole lines: unpacking, decoding, and what is no text."""

import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple, Protocol

from catalog_service.ingest.failures import InvalidFile, NoRows, NotCsv, TooLarge, WrongEncoding
from catalog_service.ingest.limits import MIB, Limits
from catalog_service.ingest.report import Code, Report, RowError

LONGEST_LINE = MIB
"""The longest line in bytes, and the longest record."""
GZIP_MAGIC = b"\x1f\x8b"
CARRIAGE_RETURNS = "Lines end in a carriage return alone: save the file with LF or CR LF line ends."

_BOM = b"\xef\xbb\xbf"
_RATIO_FREE_BYTES = 16 * MIB  # what packs well and is small harms nobody
_ENCODINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_FORMATS = {
    b"PK\x03\x04": "a zip archive or a spreadsheet workbook",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet workbook",
    b"\xfd7zXZ\0": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    GZIP_MAGIC: "a gzip archive inside another",
}


class Block(NamedTuple):
    """Some whole lines of the file; the last block may lack its last line's end."""

    text: str
    suspect: bool
    """Whether it holds a NUL, or bytes that are not UTF-8, which stand in `text` as lone surrogates."""
    size: int
    """Its size in bytes."""


class Readable(Protocol):
    """A file, or a part of one."""

    def read(self, size: int, /) -> bytes:
        """Give what comes next, at most so many bytes; none at the end."""


class LineTooLong(Exception):
    """A line is longer than LONGEST_LINE."""


def refused(
    kind: type[InvalidFile], line: int, code: Code, message: str, column: str | None = None
) -> InvalidFile:
    """Make the refusal of a whole file."""
    columns = {column: 1} if column else {}
    return kind(Report(0, 0, (RowError(line, column, None, code, message),), {code: 1}, columns, (), ()))


def text_blocks(file: BinaryIO, limits: Limits) -> Iterator[Block]:
    """Read a file, gzip or plain, from where it stands.

    Raises NotCsv, WrongEncoding, TooLarge, LineTooLong.
    """
    pieces = _capped(_unpacked(file, limits), limits)
    first = next(pieces, b"")
    _refuse_other_formats(first)
    # The last one's line feed may begin the next piece.
    if len(first) >= limits.block_bytes and b"\n" not in first and b"\r" in first[:-1]:
        raise refused(NotCsv, 1, Code.CARRIAGE_RETURN, CARRIAGE_RETURNS)
    mark = _BOM
    for data in _whole_lines(chain([first], pieces)):
        yield _block(data.removeprefix(mark), len(data))
        mark = b""


def following_blocks(part: Readable, limits: Limits) -> Iterator[Block]:
    """Read what follows in a plain file, from the beginning of a line. Raises LineTooLong."""
    for data in _whole_lines(_pieces(part, limits)):
        yield _block(data, len(data))


def _block(data: bytes, size: int) -> Block:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Block(data.decode(errors="surrogateescape"), suspect=True, size=size)
    return Block(text, "\0" in text, size)


def illegible(cell: str) -> Code | None:
    """Say whether a cell of a suspect block holds what no text may: a NUL, or bytes that are not UTF-8."""
    if "\0" in cell:
        return Code.NUL
    # Encoding drops the lone surrogates that stand for such bytes.
    return None if cell.encode(errors="ignore").decode() == cell else Code.NOT_UTF8


def _refuse_other_formats(head: bytes) -> None:
    for mark, encoding in _ENCODINGS.items():
        if head.startswith(mark):
            raise _wrong_encoding(encoding)
    # ASCII text in a wider encoding has its zeros at fixed places, marked or not.
    zeros = [byte == 0 for byte in head[:4]]
    if zeros in ([False, True, True, True], [True, True, True, False]):
        raise _wrong_encoding("UTF-32")
    if zeros in ([False, True, False, True], [True, False, True, False]):
        raise _wrong_encoding("UTF-16")
    for mark, what in _FORMATS.items():
        if head.startswith(mark):
            raise refused(NotCsv, 1, Code.NOT_CSV, f"The file is {what}, not CSV: save it as CSV in UTF-8.")


def _wrong_encoding(encoding: str) -> InvalidFile:
    message = f"The file is encoded in {encoding}: save it as UTF-8."
    return refused(WrongEncoding, 1, Code.WRONG_ENCODING, message)


def _capped(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limits.unpacked_bytes:
            raise TooLarge(f"The file is larger than {limits.unpacked_bytes} bytes.")
        yield piece


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if len(rest) + (piece.find(b"\n") + 1 if cut else len(piece)) > LONGEST_LINE:
            raise LineTooLong
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
    if rest:
        yield rest


def _unpacked(file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    packed = file.read(limits.block_bytes)
    if packed.startswith(GZIP_MAGIC):
        yield from _gathered(_inflated(packed, file, limits), limits.block_bytes)
        return
    yield packed
    yield from _pieces(file, limits)


def first_text(blocks: Iterator[Block]) -> tuple[Block, int]:
    """Give the first block that is not blank, and its line. Raises NotCsv, NoRows."""
    line = 1
    try:
        for block in blocks:
            if block.text.strip("\r\n"):
                return block, line
            line += block.text.count("\n")
    except LineTooLong:
        message = f"A line is longer than {LONGEST_LINE} bytes before there is a header."
        raise refused(NotCsv, line, Code.RECORD_TOO_LONG, message) from None
    raise refused(NoRows, 1, Code.NO_ROWS, "The file is empty.")


def _pieces(file: Readable, limits: Limits) -> Iterator[bytes]:
    while piece := file.read(limits.block_bytes):
        yield piece


def _gathered(pieces: Iterator[bytes], least: int) -> Iterator[bytes]:
    """Join pieces, of which some may be a byte, to blocks: a record that a block cuts is read again."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= least:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _inflated(packed: bytes, file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Unpack one gzip member after another (RFC 1952, section 2.2), never more than a block at once."""
    taken, given = len(packed), 0
    while packed:
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof:
            piece = _inflate(inflater, packed, limits.block_bytes)
            given += len(piece)
            if given > max(_RATIO_FREE_BYTES, taken * limits.gzip_ratio):
                raise TooLarge(f"The file unpacks to more than {limits.gzip_ratio} times its size.")
            if piece:
                yield piece
            packed = inflater.unconsumed_tail or inflater.unused_data or file.read(limits.block_bytes)
            taken = file.tell()
            if not (packed or piece or inflater.eof):
                raise _damaged()
        packed = _without_padding(packed, file)


def _without_padding(packed: bytes, file: BinaryIO) -> bytes:
    """Skip the zeros that tapes leave behind a member."""
    while packed and not packed.strip(b"\0"):
        packed = file.read(MIB)
    return packed.lstrip(b"\0")


def _inflate(inflater: "zlib._Decompress", packed: bytes, most: int) -> bytes:
    try:
        return inflater.decompress(packed, most)
    except zlib.error:
        raise _damaged() from None


def _damaged() -> InvalidFile:
    return refused(NotCsv, 1, Code.DAMAGED_GZIP, "The gzip file is damaged or cut off.")
