"""How much one upload may take."""

from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB


class Limits(NamedTuple):
    """The bounds of one upload; each has a default that suits the catalog's container."""

    unpacked_bytes: int = 1024 * MIB
    """The largest text, after unpacking."""
    gzip_ratio: int = 200
    """How many times its size a gzip file may unpack to. CSV packs to a twentieth, a bomb to a thousandth."""
    rows: int = 50_000_000
    """The most records in one file, good and bad."""
    seconds: float = 840
    """How long one file may take to be checked and loaded. A last wait for others' rows comes on top."""
    in_process_bytes: int = 256 * KIB
    """Up to this size a file is checked where the request runs: a process takes longer to start."""
    block_bytes: int = 64 * KIB
    """How much is read at once: so little that its cells stay in the processor's cache, measured."""
    run_bytes: int = 8 * MIB
    """The memory for sorting; what is beyond goes to a temporary file."""
    shared_bytes: int = 8 * MIB
    """From so much on, what is left of a file is read by two processes."""
