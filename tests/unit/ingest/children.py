"""The processes that this one has started."""

import contextlib
import os
from pathlib import Path


def children() -> set[int]:
    """Give their numbers, also of those that have ended and for which nobody has waited."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # Its name, in brackets, may hold anything; behind it come its state and its parent.
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.add(int(folder.name))
    return found
