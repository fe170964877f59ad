"""1,000,000 rows that the table holds already, every one of them changed."""

from bench.against_load_data import MILLION, over_full_tables
from bench.comparison import Figure
from bench.session import Session


def run(session: Session) -> list[Figure]:
    """Measure against LOAD DATA ... REPLACE of the same file over an equally full table."""
    what = "1,000,000 rows, every one changed: time of POST /upload / LOAD DATA ... REPLACE"
    files = [session.products(MILLION, variant=1), session.products(MILLION)]
    return over_full_tables(session, files, what, "at most 1.6")
