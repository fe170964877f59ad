"""Keys that can't be read or reached stop nothing that runs, and start nothing that would be wrong."""

import time

import pytest
from sqlalchemy.exc import OperationalError

from auth_service.key_pairs import DamagedKey
from tests.unit.auth_service.key_database import Database, replica


def test_a_key_under_another_passphrase_is_damaged_and_nothing_else_is_made(database: Database) -> None:
    replica(database).current()
    with pytest.raises(DamagedKey):
        replica(database, passphrase="another").current()
    assert len(database.stored()) == 1


@pytest.mark.parametrize(
    "columns",
    [{"private_pem": None}, {"private_pem": ""}, {"private_pem": "-----BEGIN PRIVATE KEY-----\nAAAA"},
     {"public_pem": ""}, {"public_pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}],
)  # fmt: skip
def test_a_key_that_can_not_be_read_is_damaged(database: Database, columns: dict[str, str | None]) -> None:
    replica(database).current()
    database.damage(**columns)
    with pytest.raises(DamagedKey):
        replica(database).current()


def test_a_key_of_another_kind_is_damaged(database: Database) -> None:
    replica(database).current()
    database.damage(private_pem=None, public_pem=ELLIPTIC_KEY)
    with pytest.raises(DamagedKey):
        replica(database).current()


ELLIPTIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
"""


@pytest.mark.usefixtures("_read_always_again")
def test_a_database_that_goes_away_does_not_take_the_keys_with_it(database: Database) -> None:
    keys = replica(database)
    kid, _ = keys.current()
    database.gone = True
    assert set(keys.published()) == {kid}
    database.gone = False
    assert keys.current()[0] == kid


@pytest.mark.usefixtures("_read_always_again")
def test_a_request_that_waited_for_the_database_does_not_wait_for_it_again(database: Database) -> None:
    """F31: what checks or signs a token asks the database next, and each wait has a deadline of its own."""
    keys = replica(database)
    kid, _ = keys.current()
    database.gone = True
    for use in (keys.current, lambda: keys.find(kid)):
        with pytest.raises(OperationalError):
            use()


def test_a_database_that_is_away_is_not_asked_again_by_every_request(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth_service.signing_keys.RELOAD_SECONDS", 0.3)
    keys = replica(database)
    kid, _ = keys.current()
    time.sleep(0.35)
    database.gone, before = True, database.asked
    for _ in range(20):
        assert kid in keys.published()
    assert database.asked - before <= 2


def test_a_database_that_is_away_from_the_start_gives_no_key(database: Database) -> None:
    database.gone = True
    with pytest.raises(OperationalError):
        replica(database).current()


def test_a_replica_whose_clock_is_behind_takes_the_first_key_all_the_same(database: Database) -> None:
    database.store(1, signs_in_seconds=+2)
    assert replica(database).current()[0] == "key 1"


@pytest.mark.usefixtures("_read_always_again")
def test_a_running_replica_serves_on_when_the_next_key_can_not_be_read(database: Database) -> None:
    database.store(1, -100)
    keys = replica(database)
    keys.current()
    database.store(2, -1, passphrase="another")
    assert keys.current()[0] == "key 1"
    assert keys.find("key 1") is not None
