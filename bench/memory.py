"""Watches the memory of the catalog's container, from the inside, while something else goes on."""

import re
import subprocess
import threading
from collections.abc import Iterable
from typing import IO, NamedTuple, Self, cast

from bench.stack import Stack

MIB = 2**20
# cgroup version 1 and 2 have other names; `docker stats` shows usage without inactive files.
_USAGE = "/sys/fs/cgroup/memory/memory.usage_in_bytes /sys/fs/cgroup/memory.current"
_PARTS = "/sys/fs/cgroup/memory/memory.stat /sys/fs/cgroup/memory.stat"
_WATCH = (
    "echo $$ >/tmp/memory_watch; "
    f"while :; do echo usage $(cat {_USAGE} 2>/dev/null); "
    f"grep -h -E '^(total_rss|anon|total_inactive_file|inactive_file) ' {_PARTS} 2>/dev/null; "
    "for p in $(grep -l ingest.worker /proc/[0-9]*/cmdline 2>/dev/null); do "
    "grep VmHWM ${p%cmdline}status 2>/dev/null; done; "
    "echo end; sleep 0.1; done"
)
_ANONYMOUS = ("total_rss", "anon")
_INACTIVE_FILES = ("total_inactive_file", "inactive_file")


class Peaks(NamedTuple):
    """The highest values, in MiB."""

    programs: float = 0
    """What the programs in the container hold, without the files that the kernel keeps for them."""
    docker_stats: float = 0
    """What `docker stats` shows, which counts files in use as well."""
    child: float = 0
    """The checking process's resident memory, its program's own pages among it."""

    def raised_by(self, values: dict[str, int]) -> "Peaks":
        """Give the peaks after one more look."""
        if "usage" not in values:
            return self
        programs = next(values[name] for name in _ANONYMOUS if name in values)
        inactive = next(values[name] for name in _INACTIVE_FILES if name in values)
        now = Peaks(programs / MIB, (values["usage"] - inactive) / MIB, values.get("VmHWM", 0) / 1024)
        return Peaks(*map(max, self, now))


class MemoryWatch:
    """While the context lasts, looks about ten times a second; `peaks` are known afterwards."""

    def __init__(self, stack: Stack) -> None:
        """Watch the stack's catalog service."""
        self.peaks = Peaks()
        self._stack = stack
        command = ("docker", "exec", stack.containers["catalog_service"], "sh", "-c", _WATCH)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the loop in the container, which would outlive the command that started it."""
        self._stack.execute("catalog_service", "sh", "-c", "kill $(cat /tmp/memory_watch)")
        self._process.wait(timeout=60)
        self._reader.join()

    def _read(self) -> None:
        self.peaks = _peaks(cast("IO[str]", self._process.stdout))


def _peaks(lines: Iterable[str]) -> Peaks:
    peaks, values = Peaks(), dict[str, int]()
    for line in lines:
        if found := re.match(r"(\w+):?\s+(\d+)", line):
            values[found[1]] = int(found[2])
        elif line.startswith("end"):
            peaks = peaks.raised_by(values)
            values = {}
    return peaks
