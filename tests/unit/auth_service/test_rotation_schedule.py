"""A key that has signed for long enough gets a successor by itself, and no request fails for it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from auth_service.key_pairs import DamagedKey
from auth_service.models import AuditEvent
from auth_service.signing_keys import SigningKeys
from tests.unit.auth_service.key_database import AHEAD, Database, engine_of_its_own, replica

DAY = 24 * 60 * 60
RACERS = 4


def test_a_key_that_has_signed_for_the_days_set_gets_a_successor_that_is_published_ahead(
    database: Database,
) -> None:
    database.store(1, signs_in_seconds=-90 * DAY - 1)
    assert replica(database, rotate_days=90).current()[0] == "key 1"
    old, new = database.stored()
    assert (old.generation, new.generation) == (1, 2)
    assert new.signs_from - new.created_at == timedelta(seconds=AHEAD)
    later = replica(database, rotate_days=90)
    assert later.current()[0] == "key 1", "the new one waits for its turn"
    assert set(later.published()) == {"key 1", new.kid}


@pytest.mark.parametrize(("signs_in_seconds", "rotate_days"), [(-90 * DAY + 60, 90), (-3650 * DAY, 0)])
def test_a_key_is_kept_until_then_and_for_ever_by_a_schedule_of_none(
    database: Database, signs_in_seconds: float, rotate_days: int
) -> None:
    database.store(1, signs_in_seconds)
    assert replica(database, rotate_days=rotate_days).current()[0] == "key 1"
    assert len(database.stored()) == 1


@pytest.mark.usefixtures("_read_always_again")
def test_a_key_that_waits_for_its_turn_has_no_successor_however_long_it_waits(database: Database) -> None:
    database.store(1, signs_in_seconds=-90 * DAY - 1)
    keys = replica(database, ahead=10 * DAY, rotate_days=1)
    for _ in range(3):
        keys.current()
    first, _second = database.stored()
    assert first.private_pem is not None, "it still signs"


def test_of_replicas_that_find_a_key_too_old_at_once_one_makes_the_next_and_none_fails(
    database: Database,
) -> None:
    database.store(1, signs_in_seconds=-2 * DAY)
    start = Barrier(RACERS)

    def use(keys: SigningKeys) -> str:
        start.wait(10)
        return keys.current()[0]

    replicas = [replica(engine_of_its_own(database), rotate_days=1) for _ in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        assert set(pool.map(use, replicas)) == {"key 1"}
    assert [key.generation for key in database.stored()] == [1, 2]


def test_a_replica_that_is_overtaken_makes_no_third_key(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.store(1, signs_in_seconds=-2 * DAY)
    calls = 0

    def overtaken() -> Engine:
        nonlocal calls
        calls += 1
        if calls == 2:  # it has read the keys, and sets out to make the next
            database.store(2, signs_in_seconds=0)
        return database.engine

    with caplog.at_level(logging.INFO):
        assert replica(overtaken, ahead=0, rotate_days=1).current()[0] == "key 1"
    assert [key.kid for key in database.stored()] == ["key 1", "key 2"]
    assert "another replica made the next signing key" in caplog.text


@pytest.mark.usefixtures("_read_always_again")
def test_a_database_that_takes_no_writes_fails_no_request_and_is_not_tried_at_each(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.store(1, signs_in_seconds=-2 * DAY)
    tries = 0

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal tries
        if statement.startswith("INSERT"):
            tries += 1
            raise OperationalError(statement, None, Exception("read-only"))

    event.listen(database.engine, "before_cursor_execute", refuse)
    keys = replica(database, rotate_days=1)
    for _ in range(5):
        assert keys.current()[0] == "key 1"
    assert tries == 1
    assert "the next one could not be made" in caplog.text


def test_a_replica_with_the_wrong_passphrase_makes_no_key(database: Database) -> None:
    database.store(1, signs_in_seconds=-2 * DAY)
    with pytest.raises(DamagedKey):
        replica(database, passphrase="another", rotate_days=1).current()
    assert len(database.stored()) == 1


@pytest.mark.parametrize("by_schedule", [True, False])
def test_a_rotation_is_in_the_audit_log_with_the_new_keys_id(
    database: Database, *, by_schedule: bool
) -> None:
    database.store(1, signs_in_seconds=-2 * DAY)
    keys = replica(database, rotate_days=1 if by_schedule else 0)
    keys.current()
    if not by_schedule:
        keys.rotate()
    with Session(database.engine) as session:
        (found,) = session.scalars(select(AuditEvent))
    assert (found.action, found.actor_id) == ("key_rotated", None)
    assert found.detail == f'{{"kid":"{database.stored()[1].kid}"}}'
