"""The token contract between the services: what an access token must be, and how one is checked.

RS256 alone (RFC 8725, section 3.1), header type `at+jwt` (RFC 9068, section 2.1), and every claim below
required. Flask-JWT-Extended issues these tokens; it is not used to check them, since it accepts tokens
without `exp` or `type` and answers 422 to many bad ones.
"""

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import BaseModel, ConfigDict, Field

from common.refusals import Refusal

ALGORITHM = "RS256"
HEADER_TYPE = "at+jwt"
TOKEN_LIFETIME_SECONDS = 15 * 60
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 8_000
VERIFIED_TOKENS_KEPT = 4_096
LATEST_TIME = 2**40
"""Seconds since 1970; times beyond it (the year 36,812) are nonsense that breaks date arithmetic."""

COMPACT_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)


class InvalidToken(Refusal):
    """The token is missing, or not one that this service accepts; which of the two is not told."""

    status = HTTPStatus.UNAUTHORIZED
    msg = "Missing or invalid token"

    def headers(self) -> Mapping[str, str]:
        """Name the scheme, as RFC 6750, section 3 asks."""
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class PublicKeys(Protocol):
    """Where the public keys that may have signed a token come from."""

    def find(self, kid: str) -> RSAPublicKey | None:
        """Give the key with this id, or None. Raises Unavailable if no keys could be had at all."""


class Revocations(Protocol):
    """Where it is known which tokens were revoked before their time."""

    def is_revoked(self, token_id: str) -> bool:
        """Tell whether the token with this `jti` was revoked. Raises Unavailable if that can't be known."""


class Claims(BaseModel):
    """The claims that an access token must carry, with the types they must have."""

    model_config = ConfigDict(strict=True, frozen=True)

    iss: str
    aud: str | list[str]
    sub: str = Field(min_length=1)
    exp: int = Field(ge=0, le=LATEST_TIME)
    iat: int = Field(ge=0, le=LATEST_TIME)
    nbf: int = Field(ge=0, le=LATEST_TIME)
    jti: str = Field(min_length=1)
    type: Literal["access"]
    username: str
    scope: str


@dataclass(frozen=True)
class AccessToken:
    """A token whose signature and claims were checked."""

    kid: str
    subject: str
    username: str
    scopes: frozenset[str]
    token_id: str
    not_before: int
    expires_at: int


class TokenVerifier:
    """Checks access tokens; one that was verified before costs a look-up until it expires."""

    def __init__(
        self,
        keys: PublicKeys,
        revoked: Revocations,
        issuer: str,
        audience: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`issuer` and `audience` are the `iss` and `aud` that a token must have."""
        self.keys = keys
        self.revoked = revoked
        self.issuer = issuer
        self.audience = audience
        self.clock = clock
        self._verified = lru_cache(maxsize=VERIFIED_TOKENS_KEPT)(self._verify_signature_and_claims)

    def verify(self, token: str) -> AccessToken:
        """Give the token's content.

        Raises InvalidToken for any fault of the token, Unavailable if the public keys can't be had, or not
        what was revoked.
        """
        access = self._verified(token)
        now = self.clock()
        if not access.not_before - LEEWAY_SECONDS <= now < access.expires_at + LEEWAY_SECONDS:
            raise InvalidToken
        # A key that was withdrawn takes its tokens with it, also those that were verified before.
        if self.keys.find(access.kid) is None:
            raise InvalidToken
        if self.revoked.is_revoked(access.token_id):
            raise InvalidToken
        return access

    def _verify_signature_and_claims(self, token: str) -> AccessToken:
        kid = self._key_id(token)
        key = self.keys.find(kid)
        if key is None:
            raise InvalidToken
        claims = self._claims(token, key)
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self.issuer or self.audience not in audiences:
            raise InvalidToken
        return AccessToken(
            kid=kid,
            subject=claims.sub,
            username=claims.username,
            scopes=frozenset(claims.scope.split()),
            token_id=claims.jti,
            not_before=max(claims.nbf, claims.iat),
            expires_at=claims.exp,
        )

    def _key_id(self, token: str) -> str:
        header = _header(token)
        kid = header.get("kid")
        if header.get("typ") != HEADER_TYPE or not isinstance(kid, str):
            raise InvalidToken
        return kid

    def _claims(self, token: str, key: RSAPublicKey) -> Claims:
        try:
            # The times are checked at every use, since a verified token is kept.
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
            return Claims.model_validate(payload)
        except Exception as error:
            # Whatever a stranger's token breaks in a parser is a fault of the token.
            raise InvalidToken from error


def _header(token: str) -> dict[str, Any]:
    """Give the header of a token in its one canonical spelling (RFC 7515, section 7.1)."""
    parts = COMPACT_FORM.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
    if parts is None or not _is_canonical_base64(parts[3]):
        raise InvalidToken
    try:
        return jwt.get_unverified_header(token)
    except Exception as error:
        raise InvalidToken from error


def _is_canonical_base64(text: str) -> bool:
    """Tell whether unpadded base64 has no stray bits at its end: they would spell one token in two ways."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return False
    return urlsafe_b64encode(raw).rstrip(b"=") == text.encode("ascii")
