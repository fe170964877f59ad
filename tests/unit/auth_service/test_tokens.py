"""What is issued is what the token contract asks for."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from flask import Flask

from auth_service.tokens import choose_signing_key, sign_access_token, signing_keys
from common.tokens import InvalidToken, TokenVerifier
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.signing import RevokedIds
from tests.unit.tables import with_tables

pytestmark = pytest.mark.usefixtures("_app_context")

ADA = "0d9e7a52-38a5-4f35-9a9c-0c55ccf86a9d"
CONTRACTED = {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "type", "username", "scope"}
OF_THE_LIBRARY = {"fresh"}
"""What Flask-JWT-Extended adds by itself; nothing reads it."""


def sign_token() -> str:
    choose_signing_key()
    return sign_access_token(
        user_id=ADA,
        username="Ada Lovelace",
        scope="catalog:read catalog:write",
        token_id=str(uuid4()),
        issued_at=datetime.now(UTC),
    )


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_token_has_the_contracted_claims_and_no_others() -> None:
    assert set(claims_of(sign_token())) == CONTRACTED | OF_THE_LIBRARY


def test_the_claims_say_who_and_for_how_long() -> None:
    before = int(time.time())
    claims = claims_of(sign_token())
    assert (claims["sub"], claims["username"], claims["type"]) == (ADA, "Ada Lovelace", "access")
    assert (claims["iss"], claims["aud"]) == ("auth_service", "ecommerce")
    assert claims["scope"].split() == ["catalog:read", "catalog:write"]
    assert before <= claims["iat"] == claims["nbf"] <= time.time()
    assert claims["exp"] - claims["iat"] == 15 * 60


def test_the_header_names_the_type_the_algorithm_the_key_and_nothing_more() -> None:
    header = jwt.get_unverified_header(sign_token())
    assert header == {"alg": "RS256", "typ": "at+jwt", "kid": signing_keys().current()[0]}


def test_every_token_has_an_id_of_its_own() -> None:
    ids = {claims_of(sign_token())["jti"] for _ in range(5)}
    assert len({UUID(one) for one in ids}) == 5


def test_a_verifier_of_the_contract_accepts_it() -> None:
    access = TokenVerifier(signing_keys(), RevokedIds(), "auth_service", "ecommerce").verify(sign_token())
    assert (access.subject, access.username) == (ADA, "Ada Lovelace")


def test_tokens_before_and_after_a_rotation_name_their_own_key_and_both_are_valid() -> None:
    verifier = TokenVerifier(signing_keys(), RevokedIds(), "auth_service", "ecommerce")
    before = sign_token()
    new = signing_keys().rotate(at_once=True)
    after = sign_token()
    assert [verifier.verify(token).kid == new for token in (before, after)] == [False, True]


def test_a_token_of_one_environment_is_nothing_in_another(app: Flask, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = {"jwt_issuer": "staging", "jwt_audience": "staging shop"}
    with with_tables(make_auth_service(elsewhere, **settings)) as staging, staging.app_context():
        token = sign_token()
        assert (claims_of(token)["iss"], claims_of(token)["aud"]) == ("staging", "staging shop")
        own: TokenVerifier = app.extensions["token_verifier"]
        with pytest.raises(InvalidToken):
            TokenVerifier(signing_keys(), RevokedIds(), own.issuer, "staging shop").verify(token)
        with pytest.raises(InvalidToken):
            TokenVerifier(signing_keys(), RevokedIds(), "staging", own.audience).verify(token)
