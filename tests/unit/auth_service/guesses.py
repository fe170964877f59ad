"""People who guess passwords, and a clock to let them wait by."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts
from auth_service.models import FailedSignIns, db
from auth_service.sessions import InvalidCredentials

FREE = 4
"""Wrong passwords in a row that cost nothing."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        """Begin with the year."""
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        """Let some time pass."""
        self.now += timedelta(seconds=seconds)


def failures() -> list[int]:
    """Give the counts that are stored."""
    with Session(db.engine) as session:
        return list(session.scalars(select(FailedSignIns.failures)))


def fails(accounts: Accounts, password: str = "wrong", username: str = "ada") -> None:  # noqa: S107 - a guess
    """Sign in, and see that it is refused."""
    with pytest.raises(InvalidCredentials):
        accounts.sign_in(username, password)
