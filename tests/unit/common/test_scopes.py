"""A token is good for what its scopes say, and a route for whom its scope lets in."""

from typing import Any, NoReturn

import pytest
from flask.testing import FlaskClient
from flask_openapi3.models.info import Info

from common.authentication import Authentication, ServiceBlueprint
from common.errors import register_error_handlers
from common.scopes import Scope, scope_claim, scopes_in
from common.service import Service
from common.tokens import TokenVerifier
from tests.unit.signing import AUDIENCE, ISSUER, OneKey, RevokedIds, claims, sign

READ, WRITE, ADMIN = Scope.CATALOG_READ, Scope.CATALOG_WRITE, Scope.USERS_ADMIN


class UnreadableBody:
    """A request's body that must not be read."""

    def read(self, *_size: int) -> NoReturn:
        raise AssertionError("the body was read")

    readline = readinto = read


@pytest.fixture
def client() -> FlaskClient:
    app = Service("tests", info=Info(title="tests", version="1"), doc_ui=False)
    register_error_handlers(app)
    app.extensions["token_verifier"] = TokenVerifier(OneKey(), RevokedIds(), ISSUER, AUDIENCE)
    blueprint = ServiceBlueprint("tests", __name__, authentication=Authentication.TOKEN)

    @blueprint.get("/both", scope=READ)
    @blueprint.post("/both", scope=WRITE)
    def both() -> dict[str, Any]:
        return {}

    @blueprint.get("/any")
    def any_token() -> dict[str, Any]:
        return {}

    app.register_api(blueprint)
    return app.test_client()


def bearer(scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(claims(scope=scope))}"}


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("GET", "catalog:read"),
        ("GET", "catalog:write catalog:read"),
        ("HEAD", "catalog:read"),
        ("POST", "catalog:write"),
        ("POST", "users:admin catalog:write something:else"),
    ],
)
def test_a_token_with_the_scope_is_let_in(client: FlaskClient, method: str, scope: str) -> None:
    assert client.open("/both", method=method, headers=bearer(scope)).status_code == 200


@pytest.mark.parametrize(
    ("method", "scope", "missing"),
    [
        ("GET", "", READ),
        ("GET", "catalog:write users:admin", READ),
        ("HEAD", "catalog:write", READ),
        ("POST", "catalog:read", WRITE),
        ("POST", "CATALOG:WRITE", WRITE),
        ("POST", "catalog:writer catalog:writ catalog catalog:*", WRITE),
        ("POST", "catalog:read,catalog:write", WRITE),
    ],
)
def test_a_token_without_the_scope_is_told_which_one_it_needs(
    client: FlaskClient, method: str, scope: str, missing: Scope
) -> None:
    """RFC 6750, section 3.1."""
    answer = client.open("/both", method=method, headers=bearer(scope))
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{missing}"'
    if method != "HEAD":
        assert answer.get_json() == {"msg": f"This needs the scope {missing}."}


def test_a_route_that_names_no_scope_takes_any_token(client: FlaskClient) -> None:
    assert client.get("/any", headers=bearer("")).status_code == 200


def test_who_is_not_let_in_is_told_before_the_body_is_read(client: FlaskClient) -> None:
    body = {"wsgi.input": UnreadableBody(), "CONTENT_LENGTH": "1000000", "CONTENT_TYPE": "application/json"}
    answer = client.post("/both", headers=bearer("catalog:read"), environ_overrides=body)
    assert answer.status_code == 403


def test_without_a_token_nothing_is_told_of_scopes(client: FlaskClient) -> None:
    answer = client.post("/both")
    assert (answer.status_code, answer.get_json()) == (401, {"msg": "Missing or invalid token"})


def test_what_may_be_asked_here_is_told_to_everybody(client: FlaskClient) -> None:
    assert client.options("/both").status_code == 200


def test_scopes_are_written_in_one_order_and_read_in_any() -> None:
    assert scope_claim([WRITE, READ, WRITE]) == "catalog:read catalog:write"
    assert scopes_in("catalog:write  catalog:read catalog:write") == {READ, WRITE}
    assert scopes_in(scope_claim(Scope)) == set(Scope)
    assert (scope_claim([]), scopes_in("")) == ("", frozenset())


@pytest.mark.parametrize("claim", ["catalog", "catalog:read,catalog:write", "CATALOG:READ", "*"])
def test_a_name_that_is_no_scope_is_not_read_as_one(claim: str) -> None:
    with pytest.raises(ValueError, match="catalog:read, catalog:write, users:admin"):
        scopes_in(claim)
