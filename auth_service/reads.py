"""Reads that each stand alone, beside the transaction in hand."""

from flask import current_app
from sqlalchemy.orm import Session


def reading() -> Session:
    """Give a database session for one read, by the app's engine of `make_reading_engine`.

    It sees what is committed, takes one trip, and holds no connection once it's closed.
    """
    return Session(current_app.extensions["reading_engine"])
