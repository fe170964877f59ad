"""POST /upload through the gateway against the `mysql` client's LOAD DATA of the same file."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from bench.comparison import Figure, in_turn, ratio
from bench.mysql import SERVICE_TABLE, YARDSTICK_TABLE
from bench.session import Session

MILLION = 1_000_000
UPLOAD = "POST /upload, s"
LOAD_DATA = "LOAD DATA, s"
LOAD_DATA_REPLACE = "LOAD DATA ... REPLACE, s"


def into_empty_tables(session: Session, file: Path, what: str, wanted: str) -> list[Figure]:
    """Load a file of a million rows into an empty table, again and again."""

    def upload() -> float:
        session.mysql.empty(SERVICE_TABLE)
        return session.client.upload(file)

    def load_data() -> float:
        session.mysql.empty(YARDSTICK_TABLE)
        return session.mysql.load(file, MILLION)

    samples = in_turn(session.rounds(), {UPLOAD: upload, LOAD_DATA: load_data})
    session.mysql.check_tables_equal()
    return [ratio(what, samples, UPLOAD, LOAD_DATA, wanted)]


def over_full_tables(session: Session, files: Sequence[Path], what: str, wanted: str) -> list[Figure]:
    """Load files of a million rows one after another over the rows of the last of them."""
    uploads, loads = cycle(files), cycle(files)
    _fill(session, files[-1])

    def upload() -> float:
        return session.client.upload(next(uploads))

    def load_data() -> float:
        return session.mysql.load(next(loads), MILLION, replace=True)

    samples = in_turn(session.rounds(), {UPLOAD: upload, LOAD_DATA_REPLACE: load_data})
    session.mysql.check_tables_equal()
    return [ratio(what, samples, UPLOAD, LOAD_DATA_REPLACE, wanted)]


def _fill(session: Session, file: Path) -> None:
    session.mysql.empty(SERVICE_TABLE)
    session.mysql.empty(YARDSTICK_TABLE)
    session.client.upload(file)
    session.mysql.load(file, MILLION)
