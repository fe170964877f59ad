"""The key set that is published is the one that verifiers read, and holds nothing private."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth_service.signing_keys import SigningKeys
from catalog_service.json_web_keys import parse_key_set

ADDRESS = "/.well-known/jwks.json"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def keys(app: Flask) -> SigningKeys:
    made: SigningKeys = app.extensions["signing_keys"]
    return made


def test_a_published_key_has_its_public_members_alone(client: FlaskClient) -> None:
    answer = client.get(ADDRESS)
    assert (answer.status_code, set(answer.get_json())) == (200, {"keys"})
    (key,) = answer.get_json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert (key["kty"], key["use"], key["alg"], key["e"]) == ("RSA", "sig", "RS256", "AQAB")


def test_the_key_set_may_be_cached_for_less_than_a_key_is_published_ahead(client: FlaskClient) -> None:
    assert client.get(ADDRESS).headers["Cache-Control"] == "public, max-age=60"


def test_the_catalog_reads_exactly_the_keys_that_are_published(
    app: Flask, client: FlaskClient, keys: SigningKeys
) -> None:
    with app.app_context():
        keys.current()
        keys.rotate()
        assert parse_key_set(client.get(ADDRESS).data) == keys.published()
        assert len(keys.published()) == 2


def test_nothing_can_be_posted_to_the_key_set(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, json={})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.is_json
