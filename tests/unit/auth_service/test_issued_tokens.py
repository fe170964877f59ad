"""Every access token is on record until it has expired, and this service asks the record at each use."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from auth_service import issued_tokens
from auth_service.issued_tokens import FORGOTTEN_AT_ONCE, current_session, current_token
from auth_service.models import IssuedToken, User, db
from auth_service.tokens import choose_signing_key
from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import REVOKED_TOKENS_PATH
from common.tokens import TOKEN_LIFETIME_SECONDS
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service import signed_in
from tests.unit.auth_service.signed_in import Person, claims_of, stored
from tests.unit.database_faults import Faults
from tests.unit.tables import with_tables

KEPT_SECONDS = TOKEN_LIFETIME_SECONDS
"""After its end: a verifier's clock may be as far behind (F38)."""


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def let_expire(app: Flask, seconds_ago: float) -> None:
    with app.app_context(), Session(db.engine) as session:
        then = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        session.execute(update(IssuedToken).values(expires_at=then))
        session.commit()


def issue(app: Flask, **options: Any) -> str:
    """Issue a token to the one account, and give its id."""
    with app.app_context():
        user = db.session.scalars(db.select(User)).one()
        choose_signing_key()
        token = issued_tokens.issue(user, user.scope, **options)
        db.session.commit()
    token_id: str = claims_of({"access_token": token})["jti"]
    return token_id


def revoke(app: Flask, revocation: Callable[[str], None], which: str) -> None:
    with app.app_context():
        revocation(which)
        db.session.commit()


def is_revoked(app: Flask, token_id: str) -> bool:
    with app.app_context():
        return signed_in.is_revoked(token_id)


def test_a_token_is_recorded_with_whom_it_was_issued_to_and_its_end(
    app: Flask, tokens: dict[str, Any]
) -> None:
    (row,) = stored(app, IssuedToken)
    claims = claims_of(tokens)
    assert (row.token_id, row.user_id) == (claims["jti"], claims["sub"])
    assert int(row.expires_at.timestamp()) == claims["exp"]
    assert row.session_id
    assert row.api_key_id is row.revoked_at is None


def test_a_revoked_token_is_refused_at_once_and_stays_so_after_a_restart(
    app: Flask, ada: Person, tokens: dict[str, Any], tmp_path: Path
) -> None:
    """J28, J29."""
    assert ada.may_enter(tokens)
    revoke(app, issued_tokens.revoke, claims_of(tokens)["jti"])
    assert not ada.may_enter(tokens)
    with with_tables(make_auth_service(tmp_path)) as restarted:
        ada.app = restarted
        assert not ada.may_enter(tokens)


