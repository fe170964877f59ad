"""Who may call a route is asked before anything of the request is read."""

from collections.abc import Mapping
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask.testing import FlaskClient
from flask_openapi3.models.info import Info

from common.authentication import Authentication, ServiceBlueprint, caller
from common.errors import register_error_handlers
from common.refusals import Unavailable
from common.service import Service
from common.tokens import PublicKeys, TokenVerifier
from tests.unit.signing import AUDIENCE, ISSUER, OneKey, RevokedIds, claims, sign

TOKEN = sign(claims())


class NoKeys:
    """A key set that can't be had."""

    def find(self, kid: str) -> RSAPublicKey | None:
        raise Unavailable


class UnreadableBody:
    """A request's body that must not be read."""

    def read(self, *_size: int) -> NoReturn:
        raise AssertionError("the body was read")

    readline = readinto = read


def make_client(keys: PublicKeys) -> FlaskClient:
    app = Service("tests", info=Info(title="tests", version="1"), doc_ui=False)
    register_error_handlers(app)
    app.extensions["token_verifier"] = TokenVerifier(keys, RevokedIds(), ISSUER, AUDIENCE)
    private = ServiceBlueprint("private", __name__, authentication=Authentication.TOKEN)
    public = ServiceBlueprint("public", __name__, authentication=Authentication.PUBLIC)

    @private.get("/private")
    @private.post("/private")
    def who() -> dict[str, Any]:
        return {"caller": caller().username}

    @public.get("/public")
    def anyone() -> dict[str, Any]:
        return {}

    app.register_api(private)
    app.register_api(public)
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    return make_client(OneKey())


@pytest.mark.parametrize(
    "value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER {TOKEN}", f"bEaReR   {TOKEN}"]
)
def test_the_schemes_name_may_be_in_any_case(client: FlaskClient, value: str) -> None:
    answer = client.get("/private", headers={"Authorization": value})
    assert (answer.status_code, answer.get_json()) == (200, {"caller": "ada"})


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Bearer{TOKEN}",
        f"Bearer\t{TOKEN}",
        f"Bearer {TOKEN} x",
        f"Bearer {TOKEN},",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        f"Basic {TOKEN}",
        f"Token {TOKEN}",
        f'Bearer "{TOKEN}"',
        f"Bearer token={TOKEN}",
        "Basic YWRhOnB3",
        "Bearer é",
    ],
)
def test_any_other_form_of_the_header_is_refused_alike(client: FlaskClient, value: str) -> None:
    assert_refused(client.get("/private", headers={"Authorization": value}))


def test_two_headers_are_refused_even_if_both_are_good(client: FlaskClient) -> None:
    header = ("Authorization", f"Bearer {TOKEN}")
    assert_refused(client.get("/private", headers=[header, header]))


@pytest.mark.parametrize(
    "request_arguments",
    [
        {"query_string": {"access_token": TOKEN, "jwt": TOKEN}},
        {"headers": {"Cookie": f"access_token_cookie={TOKEN}; access_token={TOKEN}"}},
        {"json": {"access_token": TOKEN}, "method": "POST"},
        {"data": {"access_token": TOKEN}, "method": "POST"},
    ],
    ids=["query", "cookie", "json", "form"],
)
def test_a_token_anywhere_else_does_not_count(
    client: FlaskClient, request_arguments: Mapping[str, Any]
) -> None:
    assert_refused(client.open("/private", **request_arguments))


def test_a_stranger_is_refused_before_the_body_is_read(client: FlaskClient) -> None:
    body = {"wsgi.input": UnreadableBody(), "CONTENT_LENGTH": "1000000", "CONTENT_TYPE": "application/json"}
    assert_refused(client.post("/private", environ_overrides=body))


def test_keys_that_can_not_be_had_are_503_and_never_401() -> None:
    answer = make_client(NoKeys()).get("/private", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "WWW-Authenticate" not in answer.headers


def test_a_public_route_asks_nobody() -> None:
    assert make_client(NoKeys()).get("/public").status_code == 200


def test_a_blueprint_can_not_be_made_without_saying_who_may_call_it() -> None:
    with pytest.raises(TypeError, match="authentication"):
        ServiceBlueprint("forgetful", __name__)  # type: ignore[call-arg]


def assert_refused(answer: Any) -> None:
    assert (answer.status_code, answer.get_json()) == (401, {"msg": "Missing or invalid token"})
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
