"""Passwords are never cut, never confused, and cost the same work whether or not the account exists."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from auth_service.passwords import (
    LONGEST_PASSWORD,
    NICENESS,
    PasswordHasher,
    PasswordTooLong,
    TooManyLogins,
    comparable,
)
from common.refusals import Refusal
from common.turns import Turns
from tests.unit.auth_on_sqlite import CHEAP_ROUNDS, make_auth_service
from tests.unit.auth_service.hashing import CountingBcrypt, make_hasher
from tests.unit.tables import with_tables

CHECK = f"check at $2b$0{CHEAP_ROUNDS}$"


@pytest.fixture
def bcrypt() -> CountingBcrypt:
    return CountingBcrypt()


@pytest.fixture
def hasher(bcrypt: CountingBcrypt) -> PasswordHasher:
    made = make_hasher(bcrypt)
    bcrypt.calls.clear()
    return made


@pytest.mark.parametrize(
    "password",
    ["x", " ", "correct horse battery staple", "é" * 36, "\N{GRINNING FACE}" * 18, "x" * LONGEST_PASSWORD],
)
def test_a_password_of_up_to_72_bytes_is_its_own_and_no_other(hasher: PasswordHasher, password: str) -> None:
    stored = hasher.hash(password)
    assert hasher.verify(stored, password)
    assert not hasher.verify(stored, password[:-1] + "?")
    assert not hasher.verify(stored, password[:-1])


@pytest.mark.parametrize(
    "password", ["x" * 73, "é" * 37, "\N{GRINNING FACE}" * 19, "x" * 5_000, "x" * 1_000_000]
)
def test_a_longer_password_is_refused_without_hashing(
    hasher: PasswordHasher, bcrypt: CountingBcrypt, password: str
) -> None:
    with pytest.raises(PasswordTooLong) as refused:
        hasher.hash(password)
    assert "72 bytes" in refused.value.msg
    assert bcrypt.calls == []


def test_a_longer_password_does_not_open_the_account_of_its_first_72_bytes(hasher: PasswordHasher) -> None:
    stored = hasher.hash("x" * LONGEST_PASSWORD)
    assert not hasher.verify(stored, "x" * (LONGEST_PASSWORD + 1))
    assert not hasher.verify(stored, "x" * 5_000)


@pytest.mark.parametrize(
    ("one", "other"), [("abc\0x", "abc\0y"), ("abc\0", "abc"), ("\0abc", "\0"), ("\0", "\0\0")]
)
def test_passwords_that_differ_after_a_nul_are_two_or_refused(
    hasher: PasswordHasher, one: str, other: str
) -> None:
    try:
        stored = hasher.hash(one)
    except Refusal:
        return
    assert hasher.verify(stored, one)
    assert not hasher.verify(stored, other)


@pytest.mark.parametrize("guess", ["abc\0", "abc\0abc", "abc\0abc\0abc", "\0abc", "abc\0x"])
def test_a_nul_opens_no_account_of_another_password(hasher: PasswordHasher, guess: str) -> None:
    # bcrypt repeats a password and the NUL after it until it has 72 bytes.
    assert not hasher.verify(hasher.hash("abc"), guess)


@pytest.mark.parametrize(
    ("typed", "typed_elsewhere"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("\u1ec7", "e\u0302\u0323"),
        ("\uac00", "\u1100\u1161"),
        ("p\uff41ss", "pass"),
    ],
)
def test_one_password_by_two_keyboards_is_one(
    hasher: PasswordHasher, typed: str, typed_elsewhere: str
) -> None:
    assert hasher.verify(hasher.hash(typed), typed_elsewhere)
    assert hasher.verify(hasher.hash(typed_elsewhere), typed)


def test_case_accents_and_blanks_of_a_password_count(hasher: PasswordHasher) -> None:
    stored = hasher.hash("Café ")
    assert [hasher.verify(stored, guess) for guess in ("café ", "Cafe ", "Café", "Café ")] == [
        False,
        False,
        False,
        True,
    ]


def test_the_length_is_counted_after_normalising() -> None:
    assert len(comparable("e\u0301" * 36)) == LONGEST_PASSWORD


@pytest.mark.parametrize(
    "character",
    ["x", "\u0301", "\u1100", "\u11a8", "e\u0302\u0323", "\u1100\u1161\u11a8", "\u03b1\u0314\u0342\u0345"],
)
def test_no_input_that_is_cut_before_normalising_could_have_fitted(
    hasher: PasswordHasher, character: str
) -> None:
    with pytest.raises(PasswordTooLong):
        hasher.hash((character * 1_001)[:1_001])


def test_an_account_that_does_not_exist_costs_the_same_work_as_a_wrong_password(
    hasher: PasswordHasher, bcrypt: CountingBcrypt
) -> None:
    stored = hasher.hash("right")
    bcrypt.calls.clear()
    assert not hasher.verify(stored, "wrong")
    of_a_wrong_password = bcrypt.calls[:]
    bcrypt.calls.clear()
    assert not hasher.verify(None, "wrong")
    assert bcrypt.calls == of_a_wrong_password == [CHECK]


@pytest.mark.parametrize("stored", [None, ""])
def test_no_password_opens_an_account_that_is_not_there_or_has_no_hash(
    hasher: PasswordHasher, stored: str | None
) -> None:
    assert not hasher.verify(stored, "nobody has this password")


def test_no_variable_switches_the_librarys_own_way_with_long_passwords_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L17: it hashes another text than before, and so would lock out everybody who has an account."""
    ada = {"username": "ada", "password": "a password of some length"}
    with with_tables(make_auth_service(tmp_path)) as app:
        assert app.test_client().post("/signup", json=ada).status_code == 201
    for name in ("BCRYPT_HANDLE_LONG_PASSWORDS", "FLASK_BCRYPT_HANDLE_LONG_PASSWORDS"):
        monkeypatch.setenv(name, "true")
    with with_tables(make_auth_service(tmp_path)) as app:
        assert app.test_client().post("/login", json=ada).status_code == 200