def test_a_token_that_is_on_no_record_is_refused(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    """J27: what belonged to an account that is no more."""
    with app.app_context(), Session(db.engine) as session:
        session.execute(delete(IssuedToken))
        session.commit()
    assert not ada.may_enter(tokens)


def test_without_its_database_the_service_accepts_no_token_and_blames_none(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    ada.may_enter(tokens)
    faults = Faults(app.extensions["token_verifier"].revoked.rows.engine)
    faults.fail_at(1)
    answer = ada.call("/protected", tokens, "GET")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_a_revocation_finds_exactly_its_tokens(app: Flask, tokens: dict[str, Any]) -> None:
    user_id = claims_of(tokens)["sub"]
    of = {name: issue(app, session_id=name) for name in ("session a", "session b")}
    of |= {name: issue(app, api_key_id=name) for name in ("key a", "key b")}
    others = claims_of(Person(app, "bob").sign_in())["jti"]

    def revoked() -> set[str]:
        return {name for name, token_id in of.items() if is_revoked(app, token_id)}

    revoke(app, issued_tokens.revoke_of_session, "session a")
    assert revoked() == {"session a"}
    revoke(app, issued_tokens.revoke_of_api_key, "key b")
    assert revoked() == {"session a", "key b"}
    revoke(app, issued_tokens.revoke_of_user, user_id)
    assert revoked() == of.keys()
    assert not is_revoked(app, others)


def test_a_second_revocation_leaves_the_time_of_the_first(app: Flask, tokens: dict[str, Any]) -> None:
    revoke(app, issued_tokens.revoke, claims_of(tokens)["jti"])
    (before,) = stored(app, IssuedToken)
    revoke(app, issued_tokens.revoke_of_user, before.user_id)
    (after,) = stored(app, IssuedToken)
    assert before.revoked_at == after.revoked_at


def test_nothing_is_revoked_by_what_is_not_committed(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    with app.app_context():
        issued_tokens.revoke_of_user(claims_of(tokens)["sub"])
        db.session.rollback()
    assert ada.may_enter(tokens)


@pytest.mark.usefixtures("ada", "_tidied_each_time")
def test_a_record_is_kept_as_long_as_any_clock_may_accept_the_token(app: Flask) -> None:
    first = issue(app)
    let_expire(app, seconds_ago=KEPT_SECONDS - 5)
    issue(app)
    assert first in {row.token_id for row in stored(app, IssuedToken)}
    let_expire(app, seconds_ago=KEPT_SECONDS + 5)
    last = issue(app)
    assert {row.token_id for row in stored(app, IssuedToken)} == {last}


@pytest.mark.usefixtures("ada")
def test_expired_records_are_removed_a_few_at_a_time(app: Flask) -> None:
    with app.app_context():
        then = datetime.now(UTC) - timedelta(hours=1)
        old = [IssuedToken(token_id=f"{n}", user_id="x", expires_at=then) for n in range(50)]
        db.session.add_all(old)
        db.session.commit()
    issue(app)
    assert len(stored(app, IssuedToken)) == 51 - FORGOTTEN_AT_ONCE


@pytest.mark.usefixtures("ada")
def test_the_list_for_other_services_has_the_revoked_tokens_that_may_still_be_accepted(
    app: Flask, client: FlaskClient
) -> None:
    revoked = sorted(issue(app) for _ in range(3))
    assert client.get(REVOKED_TOKENS_PATH).get_json() == {"token_ids": []}
    for token_id in revoked:
        revoke(app, issued_tokens.revoke, token_id)
    issue(app)
    assert client.get(REVOKED_TOKENS_PATH).get_json() == {"token_ids": revoked}
    let_expire(app, seconds_ago=KEPT_SECONDS - 5)
    assert client.get(REVOKED_TOKENS_PATH).get_json() == {"token_ids": revoked}
    let_expire(app, seconds_ago=KEPT_SECONDS)
    assert client.get(REVOKED_TOKENS_PATH).get_json() == {"token_ids": []}


@pytest.mark.usefixtures("ada")
def test_the_list_is_sent_only_to_who_does_not_have_it(app: Flask, client: FlaskClient) -> None:
    token_id = issue(app)
    first = client.get(REVOKED_TOKENS_PATH)
    etag = first.headers["ETag"]
    assert not etag.startswith("W/")
    same = client.get(REVOKED_TOKENS_PATH, headers={"If-None-Match": etag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", etag)
    revoke(app, issued_tokens.revoke, token_id)
    changed = client.get(REVOKED_TOKENS_PATH, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.get_json()) == (200, {"token_ids": [token_id]})
    assert changed.headers["ETag"] != etag


def test_what_people_alone_may_do_is_refused_to_an_api_keys_token(tmp_path: Path) -> None:
    app = make_auth_service(tmp_path)
    blueprint = ServiceBlueprint("tests", __name__, authentication=Authentication.TOKEN)

    @blueprint.get("/people-alone")
    def people_alone() -> dict[str, Any]:
        return {"is this session's": current_session() == current_token().session_id}

    app.register_api(blueprint)  # type: ignore[attr-defined]
    with with_tables(app):
        ada = Person(app)
        tokens = ada.sign_in()
        assert ada.call("/people-alone", tokens, "GET").get_json() == {"is this session's": True}
        with app.app_context():
            user = db.session.scalars(db.select(User)).one()
            choose_signing_key()
            keys_token = {"access_token": issued_tokens.issue(user, user.scope, api_key_id="a key")}
            db.session.commit()
        answer = ada.call("/people-alone", keys_token, "GET")
        assert (answer.status_code, answer.get_json()) == (403, {"msg": "This needs a signed-in session."})
        assert ada.call("/logout/all", keys_token).status_code == 403
        assert ada.call("/logout", keys_token).get_json() == {"msg": "Logged out"}
        assert [ada.may_enter(one) for one in (keys_token, tokens)] == [False, True]
