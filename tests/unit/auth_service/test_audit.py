"""Events are kept exactly if what they tell of is, with a true address, and not for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.audit import Action, AuditLog, Person, record
from auth_service.models import AuditEvent, db
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

pytestmark = pytest.mark.usefixtures("_app_context")

KEPT = timedelta(days=365)
NOW = datetime.now(UTC)
CREDENTIALS = {"username": "ada", "password": "secret"}


def event(age: timedelta) -> AuditEvent:
    return AuditEvent(at=NOW - age, action=Action.SIGNED_UP)


def ages() -> list[timedelta]:
    with Session(db.engine) as session:
        return [NOW - at for at in session.scalars(select(AuditEvent.at).order_by(AuditEvent.number))]


def addresses() -> list[str | None]:
    with Session(db.engine) as session:
        return list(session.scalars(select(AuditEvent.address)))


def test_an_event_shares_the_fate_of_what_it_tells_of() -> None:
    record(Action.SIGNED_UP, subject=Person("1", "ada"))
    db.session.rollback()
    assert ages() == []

    record(Action.SIGNED_UP, subject=Person("1", "ada"))
    db.session.commit()
    assert len(ages()) == 1


def test_a_name_that_is_taken_leaves_no_event(app: Flask) -> None:
    for _ in range(2):
        app.test_client().post("/signup", json=CREDENTIALS)

    assert len(ages()) == 1


def test_events_that_are_too_old_are_removed_when_others_are_added() -> None:
    with Session(db.engine) as session:
        session.add_all([event(KEPT + timedelta(seconds=1)), event(KEPT - timedelta(seconds=1))])
        session.commit()

    AuditLog(KEPT).add(event(timedelta(0)))
    db.session.commit()

    assert ages() == [KEPT - timedelta(seconds=1), timedelta(0)]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.5", "127.0.0.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5", "198.51.100.1"),
        (1, "2001:DB8::0:1", "2001:db8::1"),
        (1, "::ffff:203.0.113.5", "203.0.113.5"),
        (1, "no address", None),
        (1, "9" * 500, None),
        (1, None, "127.0.0.1"),
    ],
)
def test_the_address_is_that_of_the_client_as_far_as_proxies_are_trusted(
    tmp_path: Path, proxies: int, forwarded: str | None, address: str | None
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with with_tables(make_auth_service(tmp_path, trusted_proxies=proxies)) as app:
        assert app.test_client().post("/signup", json=CREDENTIALS, headers=headers).status_code == 201

    assert addresses() == [address]
