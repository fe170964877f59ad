"""100 rows: what is waited for where the file is small."""

from collections.abc import Callable
from itertools import count
from statistics import median

from bench.comparison import Figure, in_turn
from bench.mysql import SERVICE_TABLE
from bench.session import Session

ROWS = 100
REQUESTS = 20
"""In each round, of which the median counts."""
_NOTHING, _FILE = "an upload without a file, ms", "an upload of 100 rows, ms"


def run(session: Session) -> list[Figure]:
    """Measure the time above that of an upload with no file in it, which is refused after the token check."""
    session.mysql.empty(SERVICE_TABLE)
    numbers = count()

    def upload() -> float:
        path = session.products(ROWS, variant=next(numbers))
        return session.client.upload(path)

    sides = {
        _NOTHING: lambda: _milliseconds(session.client.upload_nothing),
        _FILE: lambda: _milliseconds(upload),
    }
    samples = in_turn(session.rounds(), sides)
    above = [file - nothing for file, nothing in zip(samples[_FILE], samples[_NOTHING], strict=True)]
    return [
        Figure("100 rows: time above an upload without a file", median(above), samples, "at most 60 ms", "ms")
    ]


def _milliseconds(request: Callable[[], float]) -> float:
    return 1000 * median(request() for _ in range(REQUESTS))
