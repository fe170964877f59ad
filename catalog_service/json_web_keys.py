"""Reads a JSON Web Key Set (RFC 7517) and keeps of it the keys that may sign our tokens."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from common.tokens import ALGORITHM

SMALLEST_KEY_BITS = 2048
SMALLEST_EXPONENT = 65_537
LARGEST_EXPONENT = 2**32

# Keys of CVE-2017-15361 (ROCA) have a modulus that is a power of 65537 modulo each of these primes.
ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


class InvalidKeySet(Exception):
    """The answer is not a key set that can be used."""


def parse_key_set(document: bytes) -> dict[str, RSAPublicKey]:
    """Give the usable keys by id. Raises InvalidKeySet if there are none, or if an id stands twice."""
    members = _members(document)
    # Of keys that can't be used too: nothing says which of the two is meant.
    kids = [kid for member in members if isinstance(kid := member.get("kid"), str)]
    if len(set(kids)) < len(kids):
        raise InvalidKeySet("a key id stands twice")
    ours = {member["kid"]: _rsa_key(member) for member in members if _is_for_our_signatures(member)}
    keys = {kid: key for kid, key in ours.items() if key is not None}
    if not keys:
        raise InvalidKeySet("no usable key")
    return keys


def _members(document: bytes) -> list[dict[str, Any]]:
    try:
        members = json.loads(document)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidKeySet("not a JSON Web Key Set") from error
    if not isinstance(members, list):
        raise InvalidKeySet("not a JSON Web Key Set")
    return [member for member in members if isinstance(member, dict)]


def _is_for_our_signatures(member: dict[str, Any]) -> bool:
    operations = member.get("key_ops", ["verify"])
    return (
        member.get("kty") == "RSA"
        and isinstance(member.get("kid"), str)
        and member.get("use", "sig") == "sig"
        and member.get("alg", ALGORITHM) == ALGORITHM
        and isinstance(operations, list)
        and "verify" in operations
    )


def _rsa_key(member: dict[str, Any]) -> RSAPublicKey | None:
    """Build a key, or give None for one that is malformed or too weak."""
    try:
        modulus, exponent = _number(member["n"]), _number(member["e"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    if modulus.bit_length() < SMALLEST_KEY_BITS or not SMALLEST_EXPONENT <= exponent < LARGEST_EXPONENT:
        return None
    if _has_roca_fingerprint(modulus):
        return None
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None


def _number(text: str) -> int:
    """Read a Base64urlUInt (RFC 7518, section 2)."""
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _has_roca_fingerprint(modulus: int) -> bool:
    return all(modulus % prime in _powers_of_65537(prime) for prime in ROCA_PRIMES)


def _powers_of_65537(prime: int) -> set[int]:
    return {pow(65_537, exponent, prime) for exponent in range(prime)}
