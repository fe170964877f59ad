"""An account's API keys: made, listed and revoked by their owner alone."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, update

from auth_service.api_keys import (
    MOST_API_KEYS,
    ApiKeys,
    NewApiKey,
    TooManyApiKeys,
    UnfitScopes,
    UnknownApiKey,
)
from auth_service.client_credentials import InvalidClient
from auth_service.models import AuditEvent, User, db
from common.scopes import Scope
from common.tokens import InvalidToken
from tests.unit.auth_service.keys_and_owners import CI, change, claims_of, make_key, make_user
from tests.unit.auth_service.signed_in import is_revoked

pytestmark = pytest.mark.usefixtures("_app_context")

READ, WRITE, ADMIN = Scope.CATALOG_READ, Scope.CATALOG_WRITE, Scope.USERS_ADMIN
RACERS = 6


def test_only_a_hash_of_the_secret_is_kept_and_no_two_secrets_are_alike(
    api_keys: ApiKeys, owner: str, tmp_path: Path
) -> None:
    secrets = {make_key(api_keys, owner).client_secret for _ in range(3)}
    db.session.remove()
    assert len(secrets) == 3
    with sqlite3.connect(tmp_path / "auth.db") as connection:
        everything = "\n".join(connection.iterdump())
    connection.close()
    assert [secret for secret in secrets if secret in everything] == []
    assert min(map(len, secrets)) >= 43, "256 bits in base64"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (None, "catalog:read catalog:write"),
        ([READ], "catalog:read"),
        ([WRITE, READ, WRITE], "catalog:read catalog:write"),
        ([ADMIN], "users:admin"),
    ],
)
def test_a_key_gives_the_scopes_that_were_named_and_administration_only_if_it_was(
    api_keys: ApiKeys, owner: str, wanted: list[Scope] | None, given: str
) -> None:
    granted = api_keys.exchange(make_key(api_keys, owner, NewApiKey("CI", wanted, 1)))
    assert granted.scope == claims_of(granted.access_token)["scope"] == given


@pytest.mark.parametrize(
    ("owners", "wanted"),
    [("catalog:read", [WRITE]), ("catalog:read", [READ, ADMIN]), ("", None), ("users:admin", None)],
)
def test_a_key_gives_nothing_that_its_owner_has_not_and_not_nothing(
    api_keys: ApiKeys, owners: str, wanted: list[Scope] | None
) -> None:
    owner = make_user("grace", owners)
    with pytest.raises(UnfitScopes):
        api_keys.create(owner, NewApiKey("CI", wanted, 1))
    assert api_keys.all_of(owner) == []


def test_a_key_lives_for_the_days_asked_for(api_keys: ApiKeys, owner: str) -> None:
    key, _ = api_keys.create(owner, NewApiKey("CI", None, 7))
    assert key.expires_at - key.created_at == timedelta(days=7)


def test_revoking_a_key_revokes_its_tokens_and_no_others(api_keys: ApiKeys, owner: str) -> None:
    one, other = make_key(api_keys, owner), make_key(api_keys, owner)
    of_one, of_other = (claims_of(api_keys.exchange(key).access_token)["jti"] for key in (one, other))
    api_keys.revoke(owner, one.client_id)
    assert [is_revoked(of_one), is_revoked(of_other)] == [True, False]
    assert [key.id for key in api_keys.all_of(owner)] == [other.client_id]
    with pytest.raises(InvalidClient):
        api_keys.exchange(one)


@pytest.mark.parametrize("key_id", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_key_can_not_be_revoked(api_keys: ApiKeys, owner: str, key_id: str) -> None:
    with pytest.raises(UnknownApiKey):
        api_keys.revoke(owner, key_id)


def test_nobody_sees_or_revokes_the_key_of_another(api_keys: ApiKeys, owner: str) -> None:
    request, stranger = make_key(api_keys, owner), make_user("mallory")
    assert api_keys.all_of(stranger) == []
    with pytest.raises(UnknownApiKey):
        api_keys.revoke(stranger, request.client_id)
    assert api_keys.exchange(request).access_token


def test_an_account_that_is_gone_or_disabled_makes_and_revokes_no_key(api_keys: ApiKeys, owner: str) -> None:
    key_id = make_key(api_keys, owner).client_id
    change(update(User).values(disabled_at=datetime.now(UTC)))
    for gone in (owner, "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(InvalidToken):
            api_keys.create(gone, CI)
        with pytest.raises(InvalidToken):
            api_keys.revoke(gone, key_id)


def test_an_account_has_so_many_keys_and_not_one_more_also_if_they_are_made_at_once(
    app: Flask, api_keys: ApiKeys, owner: str
) -> None:
    for _ in range(MOST_API_KEYS - 1):
        make_key(api_keys, owner)
    start = Barrier(RACERS)

    def race(_number: int) -> bool:
        with app.app_context():
            start.wait(10)
            try:
                make_key(api_keys, owner)
            except TooManyApiKeys:
                return False
            return True

    with ThreadPoolExecutor(RACERS) as pool:
        assert sum(pool.map(race, range(RACERS))) == 1
    assert len(api_keys.all_of(owner)) == MOST_API_KEYS


def test_making_and_revoking_a_key_is_in_the_audit_log_without_its_secret(
    api_keys: ApiKeys, owner: str
) -> None:
    request = make_key(api_keys, owner)
    api_keys.revoke(owner, request.client_id)
    events = list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.number)))
    assert [(event.action, event.actor_id, event.subject_id) for event in events] == [
        ("api_key_created", owner, owner),
        ("api_key_revoked", owner, owner),
    ]
    for event in events:
        assert request.client_id in (event.detail or "")
        assert request.client_secret not in (event.detail or "")