@pytest.mark.parametrize(
    "stored",
    ["", "x", "$2b$", "$2b$04$", "$2b$04$tooshort", "$2b$99$" + "a" * 53, "$1$abc$def", "plain text"],
)
def test_a_damaged_hash_opens_nothing_and_raises_an_alarm(
    hasher: PasswordHasher, caplog: pytest.LogCaptureFixture, stored: str
) -> None:
    """L12."""
    with caplog.at_level(logging.CRITICAL):
        assert not hasher.verify(stored, "anything")
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "anything" not in caplog.text


def test_a_hash_cut_by_one_character_opens_nothing(hasher: PasswordHasher) -> None:
    """L12."""
    assert not hasher.verify(hasher.hash("secret")[:-1], "secret")


def test_two_hashes_of_one_password_differ(hasher: PasswordHasher) -> None:
    assert hasher.hash("secret") != hasher.hash("secret")


def test_only_a_hash_with_fewer_rounds_is_outdated() -> None:
    old, new = make_hasher(rounds=4), make_hasher(rounds=5)
    assert new.is_outdated(old.hash("secret"))
    assert not new.is_outdated(new.hash("secret"))
    assert not old.is_outdated(new.hash("secret")), "fewer rounds than before are no reason to weaken a hash"


@pytest.mark.parametrize(
    "work",
    [lambda hasher: hasher.hash("secret"), lambda hasher: hasher.verify(None, "secret")],
    ids=["hash", "verify"],
)
def test_who_finds_no_turn_is_told_to_come_again(
    bcrypt: CountingBcrypt, work: Callable[[PasswordHasher], object]
) -> None:
    turns = Turns(1, 0, 10, TooManyLogins)
    hasher = PasswordHasher(bcrypt, CHEAP_ROUNDS, turns)
    bcrypt.calls.clear()
    with turns.turn(), pytest.raises(TooManyLogins) as refused:
        work(hasher)
    assert (refused.value.status, bcrypt.calls) == (503, [])
    work(hasher)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a niceness is a whole process's")
def test_hashing_gives_way_to_everything_else() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    noted: list[int] = []
    hasher = make_hasher(CountingBcrypt(lambda: noted.append(niceness())))
    own = niceness()
    hasher.verify(None, "secret")
    hasher.hash("secret")
    assert noted == [own, max(own, NICENESS), max(own, NICENESS)], "the first at the start, for nobody's hash"
    assert niceness() == own
