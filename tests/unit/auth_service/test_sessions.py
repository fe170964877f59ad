"""A session goes on by refreshing, and is over for good once it has ended."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from auth_service.models import IssuedToken, RefreshToken, SignInSession, db, new_id
from auth_service.sessions import FORGOTTEN_AT_ONCE, AccountChanged, Sessions
from common.tokens import InvalidToken
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.accounts_on import make_accounts
from tests.unit.auth_service.signed_in import (
    PASSWORD,
    Person,
    claims_of,
    events,
    expire_sessions,
    spent_ago,
    stored,
)
from tests.unit.tables import with_tables


def test_a_sign_in_gives_what_rfc_6749_asks_for_and_no_cache_keeps_it(app: Flask, ada: Person) -> None:
    answer = app.test_client().post("/login", json=ada.credentials)
    body = answer.get_json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refresh_gives_another_pair_that_works(ada: Person, tokens: dict[str, Any]) -> None:
    following = ada.next_tokens(tokens)
    assert set(following) == set(tokens)
    assert following["access_token"] != tokens["access_token"]
    assert following["refresh_token"] != tokens["refresh_token"]
    assert ada.may_enter(following)
    assert claims_of(following)["sub"] == claims_of(tokens)["sub"]
    assert ada.refresh(following["refresh_token"]).headers["Cache-Control"] == "no-store"


def test_a_sign_in_is_on_record_and_one_that_failed_begins_no_session(app: Flask, ada: Person) -> None:
    wrong = {**ada.credentials, "password": "wrong"}
    assert app.test_client().post("/login", json=wrong).status_code == 401
    assert stored(app, SignInSession) == []
    ada.sign_in()
    assert events(app)[-1] == "signed_in"
    assert len(stored(app, SignInSession)) == 1


def test_only_a_hash_of_a_refresh_token_is_kept(app: Flask, tokens: dict[str, Any]) -> None:
    (kept,) = stored(app, RefreshToken)
    assert tokens["refresh_token"].encode() not in kept.token_hash
    assert len(tokens["refresh_token"]) >= 43, "256 bits in base64"


def test_a_token_that_two_tabs_use_within_ten_seconds_gives_both_a_pair(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    one = ada.next_tokens(tokens)
    spent_ago(app, 9)
    other = ada.next_tokens(tokens)
    assert ada.may_enter(one)
    assert ada.may_enter(other)
    assert ada.next_tokens(one)
    assert ada.next_tokens(other)


def test_the_grace_is_counted_from_the_first_use(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    ada.next_tokens(tokens)
    spent_ago(app, 9)
    ada.next_tokens(tokens)
    (spent,) = [token for token in stored(app, RefreshToken) if token.spent_at]
    assert (datetime.now(UTC) - spent.spent_at).total_seconds() >= 9


def test_a_token_used_again_later_ends_the_whole_family(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    following = ada.next_tokens(tokens)
    spent_ago(app, 11)
    assert ada.refresh(tokens["refresh_token"]).status_code == 401
    assert ada.refresh(following["refresh_token"]).status_code == 401
    assert not ada.may_enter(following)
    assert not ada.may_enter(tokens)
    assert events(app)[-1] == "refresh_reused"
    assert events(app).count("refresh_reused") == 1


def test_the_end_of_one_family_leaves_the_persons_others(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    elsewhere = ada.sign_in()
    ada.next_tokens(tokens)
    spent_ago(app, 11)
    assert ada.refresh(tokens["refresh_token"]).status_code == 401
    assert ada.may_enter(elsewhere)
    assert ada.next_tokens(elsewhere)


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 100_000, "é", "\0", "' OR 1=1 -- "])
def test_what_was_never_a_refresh_token_gives_nothing(ada: Person, token: str) -> None:
    answer = ada.refresh(token)
    assert (answer.status_code, answer.get_json()) == (401, {"msg": InvalidToken.msg})
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(
    ada: Person, tokens: dict[str, Any]
) -> None:
    assert ada.refresh(tokens["access_token"]).status_code == 401
    assert not ada.may_enter({"access_token": tokens["refresh_token"]})


@pytest.mark.parametrize(
    "body",
    [{}, {"refresh_token": None}, {"refresh_token": 7}, {"refresh_token": ["x"]}, {"refresh_token": ""}],
)
def test_a_body_without_a_refresh_token_is_not_well_formed(app: Flask, body: dict[str, Any]) -> None:
    answer = app.test_client().post("/refresh", json=body)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "refresh_token")


def test_a_refresh_token_in_the_address_is_refused_and_not_spent(app: Flask, tokens: dict[str, Any]) -> None:
    given = {"refresh_token": tokens["refresh_token"]}
    for body in ({}, given):
        assert app.test_client().post("/refresh", query_string=given, json=body).status_code == 400
    assert [token.spent_at for token in stored(app, RefreshToken)] == [None]


def test_a_refreshed_token_may_do_what_the_account_may_now(ada: Person, tokens: dict[str, Any]) -> None:
    assert claims_of(tokens)["scope"] == "catalog:read catalog:write"
    ada.change(scope="catalog:read")
    assert claims_of(ada.next_tokens(tokens))["scope"] == "catalog:read"


def test_a_disabled_account_neither_signs_in_nor_refreshes(ada: Person, tokens: dict[str, Any]) -> None:
    ada.change(disabled_at=datetime.now(UTC))
    assert ada.refresh(tokens["refresh_token"]).status_code == 401
    assert ada.app.test_client().post("/login", json=ada.credentials).status_code == 401


@pytest.mark.parametrize(
    "change", [{"disabled_at": datetime.now(UTC)}, {"password_hash": "another"}, {"id": "another"}]
)
def test_no_session_begins_for_an_account_that_changed_since_its_password_was_verified(
    app: Flask, ada: Person, change: dict[str, Any]
) -> None:
    sessions: Sessions = app.extensions["sessions"]
    with app.app_context():
        verified = make_accounts().sign_in("ada", PASSWORD)
        ada.change(**change)
        with pytest.raises(AccountChanged):
            sessions.begin(verified)
    assert stored(app, SignInSession) == stored(app, IssuedToken) == []


def test_a_new_session_may_do_what_the_account_may_now_and_not_what_it_could_when_it_was_verified(
    app: Flask, ada: Person
) -> None:
    sessions: Sessions = app.extensions["sessions"]
    with app.app_context():
        verified = make_accounts().sign_in("ada", PASSWORD)
        ada.change(scope="catalog:read")
        grant = sessions.begin(verified)
    assert claims_of({"access_token": grant.access_token})["scope"] == "catalog:read"


def test_a_session_ends_by_itself(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    expire_sessions(app)
    assert ada.refresh(tokens["refresh_token"]).status_code == 401


def test_a_session_lasts_as_many_days_as_the_operator_says(tmp_path: Any) -> None:
    with with_tables(make_auth_service(tmp_path, refresh_token_days=3)) as app:
        Person(app).sign_in()
        (session,) = stored(app, SignInSession)
        assert (session.expires_at - session.started_at).total_seconds() == 3 * 86_400


def test_refreshing_does_not_make_a_session_longer(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    (before,) = stored(app, SignInSession)
    ada.next_tokens(tokens)
    (after,) = stored(app, SignInSession)
    assert before.expires_at == after.expires_at


def test_a_sign_out_ends_this_session_alone(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    elsewhere, following = ada.sign_in(), ada.next_tokens(tokens)
    answer = ada.call("/logout", tokens)
    assert (answer.status_code, answer.get_json()) == (200, {"msg": "Logged out"})
    assert [ada.may_enter(one) for one in (tokens, following, elsewhere)] == [False, False, True]
    assert ada.refresh(following["refresh_token"]).status_code == 401
    assert ada.next_tokens(elsewhere)
    assert events(app)[-1] == "signed_out"


def test_a_sign_out_everywhere_ends_every_session_of_the_account_alone(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    elsewhere, bob = ada.sign_in(), Person(app, "bob")
    bobs = bob.sign_in()
    assert ada.call("/logout/all", tokens).get_json() == {"msg": "Logged out"}
    assert [ada.may_enter(one) for one in (tokens, elsewhere, bobs)] == [False, False, True]
    assert [ada.refresh(one["refresh_token"]).status_code for one in (tokens, elsewhere)] == [401, 401]
    assert bob.next_tokens(bobs)
    assert events(app)[-1] == "signed_out_everywhere"


@pytest.mark.parametrize("path", ["/logout", "/logout/all"])
def test_a_token_that_was_signed_out_can_not_sign_out_again(
    ada: Person, tokens: dict[str, Any], path: str
) -> None:
    assert ada.call(path, tokens).status_code == 200
    assert ada.call(path, tokens).status_code == 401


def test_signing_in_removes_what_is_left_of_sessions_that_are_over(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    ada.next_tokens(tokens)
    ada.call("/logout", tokens)
    ada.sign_in()
    expire_sessions(app)
    ada.sign_in()
    assert len(stored(app, SignInSession)) == len(stored(app, RefreshToken)) == 1
    assert len(stored(app, IssuedToken)) == 4, "revoked tokens stay listed until they expire"


def test_signing_in_stays_quick_however_many_sessions_and_tokens_are_over(
    app: Flask, ada: Person, tokens: dict[str, Any]
) -> None:
    """Else a client that signs in or refreshes in a loop would shut its owner out for good."""
    ada.call("/logout", tokens)
    (over,) = stored(app, SignInSession)
    now, many = datetime.now(UTC), range(FORGOTTEN_AT_ONCE)
    ended = {"user_id": over.user_id, "started_at": now, "expires_at": now, "ended_at": now}
    with app.app_context(), Session(db.engine) as session:
        session.execute(insert(SignInSession), [ended | {"id": new_id()} for _ in many])
        more = [{"token_hash": number.to_bytes(32, "big"), "session_id": over.id} for number in many]
        session.execute(insert(RefreshToken), more)
        session.commit()
    left = []
    for signed_in in range(3):
        ada.sign_in()
        left.append([len(stored(app, of)) - signed_in - 1 for of in (SignInSession, RefreshToken)])
    assert left[0][0] >= 1
    assert left[0][1] == 1
    assert left[-1] == [0, 0]


def test_a_session_that_goes_on_is_left_when_its_owner_signs_in_again(
    ada: Person, tokens: dict[str, Any]
) -> None:
    ada.sign_in()
    assert ada.next_tokens(tokens)
