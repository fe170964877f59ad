"""Abuse cases J06 to J13 and J36 to J41: tokens that this service never signed, wherever one is asked for.

Tokens with bad claims under a good signature (J17 to J26) are in `test_genuine_signatures.py`, those of a
retired key (J15) and of a new one (J16) in `test_rotation.py`.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client
from tests.contract.tokens import Forger, decode

PEM, DER = Encoding.PEM, Encoding.DER
SPKI, PKCS1 = PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1
BOM = b"\xef\xbb\xbf"

WITHOUT_SIGNATURE: dict[str, Callable[[Forger], str]] = {
    "J06-none": lambda forger: forger.unsigned(alg="none"),
    "J06-None": lambda forger: forger.unsigned(alg="None"),
    "J06-nOnE": lambda forger: forger.unsigned(alg="nOnE"),
    "J06-NONE": lambda forger: forger.unsigned(alg="NONE"),
    "J06-empty-alg": lambda forger: forger.unsigned(alg=""),
    "J06-null-alg": lambda forger: forger.unsigned(alg=None),
    "J06-list-alg": lambda forger: forger.unsigned(alg=["RS256", "none"]),
    "J06-none-with-the-old-signature": lambda forger: forger.unsigned(forger.signature, alg="none"),
    "J06-RS256-without-a-signature": lambda forger: forger.unsigned(alg="RS256"),
    "J06-RS256-with-a-signature-of-zeros": lambda forger: forger.unsigned(bytes(256), alg="RS256"),
    "J06-RS384": lambda forger: forger.unsigned(forger.signature, alg="RS384"),
    "J06-PS256": lambda forger: forger.unsigned(forger.signature, alg="PS256"),
    "J06-ES256": lambda forger: forger.unsigned(bytes(64), alg="ES256"),
    "J06-unknown-alg": lambda forger: forger.unsigned(forger.signature, alg="RS257"),
}

BY_THE_PUBLIC_KEY: dict[str, Callable[[Forger], str]] = {
    "J07-PEM": lambda forger: forger.signed_by_secret(forger.published_key(PEM, SPKI)),
    "J07-PEM-HS512": lambda forger: forger.signed_by_secret(forger.published_key(PEM, SPKI), "HS512"),
    "J07-PEM-stripped": lambda forger: forger.signed_by_secret(forger.published_key(PEM, SPKI).strip()),
    "J07-PEM-with-BOM": lambda forger: forger.signed_by_secret(BOM + forger.published_key(PEM, SPKI)),
    "J07-PKCS1-PEM": lambda forger: forger.signed_by_secret(forger.published_key(PEM, PKCS1)),
    "J07-DER": lambda forger: forger.signed_by_secret(forger.published_key(DER, SPKI)),
    "J07-PKCS1-DER": lambda forger: forger.signed_by_secret(forger.published_key(DER, PKCS1)),
    "J07-JWK": lambda forger: forger.signed_by_secret(str(forger.jwk).replace("'", '"').encode()),
    "J07-modulus": lambda forger: forger.signed_by_secret(decode(forger.jwk["n"])),
    "J07-JWKS": lambda forger: forger.signed_by_secret(forger.key_set.encode()),
    "J07-JWKS-with-BOM": lambda forger: forger.signed_by_secret(BOM + forger.key_set.encode()),
    "J07-empty-secret": lambda forger: forger.signed_by_secret(b""),
    "J07-kid-as-secret": lambda forger: forger.signed_by_secret(str(forger.header["kid"]).encode()),
}

BY_ANOTHER_KEY: dict[str, Callable[[Forger], str]] = {
    "J09-real-kid": lambda forger: forger.signed_by_own_key(),
    "J09-no-typ": lambda forger: forger.signed_by_own_key(drop="typ"),
    "J10-jwk": lambda forger: forger.signed_by_own_key(jwk=forger.own_jwk),
    "J10-jwk-without-kid": lambda forger: forger.signed_by_own_key(drop="kid", jwk=forger.own_jwk),
    "J10-jwk-for-none": lambda forger: forger.unsigned(alg="none", jwk=forger.own_jwk),
    "J12-x5c": lambda forger: forger.signed_by_own_key(x5c=[forger.own_certificate]),
    "J12-x5c-without-kid": lambda forger: forger.signed_by_own_key(drop="kid", x5c=[forger.own_certificate]),
    "J13-absent": lambda forger: forger.signed_by_own_key(drop="kid"),
    "J13-empty": lambda forger: forger.signed_by_own_key(kid=""),
    "J13-null": lambda forger: forger.signed_by_own_key(kid=None),
    "J13-int": lambda forger: forger.signed_by_own_key(kid=0),
    "J13-true": lambda forger: forger.signed_by_own_key(kid=True),
    "J13-list": lambda forger: forger.signed_by_own_key(kid=[forger.header["kid"]]),
    "J13-object": lambda forger: forger.signed_by_own_key(kid={"$ne": ""}),
    "J13-path": lambda forger: forger.signed_by_own_key(kid="../../dev/null"),
    "J13-SQL": lambda forger: forger.signed_by_own_key(kid="' UNION SELECT 'key' -- "),
    "J13-NUL": lambda forger: forger.signed_by_own_key(kid="\0"),
    "J13-surrogate": lambda forger: forger.signed_by_own_key(kid="\ud800"),
    "J13-4-KB": lambda forger: forger.signed_by_own_key(kid="k" * 4_000),
    "J13-unknown": lambda forger: forger.signed_by_own_key(kid="a-key-that-nobody-has"),
    "J31-unknown-crit": lambda forger: forger.signed_by_own_key(crit=["exp", "bork"], bork=True),
    "J31-crit-no-list": lambda forger: forger.signed_by_own_key(crit="exp"),
    "J31-b64-false": lambda forger: forger.signed_by_own_key(b64=False, crit=["b64"]),
    "J36-nested-2500": lambda forger: forger.signed_by_own_key(b"[" * 2_500 + b"]" * 2_500),
    "J37-7-KB": lambda forger: forger.signed_by_own_key(forger.claims | {"scope": "x" * 4_700}),
    "J38-list": lambda forger: forger.signed_by_own_key([forger.claims]),
    "J38-empty-list": lambda forger: forger.signed_by_own_key([]),
    "J38-string": lambda forger: forger.signed_by_own_key("sub"),
    "J38-number": lambda forger: forger.signed_by_own_key(17),
    "J38-null": lambda forger: forger.signed_by_own_key(b"null"),
    "J38-no-JSON": lambda forger: forger.signed_by_own_key(b"{"),
    "J38-bad-UTF-8": lambda forger: forger.signed_by_own_key(b'{"sub": "\xff"}'),
    "J38-empty": lambda forger: forger.signed_by_own_key(b""),
}


@pytest.mark.parametrize("forge", WITHOUT_SIGNATURE.values(), ids=WITHOUT_SIGNATURE)
def test_a_token_that_nobody_signed_is_refused(
    anonymous: Client, forger: Forger, forge: Callable[[Forger], str], closed_address: tuple[str, str]
) -> None:
    """J06: the algorithm is the service's choice, never the token's (RFC 8725 section 3.1)."""
    assert_bad_token(anonymous.with_token(forge(forger)).request(*closed_address))


@pytest.mark.parametrize("forge", BY_THE_PUBLIC_KEY.values(), ids=BY_THE_PUBLIC_KEY)
def test_a_token_signed_with_what_everybody_knows_is_refused(
    anonymous: Client, forger: Forger, forge: Callable[[Forger], str], closed_address: tuple[str, str]
) -> None:
    """J07: CVE-2022-29217 and its kin."""
    assert_bad_token(anonymous.with_token(forge(forger)).request(*closed_address))


@pytest.mark.parametrize("forge", BY_ANOTHER_KEY.values(), ids=BY_ANOTHER_KEY)
def test_a_token_signed_by_another_key_is_refused_whatever_it_says(
    anonymous: Client, forger: Forger, forge: Callable[[Forger], str], closed_address: tuple[str, str]
) -> None:
    """J09, J10, J12, J13, J31, J36, J37, J38."""
    assert_bad_token(anonymous.with_token(forge(forger)).request(*closed_address))


def test_a_token_of_another_installation_is_refused(
    anonymous: Client, other_installation: Client, closed_address: tuple[str, str]
) -> None:
    """J41: the same issuer, audience and shape, and another key."""
    token = other_installation.new_user().access_token

    assert other_installation.with_token(token).get("/protected").status_code == 200
    assert_bad_token(anonymous.with_token(token).request(*closed_address))


def test_unknown_key_ids_are_refused_and_leave_genuine_tokens_alone(
    anonymous: Client, client: Client, forger: Forger
) -> None:
    """J14."""
    for number in range(200):
        token = forger.unsigned(bytes(256), kid=f"unknown-{number}")
        assert_bad_token(anonymous.with_token(token).get("/products/x"))

    assert client.get("/products/x").status_code == 404
