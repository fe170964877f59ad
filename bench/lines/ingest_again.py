"""1,000,000 rows that the table holds already, just so."""

from bench.against_load_data import MILLION, over_full_tables
from bench.comparison import Figure
from bench.session import Session


def run(session: Session) -> list[Figure]:
    """Measure against LOAD DATA ... REPLACE of the same file over an equally full table."""
    what = "the same 1,000,000 rows again, none changed: time of POST /upload / LOAD DATA ... REPLACE"
    return over_full_tables(session, [session.products(MILLION)], what, "at most 1.0")
