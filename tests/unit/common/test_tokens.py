"""The token contract: each check has a token that only this check refuses."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from common.tokens import LEEWAY_SECONDS, LONGEST_TOKEN, InvalidToken, TokenVerifier
from tests.unit.signing import AUDIENCE, ISSUER, KID, PRIVATE_KEY, OneKey, RevokedIds, claims, sign

IN_2100 = 4_102_444_800


class WatchedKeys(OneKey):
    """A key set that remembers which ids it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[object] = []

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        self.asked.append(kid)
        return super().find(kid)


@pytest.fixture
def keys() -> OneKey:
    return OneKey()


@pytest.fixture
def verifier(keys: OneKey) -> TokenVerifier:
    return TokenVerifier(keys, RevokedIds(), ISSUER, AUDIENCE)


def test_a_good_token_gives_its_content(verifier: TokenVerifier) -> None:
    token = verifier.verify(sign(claims(scope="catalog:read catalog:write")))
    assert (token.username, token.subject, token.kid) == ("ada", "d6f3a6f4", KID)
    assert token.scopes == {"catalog:read", "catalog:write"}


def test_an_audience_in_a_list_with_ours_is_accepted(verifier: TokenVerifier) -> None:
    assert verifier.verify(sign(claims(aud=["elsewhere", AUDIENCE]))).username == "ada"


@pytest.mark.parametrize(
    "name", ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "type", "username", "scope"]
)
def test_every_claim_is_required(verifier: TokenVerifier, name: str) -> None:
    """J18, J23, J24, J25, J26."""
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(**{name: None})))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", "abc"), ("exp", []), ("exp", -1), ("exp", 10**18), ("exp", 1.5), ("exp", True),
        ("iss", "other"), ("iss", ISSUER + "x"), ("iss", ISSUER[:-1]), ("iss", [ISSUER]),
        ("aud", "other"), ("aud", ["other"]), ("aud", []), ("aud", {ISSUER: AUDIENCE}),
        ("aud", AUDIENCE + "x"), ("aud", "x" + AUDIENCE), ("aud", [AUDIENCE + "x"]),
        ("exp", str(IN_2100)), ("iat", "0"), ("nbf", "0"), ("exp", [IN_2100]), ("iat", -1), ("nbf", -1),
        ("iat", True), ("nbf", True), ("iat", 0.5),
        ("type", "refresh"), ("type", ""), ("sub", 7), ("sub", ""), ("jti", ""), ("jti", 7),
        ("username", 7), ("scope", ["catalog:read"]), ("nbf", "now"), ("iat", "now"),
    ],
)  # fmt: skip
def test_a_claim_of_another_kind_or_value_is_refused(verifier: TokenVerifier, name: str, value: Any) -> None:
    """J19, J23, J24, J25, J26."""
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(**{name: value})))


@pytest.mark.parametrize("typ", ["JWT", "at+JWT+x", None, ""])
def test_the_header_type_must_be_that_of_an_access_token(verifier: TokenVerifier, typ: str | None) -> None:
    """J25."""
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(), typ=typ))


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 -- ", "x" * 4_000, "", "other"])
def test_a_key_id_is_only_looked_up(verifier: TokenVerifier, kid: str) -> None:
    """J13."""
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(), kid=kid))


def test_a_token_signed_by_another_key_under_our_key_id_is_refused(verifier: TokenVerifier) -> None:
    stranger = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(), key=stranger))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_one_algorithm_alone_is_accepted_even_by_our_own_key(verifier: TokenVerifier, algorithm: str) -> None:
    """J06."""
    token = jwt.encode(claims(), PRIVATE_KEY, algorithm=algorithm, headers={"kid": KID, "typ": "at+jwt"})
    with pytest.raises(InvalidToken):
        verifier.verify(token)


@pytest.mark.parametrize("header", [{"crit": ["x"], "x": 1}, {"b64": False, "crit": ["b64"]}])
def test_a_header_that_asks_for_what_we_do_not_know_is_refused(
    verifier: TokenVerifier, header: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(), **header))


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"exp": -LEEWAY_SECONDS + 5}, True), ({"exp": -LEEWAY_SECONDS - 1}, False),
        ({"nbf": LEEWAY_SECONDS - 5}, True), ({"nbf": LEEWAY_SECONDS + 5}, False),
        ({"iat": LEEWAY_SECONDS - 5}, True), ({"iat": LEEWAY_SECONDS + 5}, False),
    ],
)  # fmt: skip
def test_clocks_may_differ_by_the_leeway_and_no_more(
    verifier: TokenVerifier, changes: dict[str, int], *, accepted: bool
) -> None:
    """J22."""
    now = int(time.time())
    token = sign(claims(**{name: now + seconds for name, seconds in changes.items()}))
    if accepted:
        assert verifier.verify(token).username == "ada"
    else:
        with pytest.raises(InvalidToken):
            verifier.verify(token)


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [
        (-LEEWAY_SECONDS - 1, False),
        (-LEEWAY_SECONDS, True),
        (10 + LEEWAY_SECONDS - 1, True),
        (10 + LEEWAY_SECONDS, False),
    ],
)
def test_the_leeway_ends_on_the_second(keys: OneKey, seconds: int, *, accepted: bool) -> None:
    """J17, J22."""
    start = 1_800_000_000
    verifier = TokenVerifier(keys, RevokedIds(), ISSUER, AUDIENCE, clock=lambda: start + seconds)
    token = sign(claims(iat=start, nbf=start, exp=start + 10))
    if accepted:
        assert verifier.verify(token).expires_at == start + 10
    else:
        with pytest.raises(InvalidToken):
            verifier.verify(token)


