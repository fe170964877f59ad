"""Keys that rotate while people work; these programs of our own have keys that are young and soon old."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from tests.contract.answers import BAD_TOKEN, assert_bad_token
from tests.contract.client import Client
from tests.contract.embedded_program import embedded_program, run_command
from tests.contract.products import a_product
from tests.stack.load import load, sign_ins
from tests.waiting import wait_until

# Longer than a worker takes to read its keys anew (5 s) and hands them on to its catalog (1 s, set below).
PUBLISHED_AHEAD_SECONDS = 7
MORE = 60
"""Requests before a rotation and after it."""

pytestmark = pytest.mark.own_program


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for the two minutes that production takes."""
    monkeypatch.setenv("KEY_PUBLISH_AHEAD_SECONDS", str(PUBLISHED_AHEAD_SECONDS))
    monkeypatch.setenv("JWKS_REFRESH_SECONDS", "1")


@contextmanager
def own_program(data_dir: Path) -> Iterator[Client]:
    """Start a program and give a client without a token."""
    with embedded_program(data_dir) as address, closing(Client(address, rate=None)) as anonymous:
        yield anonymous


def key_id(token: str) -> str:
    """Give the id of the key that signed a token."""
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def published(anonymous: Client) -> set[str]:
    """Give the ids of the published keys."""
    return {key["kid"] for key in anonymous.get("/.well-known/jwks.json").json()["keys"]}


def test_a_rotation_under_load_refuses_nobody(tmp_path: Path) -> None:
    """J16, F45: four workers of two programs, none restarted, accept old and new tokens all the time."""
    with own_program(tmp_path) as one, own_program(tmp_path) as other:
        user = one.new_user()
        assert one.with_token(user.access_token).upload([a_product("steady")]).status_code == 200
        old = key_id(user.access_token)

        with load(sign_ins([one.base_url], user, "steady", pause=0.1), threads=1) as first:
            # The programs read their keys every 5 s: from now on at different moments.
            time.sleep(2.5)
            both = [one.base_url, other.base_url]
            with load(sign_ins(both, user, "steady", pause=0.05), threads=2) as made:
                made.go_on(MORE)
                run_command(tmp_path, "rotate")
                # Each worker signs by the new key once it has read it.
                wait_until(lambda: old not in made.key_ids[-20:], pause=0.1)
                made.go_on(MORE)

        assert set(first.statuses) == set(made.statuses) == {200}
        assert len(set(made.key_ids)) == 2
        assert set(made.key_ids) <= published(one)


def test_a_program_whose_key_is_old_makes_the_next_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING_KEY_DAYS", "30")
    with own_program(tmp_path) as anonymous:
        user = anonymous.new_user()
        _make_older(tmp_path, "generation = 1", timedelta(days=31))

        wait_until(lambda: len(published(anonymous)) == 2, pause=0.1)
        wait_until(lambda: key_id(anonymous.new_user().access_token) != key_id(user.access_token), pause=0.1)

        assert anonymous.with_token(user.access_token).get("/protected").status_code == 200
        assert len(published(anonymous)) == 2


def test_a_token_of_a_retired_key_is_refused(tmp_path: Path) -> None:
    """J15: its key is published until the last token that it signed has expired, and then no longer."""
    with own_program(tmp_path) as anonymous:
        user = anonymous.new_user()
        holder, old = anonymous.with_token(user.access_token), key_id(user.access_token)
        run_command(tmp_path, "rotate", "--now")
        wait_until(lambda: key_id(anonymous.new_user().access_token) != old, pause=0.1)
        assert holder.get("/protected").status_code == 200, "until then it's good"

        _make_older(tmp_path, "generation = 2", timedelta(seconds=1_000))

        # Each connection may meet another worker, whose copy is up to 6 s old; the holder's is kept.
        paths = ["/protected", "/products/x"]
        wait_until(
            lambda: (
                {_body(anonymous.base_url, user.access_token, path) for path in paths * 8} == {BAD}
                and {holder.get(path).status_code for path in paths} == {401}
            ),
            pause=0.1,
        )
        for path in paths:
            assert_bad_token(holder.get(path))
        assert old not in published(anonymous)
        new = anonymous.login(user.username, user.password).json()["access_token"]
        assert anonymous.with_token(new).get("/protected").status_code == 200


BAD = (401, BAD_TOKEN["msg"])


def _body(base_url: str, token: str, path: str) -> tuple[int, str | None]:
    with closing(Client(base_url, token)) as client:
        answer = client.get(path)
        return answer.status_code, answer.json().get("msg")


def _make_older(data_dir: Path, which: str, age: timedelta) -> None:
    """Let a key have signed for so long."""
    with closing(sqlite3.connect(data_dir / "auth.db")) as connection, connection:
        since = (datetime.now(UTC) - age).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(f"UPDATE signing_keys SET signs_from = ? WHERE {which}", (since,))  # noqa: S608
