"""Old rows are removed a few at a time, and looked for now and then."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auth_service.housekeeping import LOOK_AGAIN_SECONDS, Housekeeping
from auth_service.models import FailedSignIns, IssuedToken, db

pytestmark = pytest.mark.usefixtures("_app_context")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = IssuedToken.expires_at < NOW
MOST = 5


class Seconds:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def housekeeping(seconds: Seconds) -> Housekeeping:
    return Housekeeping(seconds)


def add(tokens: int, age: timedelta = timedelta(seconds=1)) -> None:
    first = left()
    with Session(db.engine) as session:
        session.add_all(
            IssuedToken(token_id=str(first + number), user_id="x", expires_at=NOW - age)
            for number in range(tokens)
        )
        session.commit()


def left() -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(IssuedToken)) or 0


def tidy(housekeeping: Housekeeping) -> int:
    """Remove a few if it's time to, and tell how many rows are left."""
    housekeeping.remove_now_and_then(IssuedToken.token_id, OLD, MOST)
    db.session.commit()
    return left()


def test_only_what_is_old_is_removed(housekeeping: Housekeeping) -> None:
    add(2)
    add(1, timedelta(0))
    assert tidy(housekeeping) == 1


def test_old_rows_are_looked_for_once_a_minute(housekeeping: Housekeeping, seconds: Seconds) -> None:
    assert tidy(housekeeping) == 0
    add(1)
    seconds.now += LOOK_AGAIN_SECONDS - 1
    assert tidy(housekeeping) == 1
    seconds.now += 1
    assert tidy(housekeeping) == 0


def test_while_there_are_more_a_few_go_each_time(housekeeping: Housekeeping) -> None:
    """So that no more pile up than are added, however many that is in a minute."""
    add(2 * MOST + 2)
    assert [tidy(housekeeping) for _ in range(3)] == [MOST + 2, 2, 0]
    add(1)
    assert tidy(housekeeping) == 1


def test_each_table_has_a_time_of_its_own(housekeeping: Housekeeping) -> None:
    add(1)
    housekeeping.remove_now_and_then(FailedSignIns.guesser, FailedSignIns.failed_at < NOW, MOST)
    assert tidy(housekeeping) == 0
