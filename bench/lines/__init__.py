"""The lines of the benchmarks, each a module that measures one thing."""

from collections.abc import Callable, Mapping

from bench.comparison import Figure
from bench.lines import (
    ingest_5m,
    ingest_again,
    ingest_ascending,
    ingest_changed,
    ingest_memory,
    ingest_others,
    ingest_random,
    ingest_small,
    ingest_sqlite,
    logins,
    reads,
    request_rates,
)
from bench.session import Session

Line = Callable[[Session], list[Figure]]

LINES: Mapping[str, Line] = {
    "ingest-random": ingest_random.run,
    "ingest-ascending": ingest_ascending.run,
    "ingest-again": ingest_again.run,
    "ingest-changed": ingest_changed.run,
    "ingest-5m": ingest_5m.run,
    "ingest-small": ingest_small.run,
    "ingest-memory": ingest_memory.run,
    "ingest-sqlite": ingest_sqlite.run,
    "ingest-others": ingest_others.run,
    "requests": request_rates.run,
    "logins": logins.run,
    "reads": reads.run,
}
"""By the name that the command line knows, in the order in which they run."""
