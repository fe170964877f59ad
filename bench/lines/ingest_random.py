"""1,000,000 rows with random ids into an empty table."""

from bench.against_load_data import MILLION, into_empty_tables
from bench.comparison import Figure
from bench.session import Session


def run(session: Session) -> list[Figure]:
    """Measure against LOAD DATA of the same file into an equal empty table."""
    what = "1,000,000 rows, random ids, empty table: time of POST /upload / LOAD DATA"
    return into_empty_tables(session, session.products(MILLION), what, "at most 0.75")
