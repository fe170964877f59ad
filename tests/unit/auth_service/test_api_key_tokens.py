"""An API key gives tokens to who has its secret, as long as the key and its owner are good for them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from auth_service.api_keys import ApiKeys
from auth_service.client_credentials import InvalidClient, InvalidScope, TokenRequest
from auth_service.models import ApiKey, AuditEvent, User, db
from tests.unit.auth_service.keys_and_owners import change, claims_of, make_key
from tests.unit.auth_service.signed_in import is_revoked

pytestmark = pytest.mark.usefixtures("_app_context")


def test_a_key_gives_tokens_in_its_owners_name(api_keys: ApiKeys, owner: str) -> None:
    claims = claims_of(api_keys.exchange(make_key(api_keys, owner)).access_token)
    assert (claims["sub"], claims["username"], claims["type"]) == (owner, "ada", "access")
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert not is_revoked(claims["jti"])


@pytest.mark.parametrize(
    ("asked", "given"),
    [("catalog:read", "catalog:read"), ("catalog:write catalog:read", "catalog:read catalog:write")],
)
def test_a_token_may_have_less_than_its_key(api_keys: ApiKeys, owner: str, asked: str, given: str) -> None:
    request = make_key(api_keys, owner)._replace(scope=asked)
    granted = api_keys.exchange(request)
    assert granted.scope == claims_of(granted.access_token)["scope"] == given


@pytest.mark.parametrize(
    "asked", ["users:admin", "catalog:read users:admin", "everything", " ", "CATALOG:READ"]
)
def test_a_token_never_has_more_than_its_key(api_keys: ApiKeys, owner: str, asked: str) -> None:
    request = make_key(api_keys, owner)._replace(scope=asked)
    with pytest.raises(InvalidScope):
        api_keys.exchange(request)


def test_a_token_never_has_more_than_its_keys_owner_has_now(api_keys: ApiKeys, owner: str) -> None:
    request = make_key(api_keys, owner)
    change(update(User).values(scope="catalog:read"))
    assert api_keys.exchange(request).scope == "catalog:read"
    with pytest.raises(InvalidScope):
        api_keys.exchange(request._replace(scope="catalog:write"))
    change(update(User).values(scope="users:admin"))
    with pytest.raises(InvalidScope):
        api_keys.exchange(request)


BROKEN: dict[str, Callable[[TokenRequest], TokenRequest]] = {
    "secret": lambda request: request._replace(client_secret="x" * 43),
    "empty secret": lambda request: request._replace(client_secret=""),
    "longer secret": lambda request: request._replace(client_secret=request.client_secret + "x"),
    "secret in another case": lambda request: request._replace(
        client_secret=request.client_secret.swapcase()
    ),
    "id": lambda request: request._replace(client_id="00000000-0000-0000-0000-000000000000"),
    "id with a blank": lambda request: request._replace(client_id=request.client_id + " "),
    "id in another case": lambda request: request._replace(client_id=request.client_id.upper()),
    "no id": lambda request: request._replace(client_id=""),
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=BROKEN)
def test_other_credentials_are_nobodys(
    api_keys: ApiKeys, owner: str, breaking: Callable[[TokenRequest], TokenRequest]
) -> None:
    request = make_key(api_keys, owner)
    with pytest.raises(InvalidClient):
        api_keys.exchange(breaking(request))
    assert api_keys.all_of(owner)[0].last_used_at is None


OVER: dict[str, Any] = {
    "expired": update(ApiKey).values(expires_at=datetime.now(UTC)),
    "owner disabled": update(User).values(disabled_at=datetime.now(UTC)),
    "owner deleted": delete(User),
    "key deleted": delete(ApiKey),
}


@pytest.mark.parametrize("end", OVER.values(), ids=OVER)
def test_a_key_that_is_over_gives_no_token(api_keys: ApiKeys, owner: str, end: Any) -> None:
    request = make_key(api_keys, owner)
    change(end)
    with pytest.raises(InvalidClient):
        api_keys.exchange(request)


def test_the_last_use_is_noted(api_keys: ApiKeys, owner: str) -> None:
    request = make_key(api_keys, owner)
    before = datetime.now(UTC)
    api_keys.exchange(request)
    used = api_keys.all_of(owner)[0].last_used_at
    assert used is not None
    assert before <= used <= datetime.now(UTC)


def refusals() -> list[tuple[str | None, dict[str, str]]]:
    """Give whose keys were refused, and what is told of it."""
    refused = select(AuditEvent).where(AuditEvent.action == "token_refused").order_by(AuditEvent.number)
    return [(event.subject_id, json.loads(event.detail or "{}")) for event in db.session.scalars(refused)]


def test_a_refused_exchange_is_in_the_audit_log_with_its_key_and_owner(api_keys: ApiKeys, owner: str) -> None:
    request = make_key(api_keys, owner)
    named = {"api_key_id": request.client_id}
    for wrong in (request._replace(client_secret="x" * 43), request._replace(scope="users:admin")):
        with pytest.raises((InvalidClient, InvalidScope)):
            api_keys.exchange(wrong)
    api_keys.revoke(owner, request.client_id)
    with pytest.raises(InvalidClient):
        api_keys.exchange(request)
    assert refusals() == [
        (owner, {"error": "invalid_client", **named}),
        (owner, {"error": "invalid_scope", **named}),
        (None, {"error": "invalid_client", **named}),
    ]


@pytest.mark.parametrize("typed", ["my-secret-password", "x" * 100_000, "", "A" * 36, "\0"])
def test_what_is_no_keys_id_is_not_kept_in_the_audit_log(api_keys: ApiKeys, owner: str, typed: str) -> None:
    request = make_key(api_keys, owner)
    for client_id in (typed, request.client_secret):
        with pytest.raises(InvalidClient):
            api_keys.exchange(TokenRequest(client_id, request.client_secret, None))
    assert refusals() == [(None, {"error": "invalid_client"})] * 2


def test_an_exchange_that_succeeds_is_no_refusal(api_keys: ApiKeys, owner: str) -> None:
    api_keys.exchange(make_key(api_keys, owner))
    assert refusals() == []


def test_a_key_that_is_revoked_while_it_is_exchanged_leaves_no_token(
    app: Flask, api_keys: ApiKeys, owner: str
) -> None:
    for _ in range(5):
        request, start = make_key(api_keys, owner), Barrier(2)

        def exchange(request: TokenRequest = request, start: Barrier = start) -> str | None:
            with app.app_context():
                start.wait(10)
                try:
                    return str(claims_of(api_keys.exchange(request).access_token)["jti"])
                except InvalidClient:
                    return None

        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(exchange)
            start.wait(10)
            api_keys.revoke(owner, request.client_id)
            token_id = running.result()
        assert token_id is None or is_revoked(token_id)
