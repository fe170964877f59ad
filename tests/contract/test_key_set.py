"""Abuse cases K: GET /.well-known/jwks.json, as strangers see it.

What the catalog does with a key set that is broken, slow or gone (K03 to K11) is in its unit tests.
"""

import re

import pytest

from tests.contract.client import Client
from tests.contract.tokens import decode

PATH = "/.well-known/jwks.json"


def test_only_public_numbers_are_published(anonymous: Client) -> None:
    """K01: no d, p, q, dp, dq, qi, k (RFC 7518 section 6.3)."""
    document = anonymous.get(PATH).json()

    assert set(document) == {"keys"}
    assert document["keys"]
    for key in document["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")


def test_the_keys_are_long_enough_and_have_ids_of_their_own(anonymous: Client) -> None:
    """K01, K07, K11."""
    keys = anonymous.get(PATH).json()["keys"]

    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert int.from_bytes(decode(key["n"])).bit_length() >= 2048
        assert int.from_bytes(decode(key["e"])) == 65_537


def test_the_key_set_may_be_cached_for_a_while(anonymous: Client) -> None:
    """K01."""
    answer = anonymous.get(PATH)

    assert answer.headers["Content-Type"].startswith("application/json")
    seconds = re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])
    assert seconds
    assert 0 < int(seconds[1]) <= 3600


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_adds_a_key(anonymous: Client, method: str) -> None:
    """K02."""
    answer = anonymous.request(method, PATH, json={"keys": []})

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
