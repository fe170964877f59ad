"""Tokens that nobody issued, built by hand: libraries refuse to write most of them."""

import base64
import hashlib
import hmac
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID


def encode(raw: bytes) -> str:
    """Write base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def same_bytes_spelt_differently(token: str) -> str:
    """Change in a token's last letter only bits that mean nothing: its signature keeps the same bytes."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]
    assert decode(twin.split(".")[2]) == decode(token.split(".")[2])
    return twin


def compact(value: object) -> bytes:
    """Write a value as JSON without blanks; bytes are taken as they are."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Forger:
    """What an attacker has: one genuine token, the published keys, and a key pair of his own."""

    genuine: str
    key_set: str

    @cached_property
    def own_key(self) -> rsa.RSAPrivateKey:
        """A key that the service has never heard of."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def header(self) -> dict[str, Any]:
        """The genuine token's header."""
        return jwt.get_unverified_header(self.genuine)

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The genuine token's claims, which are all valid."""
        claims: dict[str, Any] = json.loads(decode(self.genuine.split(".")[1]))
        return claims

    @property
    def signature(self) -> bytes:
        """The genuine token's signature."""
        return decode(self.genuine.split(".")[2])

    @property
    def jwk(self) -> dict[str, str]:
        """The published key that signed the genuine token."""
        keys: list[dict[str, str]] = json.loads(self.key_set)["keys"]
        return next(key for key in keys if key["kid"] == self.header["kid"])

    @property
    def own_jwk(self) -> dict[str, Any]:
        """The attacker's public key under the genuine key's id."""
        own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.own_key.public_key()))
        return {"kty": "RSA", "n": own["n"], "e": own["e"], "kid": self.header["kid"], "use": "sig"}

    @cached_property
    def own_certificate(self) -> str:
        """A certificate that the attacker's key signed for itself, as `x5c` holds it (RFC 7515, 4.1.6)."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auth_service")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.own_key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        certificate = builder.sign(self.own_key, hashes.SHA256())
        return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def with_part(self, number: int, part: str) -> str:
        """Exchange one of the genuine token's three parts."""
        parts = self.genuine.split(".")
        parts[number] = part
        return ".".join(parts)

    def published_key(self, encoding: Encoding, form: PublicFormat) -> bytes:
        """Write the service's public key as a file of that kind."""
        key = jwt.PyJWK(self.jwk).key
        assert isinstance(key, rsa.RSAPublicKey)
        return key.public_bytes(encoding, form)

    def unsigned(self, signature: bytes = b"", **header: object) -> str:
        """Put the genuine claims under a changed header, with any signature."""
        return f"{self._signing_input(header, self.claims)}.{encode(signature)}"

    def signed_by_own_key(self, payload: object = None, drop: str = "", **header: object) -> str:
        """Sign with RS256, but by the attacker's key, and leave out the `drop`ped header field.

        The payload is the genuine claims unless it is given; one of bytes is taken as it is.
        """
        signing_input = self._signing_input(header, self.claims if payload is None else payload, drop)
        signature = self.own_key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signing_input}.{encode(signature)}"

    def signed_by_secret(self, secret: bytes, algorithm: str = "HS256") -> str:
        """Sign the genuine claims with a MAC under `secret`, such as the public key's text."""
        signing_input = self._signing_input({"alg": algorithm}, self.claims)
        digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
        return f"{signing_input}.{encode(hmac.new(secret, signing_input.encode(), digest).digest())}"

    def _signing_input(self, changes: Mapping[str, object], payload: object, drop: str = "") -> str:
        header = {name: value for name, value in (self.header | dict(changes)).items() if name != drop}
        return f"{encode(compact(header))}.{encode(compact(payload))}"