def test_a_token_that_was_verified_before_costs_one_look_at_the_keys() -> None:
    watched = WatchedKeys()
    verifier = TokenVerifier(watched, RevokedIds(), ISSUER, AUDIENCE)
    token = sign(claims())
    verifier.verify(token)
    watched.asked.clear()
    verifier.verify(token)
    assert watched.asked == [KID]


def test_a_token_that_was_verified_before_is_refused_once_it_expires(keys: OneKey) -> None:
    """J17."""
    now = time.time()
    verifier = TokenVerifier(keys, RevokedIds(), ISSUER, AUDIENCE, clock=lambda: now)
    token = sign(claims(exp=int(now) + 10))
    verifier.verify(token)
    now += 10 + LEEWAY_SECONDS + 1
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_a_withdrawn_key_takes_its_verified_tokens_with_it(verifier: TokenVerifier, keys: OneKey) -> None:
    """J15."""
    token = sign(claims())
    verifier.verify(token)
    keys.keys.clear()
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_a_bit_flipped_anywhere_makes_a_token_invalid(verifier: TokenVerifier) -> None:
    token = sign(claims())
    for place in range(len(token)):
        flipped = token[:place] + chr(ord(token[place]) ^ 1) + token[place + 1 :]
        with pytest.raises(InvalidToken):
            verifier.verify(flipped)


def test_the_unused_bits_of_the_last_character_must_be_zero(verifier: TokenVerifier) -> None:
    """J34."""
    head, _, signature = sign(claims()).rpartition(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]
    assert urlsafe_b64decode(twin + "==") == urlsafe_b64decode(signature + "==")
    with pytest.raises(InvalidToken):
        verifier.verify(f"{head}.{twin}")


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{} ", "{}\n", "{}.", ".{}", "{}.x", "{}.x.y"])
def test_one_spelling_alone_is_a_token(verifier: TokenVerifier, spelling: str) -> None:
    """J32, J34."""
    with pytest.raises(InvalidToken):
        verifier.verify(spelling.format(sign(claims())))


@pytest.mark.parametrize(
    "payload", [b"[]", b'"x"', b"7", b"null", b"[" * 5_000, b"{", b"\xff", b'{"exp":1e400}']
)
def test_a_payload_that_is_no_object_of_claims_is_refused(verifier: TokenVerifier, payload: bytes) -> None:
    """J36, J38."""
    token = jwt.api_jws.encode(payload, PRIVATE_KEY, algorithm="RS256", headers={"kid": KID, "typ": "at+jwt"})
    with pytest.raises(InvalidToken):
        verifier.verify(token)


@pytest.mark.parametrize("kid", ["7", "null", '["x"]', '{"a":1}', "true", None])
def test_a_key_id_that_is_no_string_is_refused_and_not_looked_up(kid: str | None) -> None:
    """J13."""
    member = "" if kid is None else f',"kid":{kid}'
    header = urlsafe_b64encode(f'{{"alg":"RS256","typ":"at+jwt"{member}}}'.encode()).rstrip(b"=")
    signing_input = header + b"." + sign(claims()).split(".")[1].encode()
    signature = urlsafe_b64encode(PRIVATE_KEY.sign(signing_input, PKCS1v15(), SHA256())).rstrip(b"=")
    watched = WatchedKeys()
    verifier = TokenVerifier(watched, RevokedIds(), ISSUER, AUDIENCE)
    with pytest.raises(InvalidToken):
        verifier.verify((signing_input + b"." + signature).decode())
    assert watched.asked == []


@pytest.mark.parametrize("signature", ["A", "AAAAA", "AB", "-_-_-"])
def test_a_signature_that_is_no_base64_of_whole_bytes_is_refused(
    verifier: TokenVerifier, signature: str
) -> None:
    head, _, _ = sign(claims()).rpartition(".")
    with pytest.raises(InvalidToken):
        verifier.verify(f"{head}.{signature}")


def test_a_token_may_be_long_but_not_endless(verifier: TokenVerifier) -> None:
    """J37."""
    assert verifier.verify(sign(claims(username="x" * 5_000))).username == "x" * 5_000
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(username="x" * LONGEST_TOKEN)))
