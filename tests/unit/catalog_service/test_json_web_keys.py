"""Of a key set only keys that may sign our tokens are taken, and none that is weak."""

from math import prod
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key

from catalog_service.json_web_keys import ROCA_PRIMES, InvalidKeySet, parse_key_set
from tests.unit.catalog_service.key_servers import base64url, document, json_web_key
from tests.unit.signing import KID, PRIVATE_KEY

OTHER = generate_private_key(public_exponent=65_537, key_size=2048).public_key()


def roca_modulus() -> int:
    """Make a modulus of 2048 bits that is a power of 65537 modulo each of the fingerprint's primes."""
    primorial = prod(ROCA_PRIMES)
    power = pow(65_537, 123_456, primorial)
    modulus = (1 << 2047) // primorial * primorial + primorial + power
    return modulus if modulus % 2 else modulus + primorial


def test_a_good_key_is_taken() -> None:
    assert parse_key_set(document(json_web_key())) == {KID: PRIVATE_KEY.public_key()}


def test_several_keys_are_taken_under_their_own_ids() -> None:
    keys = parse_key_set(document(json_web_key(), json_web_key(OTHER, kid="other")))
    assert keys == {KID: PRIVATE_KEY.public_key(), "other": OTHER}


@pytest.mark.parametrize("absent", ["use", "alg"])
def test_what_rfc_7517_leaves_optional_may_be_absent(absent: str) -> None:
    assert KID in parse_key_set(document(json_web_key(**{absent: None})))


def test_a_key_for_verifying_may_say_so() -> None:
    assert KID in parse_key_set(document(json_web_key(key_ops=["verify"], x="unknown")))


NOT_FOR_OUR_TOKENS: list[object] = [
    {"kty": "oct", "kid": KID, "k": "c2VjcmV0", "alg": "HS256"},
    {"kty": "oct", "kid": KID, "k": "c2VjcmV0"},
    {"kty": "EC", "kid": KID, "crv": "P-256", "x": "AA", "y": "AA"},
    {"kty": "OKP", "kid": KID, "crv": "Ed25519", "x": "AA"},
    json_web_key(kty=None),
    json_web_key(kty="rsa"),
    json_web_key(use="enc"),
    json_web_key(use=["sig"]),
    json_web_key(key_ops=["encrypt"]),
    json_web_key(key_ops=["sign"]),
    json_web_key(key_ops=[]),
    json_web_key(key_ops="verify"),
    json_web_key(alg="RS512"),
    json_web_key(alg="HS256"),
    json_web_key(alg="none"),
    json_web_key(kid=None),
    json_web_key(kid=7),
    json_web_key(kid=["a"]),
    "a key", 7, None, [json_web_key()],
]  # fmt: skip


@pytest.mark.parametrize("member", NOT_FOR_OUR_TOKENS)
def test_a_key_for_something_else_is_left_out(member: object) -> None:
    """K05, K06."""
    assert parse_key_set(document(member, json_web_key(OTHER, kid="other"))) == {"other": OTHER}


MALFORMED: list[dict[str, Any]] = [
    {"n": None}, {"e": None}, {"n": ""}, {"e": ""}, {"n": 7}, {"e": 65_537}, {"n": ["AQAB"]}, {"n": {}},
    {"n": "é"}, {"e": "A"}, {"n": "AQAB"},
]  # fmt: skip


@pytest.mark.parametrize("changes", MALFORMED)
def test_a_malformed_key_is_left_out(changes: dict[str, Any]) -> None:
    assert parse_key_set(document(json_web_key(**changes), json_web_key(OTHER, kid="other"))) == {
        "other": OTHER
    }


@pytest.mark.parametrize("bits", [512, 1024, 2040, 2047])
def test_a_key_below_2048_bits_is_left_out(bits: int) -> None:
    """K11."""
    modulus = (1 << (bits - 1)) + 1
    with pytest.raises(InvalidKeySet, match="no usable key"):
        parse_key_set(document(json_web_key(n=base64url(modulus))))


@pytest.mark.parametrize("exponent", [1, 2, 3, 17, 257, 65_535, 65_536, 65_538, 2**32 + 1, 2**64 + 1])
def test_a_key_with_a_strange_exponent_is_left_out(exponent: int) -> None:
    """K11."""
    with pytest.raises(InvalidKeySet, match="no usable key"):
        parse_key_set(document(json_web_key(e=base64url(exponent))))


def test_a_key_of_a_chip_with_the_roca_flaw_is_left_out() -> None:
    """K11."""
    modulus = roca_modulus()
    assert modulus.bit_length() == 2048
    assert RSAPublicNumbers(65_537, modulus).public_key(), "nothing else about it is wrong"
    with pytest.raises(InvalidKeySet, match="no usable key"):
        parse_key_set(document(json_web_key(n=base64url(modulus))))


@pytest.mark.parametrize("prime", ROCA_PRIMES)
def test_a_key_that_has_the_fingerprint_modulo_all_primes_but_one_is_taken(prime: int) -> None:
    others = prod(ROCA_PRIMES) // prime
    powers = {pow(65_537, exponent, prime) for exponent in range(prime)}
    moduli = (roca_modulus() + 2 * others * step for step in range(prime))
    modulus = next(modulus for modulus in moduli if modulus % prime not in powers)
    assert KID in parse_key_set(document(json_web_key(n=base64url(modulus))))


@pytest.mark.parametrize("second", [json_web_key(), json_web_key(OTHER)], ids=["same", "other"])
def test_a_set_in_which_an_id_stands_twice_is_refused(second: dict[str, Any]) -> None:
    """K07."""
    with pytest.raises(InvalidKeySet, match="twice"):
        parse_key_set(document(json_web_key(), second))


def test_an_id_that_stands_twice_is_refused_also_if_the_first_key_is_too_weak() -> None:
    """K07."""
    weak = json_web_key(n=base64url((1 << 1023) + 1))
    for keys in ([weak, json_web_key()], [json_web_key(), weak]):
        with pytest.raises(InvalidKeySet, match="twice"):
            parse_key_set(document(*keys))


@pytest.mark.parametrize(
    "other", [key for key in NOT_FOR_OUR_TOKENS if isinstance(key, dict) and key.get("kid") == KID]
)
def test_an_id_that_stands_twice_is_refused_whatever_the_other_key_is_for(other: dict[str, Any]) -> None:
    """K07."""
    for keys in ([other, json_web_key()], [json_web_key(), other], [other, other, json_web_key(kid="good")]):
        with pytest.raises(InvalidKeySet, match="twice"):
            parse_key_set(document(*keys))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"keys"',
        b"{}",
        b'{"keys":null}',
        b'{"keys":{}}',
        b'{"keys":"x"}',
        b'{"keys":[]}',
        b'{"keys":[{}]}',
        b"<html></html>",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"keys":' * 8_000,
        document(json_web_key())[:-9],
    ],
)
def test_what_is_no_key_set_is_refused(body: bytes) -> None:
    """K03, K09."""
    with pytest.raises(InvalidKeySet):
        parse_key_set(body)
