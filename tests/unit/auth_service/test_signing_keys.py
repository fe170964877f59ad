"""Keys are made once, and change without a refused token."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine

from auth_service.signing_keys import PUBLISHED_AFTER_USE, RotationUnderWay, SigningKeys
from tests.unit.auth_service.key_database import AHEAD, KEYS, Database, engine_of_its_own, replica

RACERS = 6


def test_the_first_use_makes_one_key_that_signs_at_once(database: Database) -> None:
    keys = replica(database)
    kid, private = keys.current()
    assert keys.published() == {kid: private.public_key()}
    assert [key.kid for key in database.stored()] == [kid]
    assert private.key_size == 2048


def test_a_restart_keeps_the_key(database: Database) -> None:
    assert replica(database).current()[0] == replica(database).current()[0]


def test_the_private_key_is_stored_encrypted(database: Database) -> None:
    replica(database).current()
    (key,) = database.stored()
    assert (key.private_pem or "").startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert key.public_pem.startswith("-----BEGIN PUBLIC KEY-----")


def test_replicas_that_start_at_once_agree_on_one_key(database: Database) -> None:
    start = Barrier(RACERS)

    def first_use(keys: SigningKeys) -> str:
        start.wait(10)
        return keys.current()[0]

    replicas = [replica(engine_of_its_own(database)) for _ in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        kids = set(pool.map(first_use, replicas))
    assert kids == {key.kid for key in database.stored()}
    assert len(kids) == 1


def test_a_replica_that_is_overtaken_at_its_first_start_makes_no_second_key(database: Database) -> None:
    calls = 0

    def overtaken() -> Engine:
        nonlocal calls
        calls += 1
        if calls == 2:  # it has seen that there is no key, and sets out to make one
            database.store(1, signs_in_seconds=-0.5)  # which another began half a second ago
        return database.engine

    assert replica(overtaken).current()[0] == "key 1"
    assert [key.kid for key in database.stored()] == ["key 1"]


def test_threads_of_one_replica_agree_on_one_key(database: Database) -> None:
    keys, start = replica(database), Barrier(RACERS)

    def first_use(_number: int) -> str:
        start.wait(10)
        return keys.current()[0]

    with ThreadPoolExecutor(RACERS) as pool:
        assert len(set(pool.map(first_use, range(RACERS)))) == 1


def test_a_new_key_is_published_before_it_signs(database: Database) -> None:
    keys = replica(database)
    old, _ = keys.current()
    new = keys.rotate()
    for one in (keys, replica(database)):
        assert one.current()[0] == old
        assert set(one.published()) == {old, new}
    first, second = database.stored()
    assert timedelta(0) < first.signs_from - first.created_at + timedelta(microseconds=1)
    assert second.signs_from - second.created_at == timedelta(seconds=AHEAD)


def test_a_key_made_after_a_leak_signs_at_once_and_the_old_tokens_stay_valid(database: Database) -> None:
    keys = replica(database)
    old, _ = keys.current()
    new = keys.rotate(at_once=True)
    for one in (keys, replica(database)):
        assert one.current()[0] == new
        assert set(one.published()) == {old, new}


@pytest.mark.parametrize(
    ("signs_in_seconds", "signing"),
    [
        ([-10], 1),
        ([-100, -10], 2),
        ([-100, 10], 1),
        ([-100, -50, 10], 2),
        ([-100, -50, -1], 3),
        ([-100, 0], 2),
    ],
)
def test_the_youngest_key_whose_time_has_come_signs(
    database: Database, signs_in_seconds: list[float], signing: int
) -> None:
    for generation, seconds in enumerate(signs_in_seconds, start=1):
        database.store(generation, seconds)
    kid, private = replica(database).current()
    assert kid == f"key {signing}"
    assert private.private_numbers() == KEYS[signing - 1].private_numbers()


def test_a_key_stays_published_until_the_last_token_that_it_signed_has_expired(database: Database) -> None:
    """J15."""
    lifetime = PUBLISHED_AFTER_USE.total_seconds()
    assert lifetime >= 15 * 60 + 30, "a token's life and the leeway that verifiers allow"
    database.store(1, -3 * lifetime)
    database.store(2, -lifetime - 5)
    database.store(3, -lifetime + 5)
    assert set(replica(database).published()) == {"key 2", "key 3"}


@pytest.mark.usefixtures("_read_always_again")
def test_a_replica_learns_of_a_key_that_another_made(database: Database) -> None:
    one, other = replica(database), replica(database)
    one.current()
    new = other.rotate(at_once=True)
    assert one.current()[0] == new
    assert one.find(new) is not None


def test_the_keys_are_not_read_at_every_use(database: Database) -> None:
    keys = replica(database)
    keys.current()
    asked = database.asked
    for _ in range(100):
        keys.find("any")
    assert database.asked == asked


def test_an_id_that_is_not_published_gives_no_key(database: Database) -> None:
    assert replica(database).find("../../dev/null") is None


def test_a_key_that_waits_for_its_turn_keeps_others_from_being_made(database: Database) -> None:
    keys = replica(database)
    keys.current()
    keys.rotate()
    with pytest.raises(RotationUnderWay):
        keys.rotate()
    assert len(database.stored()) == 2


def test_after_a_leak_a_key_that_waits_for_its_turn_is_passed_over(database: Database) -> None:
    keys = replica(database)
    keys.current()
    keys.rotate()
    replacement = keys.rotate(at_once=True)
    assert keys.current()[0] == replacement


def test_of_rotations_at_the_same_moment_one_makes_a_key(database: Database) -> None:
    replica(database).current()
    start = Barrier(RACERS)

    def rotate(keys: SigningKeys) -> str:
        start.wait(10)
        try:
            return keys.rotate()
        except RotationUnderWay:
            return ""

    replicas = [replica(engine_of_its_own(database)) for _ in range(RACERS)]
    with ThreadPoolExecutor(RACERS) as pool:
        made = [kid for kid in pool.map(rotate, replicas) if kid]
    assert made == [key.kid for key in database.stored()[1:]]
    assert len(made) == 1


def test_private_keys_that_can_not_sign_any_more_are_forgotten(database: Database) -> None:
    keys = replica(database)
    keys.current()
    for _ in range(2):
        keys.rotate(at_once=True)
    assert [key.private_pem is None for key in database.stored()] == [True, False, False]
