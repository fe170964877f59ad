"""Abuse cases S22 to S27: names that look like another's, or like nothing.

Decided where the cases leave a choice: one account per canonical name (NFKC, then case folding), shown as it
was typed; a name has at most 64 characters and no control, bidirectional or invisible ones and no blanks at
either end.
"""

import json
from datetime import timedelta
from unicodedata import normalize

import pytest

from tests.contract.answers import CREATED, NAME_TAKEN, WRONG_CREDENTIALS, assert_answer
from tests.contract.client import Client, unique

PASSWORD = "a password of the tests"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("admin", "Admin", id="S22-case"),
        pytest.param("ADMIN", "admin", id="S22-upper-case-first"),
        pytest.param("admin", "\uff41\uff44\uff4d\uff49\uff4e", id="S23-full-width"),
        pytest.param("ﬁnn", "finn", id="S23-ligature"),
        pytest.param("straße", "strasse", id="S23-sharp-s"),
        pytest.param("STRASSE", "straße", id="S23-sharp-s-upper-case"),
        pytest.param("kelvin", "\u212aelvin", id="S23-Kelvin-sign"),
        pytest.param("caf\u00e9", "cafe\u0301", id="S23-NFD"),
        pytest.param("ςίγμα", "ΣΊΓΜΑ", id="S23-final-sigma"),
    ],
)
def test_names_that_people_read_as_one_are_one(anonymous: Client, first: str, second: str) -> None:
    """S22, S23: the contract's answer for a taken name, and the account opens under either spelling."""
    ending = unique("")
    assert_answer(anonymous.signup(first + ending, PASSWORD), 201, CREATED)

    assert_answer(anonymous.signup(second + ending, PASSWORD), 400, NAME_TAKEN)
    assert anonymous.login(second + ending, PASSWORD).status_code == 200


def test_names_that_differ_by_an_accent_are_two(anonymous: Client) -> None:
    """S23: no collation of a database decides it."""
    ending = unique("")

    for name in ("admin", "ádmin", "ąžuolas", "azuolas"):
        assert_answer(anonymous.signup(name + ending, PASSWORD), 201, CREATED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", " ", id="S24-space-after"),
        pytest.param(" ", "", id="S24-space-before"),
        pytest.param("", "\u3000", id="S24-ideographic-space-after"),
        pytest.param("\u00a0", "", id="S24-no-break-space-before"),
        pytest.param("", "\t", id="S24-tab-after"),
        pytest.param("", "\n", id="S24-line-break-after"),
        pytest.param("a\nb", "", id="S24-line-break"),
        pytest.param("a\0b", "", id="S24-NUL"),
        pytest.param("a\x1bb", "", id="S24-escape"),
        pytest.param("a\x7fb", "", id="S24-delete"),
        pytest.param("a\x85b", "", id="S24-next-line"),
        pytest.param("a\u2028b", "", id="S24-line-separator"),
        pytest.param("a\u202eb", "", id="S24-bidi-override"),
        pytest.param("a\u2066b", "", id="S24-bidi-isolate"),
        pytest.param("a\u200eb", "", id="S24-bidi-mark"),
        pytest.param("a\u200bb", "", id="S24-zero-width-space"),
        pytest.param("a\u200db", "", id="S23-zero-width-joiner"),
        pytest.param("a\u2060b", "", id="S24-word-joiner"),
        pytest.param("a\ufeffb", "", id="S24-byte-order-mark"),
        pytest.param("a\u00adb", "", id="S24-soft-hyphen"),
        pytest.param("a\u3164b", "", id="S24-Hangul-filler"),
        pytest.param("a\U000e0041b", "", id="S24-tag-character"),
    ],
)
def test_a_name_with_what_nobody_can_see_is_refused(anonymous: Client, before: str, after: str) -> None:
    """S23, S24: it would pass for the account of somebody else."""
    assert anonymous.signup(before + unique("seen") + after, PASSWORD).status_code == 400


@pytest.mark.parametrize("name", [" ", "\u3000\u3000", "\n"], ids=["space", "ideographic", "line-break"])
def test_a_name_of_blanks_alone_is_refused(anonymous: Client, name: str) -> None:
    """S24."""
    assert anonymous.signup(name, PASSWORD).status_code == 400


def test_a_name_has_at_most_64_characters_and_is_never_cut(anonymous: Client) -> None:
    """S25."""
    longest = unique("edge").ljust(64, "x")

    assert_answer(anonymous.signup(longest, PASSWORD), 201, CREATED)
    for too_long in (longest + "x", unique("admin") + " " * 60 + "x", unique("") + "\ufdfa" * 4):
        answer = anonymous.signup(too_long, PASSWORD)
        assert answer.status_code == 400, too_long
        assert "64" in answer.json()["msg"]


def test_a_name_of_very_many_marks_is_refused_at_once(anonymous: Client) -> None:
    """S25: to put so many into their order would take minutes, and would let no other request run."""
    credentials = {"username": "a" + "\u0301\u0316" * 100_000, "password": PASSWORD}
    body = json.dumps(credentials, ensure_ascii=False).encode()

    made = anonymous.post_json("/signup", body)
    entered = anonymous.post_json("/login", body)

    assert made.status_code == 400
    assert "64" in made.json()["msg"]
    assert_answer(entered, 401, WRONG_CREDENTIALS)
    assert max(made.elapsed, entered.elapsed) < timedelta(seconds=3)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("🦊", id="S26-emoji"),
        pytest.param("日本語", id="S26-Japanese"),
        pytest.param("\U0001d4a2\U0001d45c\U0001d4c9\U0001d4bd", id="S26-mathematical"),
        pytest.param("' OR 1=1 --", id="S27-SQL"),
        pytest.param("\\'", id="S27-backslash-quote"),
        pytest.param("%bf%27", id="S27-percent"),
        pytest.param('"; DROP TABLE users; --', id="S27-drop"),
        pytest.param("<script>alert(1)</script>", id="markup"),
        pytest.param("${jndi:ldap://127.0.0.1/}", id="lookup"),
    ],
)
def test_a_strange_name_is_kept_as_it_is_or_refused(anonymous: Client, name: str) -> None:
    """S26, S27."""
    username = name + unique("")
    answer = anonymous.signup(username, PASSWORD)

    if answer.status_code == 400:
        return
    assert_answer(answer, 201, CREATED)
    token = anonymous.login(username, PASSWORD).json()["access_token"]
    shown = anonymous.with_token(token).get("/protected").json()["logged_in_as"]
    assert shown in (username, normalize("NFKC", username))
