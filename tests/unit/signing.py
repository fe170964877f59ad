"""Signs tokens for tests, well and badly."""

import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KID = "test-key"
ISSUER = "auth_service"
AUDIENCE = "ecommerce"
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)


class OneKey:
    """A key set with the test's key alone, until it is withdrawn."""

    def __init__(self) -> None:
        """Publish the key."""
        self.keys = {KID: PRIVATE_KEY.public_key()}

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        """Give the key with this id, or None."""
        return self.keys.get(kid)


class RevokedIds(set[str]):
    """The ids of the tokens that were revoked."""

    def is_revoked(self, token_id: str) -> bool:
        """Tell whether a token was."""
        return token_id in self


def claims(**changes: Any) -> dict[str, Any]:
    """Give a good token's claims with some changed, or, where the change is None, left out."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "d6f3a6f4",
        "exp": now + 900,
        "iat": now,
        "nbf": now,
        "jti": "a-token",
        "type": "access",
        "username": "ada",
        "scope": "catalog:read",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(payload: Mapping[str, Any], key: Any = PRIVATE_KEY, **header: Any) -> str:
    """Sign a payload under a good header with some members changed, or, where None, left out."""
    members = {"kid": KID, "typ": "at+jwt", **header}
    # jwt.encode refuses some of the bad claims that verifiers have to refuse.
    return jwt.api_jws.encode(json.dumps(payload).encode(), key, algorithm="RS256", headers=members)
