"""What PASSWORD_POLICY=nist refuses, and what it leaves alone."""

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from auth_service.password_policy import (
    COMMON_PASSWORDS,
    CommonPassword,
    PasswordHoldsUsername,
    PasswordPolicy,
    PasswordTooShort,
    RepeatedPassword,
    SequentialPassword,
    WeakPassword,
)
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

GOOD = "seven wet lanterns"
NIST = PasswordPolicy("nist")


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordTooShort),
        ("seven lanterns", PasswordTooShort),
        ("é" * 14, PasswordTooShort),
        ("e\u0301" * 14, PasswordTooShort),
        ("qazwsxedcrfvtgb", CommonPassword),
        ("QAZWSXEDCRFVTGB", CommonPassword),
        ("\uff51azwsxedcrfvtgb", CommonPassword),
        ("aaaaaaaaaaaaaaa", RepeatedPassword),
        ("passwordpassword", RepeatedPassword),
        ("Passwordpassword", RepeatedPassword),
        ("abc123abc123abc1", RepeatedPassword),
        ("1234567890123456", SequentialPassword),
        ("6543210987654321", SequentialPassword),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10123456", SequentialPassword),
        ("112233445566778899", SequentialPassword),
        ("aaaabbbbccccdddd", SequentialPassword),
        ("aaaaaaaaaaaaaab", SequentialPassword),
        ("!!!!!!!!!!!!!!?", SequentialPassword),
        ("abcdefghijklmnop", SequentialPassword),
        ("AbCdEfGhIjKlMnOp", SequentialPassword),
        ("zyxwvutsrqponmlk", SequentialPassword),
        ("абвгдежзийклмноп", SequentialPassword),
        ("abcdefgh12345678", SequentialPassword),
        ("12345678 87654321 12", SequentialPassword),
        ("123456-abcdef-123", SequentialPassword),
        ("qwertyuiopasdfgh", SequentialPassword),
        ("poiuytrewq0987654321", SequentialPassword),
        ("qwertzuiopasdfghjkl", SequentialPassword),
        ("it is ada.lovelace", PasswordHoldsUsername),
        ("Ada.Lovelace 1815", PasswordHoldsUsername),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, refusal: type[WeakPassword]) -> None:
    with pytest.raises(refusal):
        NIST.check(password, "Ada.Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "fifteen letters",
        "correct horse battery staple",
        "310489176250943",
        "we were deferred",
        "the hijkers 1234",
        "длинный пароль из слов",
        "七盏湿灯笼挂在老桥边照着流水声",
        "🔑🐴🔋📎" * 3 + "🔑🔑🔑",
        "   seven   wet   ",
    ],
)
def test_any_other_is_accepted_whatever_it_is_made_of(password: str) -> None:
    """No composition rules: NIST SP 800-63B-4, section 3.1.1.2."""
    NIST.check(password, "ada")


def test_a_short_username_may_stand_in_a_password() -> None:
    NIST.check("a cat on a tall wall", "cat")


def test_without_a_policy_nothing_is_asked() -> None:
    PasswordPolicy("none").check("x", "x")


def test_the_list_holds_only_what_the_other_rules_let_pass_in_the_form_that_is_compared() -> None:
    """What can't matter only costs memory."""
    listed = COMMON_PASSWORDS.read_text(encoding="utf-8").splitlines()
    without_a_list = PasswordPolicy("nist", common=())

    assert len(listed) > 3_000
    assert listed == sorted(set(listed))
    for password in listed:
        with pytest.raises(CommonPassword):
            NIST.check(password, "somebody")
        without_a_list.check(password, "x")
        assert len(password.encode("utf-8")) <= 72


@pytest.fixture(name="post")
def _post(tmp_path: Path) -> Any:
    with with_tables(make_auth_service(tmp_path, password_policy="nist")) as app:
        yield lambda path, body, method="POST", token="": app.test_client().open(
            path, method=method, json=body, headers={"Authorization": f"Bearer {token}"} if token else {}
        )


def test_sign_up_and_a_change_say_which_rule_a_password_breaks(post: Any) -> None:
    short: TestResponse = post("/signup", {"username": "ada", "password": "secret"})
    post("/signup", {"username": "ada", "password": GOOD})
    token = post("/login", {"username": "ada", "password": GOOD}).get_json()["access_token"]
    change = {"current_password": GOOD, "new_password": "passwordpassword"}
    repeated = post("/me/password", change, "PATCH", token)

    assert (short.status_code, short.get_json()) == (400, {"msg": PasswordTooShort.msg})
    assert (repeated.status_code, repeated.get_json()) == (400, {"msg": RepeatedPassword.msg})


def test_a_password_from_before_the_policy_still_signs_in(tmp_path: Path) -> None:
    with with_tables(make_auth_service(tmp_path)) as before:
        before.test_client().post("/signup", json={"username": "ada", "password": "secret"})

    with with_tables(make_auth_service(tmp_path, password_policy="nist")) as after:
        answer = after.test_client().post("/login", json={"username": "ada", "password": "secret"})

    assert answer.status_code == 200
