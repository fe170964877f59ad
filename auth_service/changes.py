"""Changes rows by a statement alone, past the objects that a database session holds."""

from typing import Any

from sqlalchemy import CursorResult, Delete, Update
from sqlalchemy.orm import Session


def change(session: Session, statement: Update | Delete) -> int:
    """Run a statement in the transaction in hand, and give how many rows it was for.

    Objects of these rows are not brought up to date: read them anew where that matters.
    """
    done: Any = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)  # noqa: S101 - what such a statement gives
    return done.rowcount
