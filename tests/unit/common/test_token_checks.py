"""No check of a token is there for nothing: without it, a token passes that is refused with it."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from common import tokens
from common.tokens import LATEST_TIME, LEEWAY_SECONDS, LONGEST_TOKEN, Claims, InvalidToken
from tests.unit.signing import AUDIENCE, ISSUER, KID, PRIVATE_KEY, OneKey, RevokedIds, claims, sign

SOURCE = Path(tokens.__file__).read_text(encoding="utf-8")
STRANGER = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
REVOKED = "a revoked token"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class Mutant:
    """The token contract without one of its checks, and a token that only this check refuses."""

    name: str
    token: Callable[[], str]
    changes: tuple[tuple[str, str], ...]
    pyjwt_checks_too: bool = False
    """Whether PyJWT, in the version at hand, has the same check; its versions differ."""

    def load(self) -> ModuleType:
        """Make the module without the check."""
        source = SOURCE
        for check, nothing in self.changes:
            assert source.count(check) == 1, f"{check!r} is not one place in the source"
            source = source.replace(check, nothing)
        module = ModuleType(f"tokens without {self.name}")
        exec(compile(source, self.name, "exec"), module.__dict__)  # noqa: S102 - our own source
        return module


def verify(module: Any, token: str) -> Any:
    """Check a token by the module, with or without its checks."""
    return module.TokenVerifier(OneKey(), RevokedIds([REVOKED]), ISSUER, AUDIENCE).verify(token)


def signed_by(algorithm: str) -> str:
    return jwt.encode(claims(), PRIVATE_KEY, algorithm=algorithm, headers={"kid": KID, "typ": "at+jwt"})


def respelt() -> str:
    """Give a good token whose last letter has another bit that means nothing."""
    token = sign(claims())
    return token[:-1] + ALPHABET[ALPHABET.index(token[-1]) ^ 1]


def good(**changes: Any) -> Callable[[], str]:
    """Give what signs good claims with some changed or left out."""
    return lambda: sign(claims(**changes))


NOW = int(time.time())
BY_ANY_KEY = ("key = self.keys.find(kid)", "key = next(iter(self.keys.keys.values()))")
WHATEVER_KEY = ("if self.keys.find(access.kid) is None:", "if False:")
ALSO_PADDED = ('([A-Za-z0-9_-]+)", re.ASCII', '([A-Za-z0-9_=-]+)", re.ASCII')
ANY_SPELLING = (" or not _is_canonical_base64(parts[3])", "")

MUTANTS = [
    Mutant("alg", lambda: signed_by("RS512"), (("algorithms=[ALGORITHM]", 'algorithms=["RS256", "RS512"]'),)),
    Mutant("alg, PSS", lambda: signed_by("PS256"), (("algorithms=[ALGORITHM]", 'algorithms=["PS256"]'),)),
    Mutant("typ", lambda: sign(claims(), typ="JWT"), (('header.get("typ") != HEADER_TYPE or ', ""),)),
    Mutant("kid", lambda: sign(claims(), kid="other"), (BY_ANY_KEY, WHATEVER_KEY)),
    Mutant(
        "signature",
        lambda: sign(claims(), key=STRANGER),
        (('options={"verify_exp"', 'options={"verify_signature": False, "verify_exp"'),),
    ),
    Mutant("iss", good(iss="other"), (("claims.iss != self.issuer or ", ""),)),
    Mutant("aud", good(aud="other"), ((" or self.audience not in audiences", ""),)),
    Mutant(
        "aud, whole", good(aud=f"x{AUDIENCE}x"), (("[claims.aud] if isinstance(claims.aud, str) else ", ""),)
    ),
    Mutant("exp", good(exp=NOW - 10 * LEEWAY_SECONDS), ((" < access.expires_at + LEEWAY_SECONDS:", ":"),)),
    Mutant("nbf", good(nbf=LATEST_TIME), (("max(claims.nbf, claims.iat)", "claims.iat"),)),
    Mutant("iat", good(iat=LATEST_TIME), (("max(claims.nbf, claims.iat)", "claims.nbf"),)),
    Mutant(
        "exp, in reason", good(exp=LATEST_TIME + 1), (("exp: int = Field(ge=0, le=LATEST_TIME)", "exp: int"),)
    ),
    Mutant("iat, in reason", good(iat=-1), (("iat: int = Field(ge=0, le=LATEST_TIME)", "iat: int"),)),
    Mutant("nbf, in reason", good(nbf=-1), (("nbf: int = Field(ge=0, le=LATEST_TIME)", "nbf: int"),)),
    Mutant("type", good(type="refresh"), (('type: Literal["access"]', "type: str"),)),
    Mutant("sub, empty", good(sub=""), (("sub: str = Field(min_length=1)", "sub: str"),)),
    Mutant("jti, empty", good(jti=""), (("jti: str = Field(min_length=1)", "jti: str"),)),
    Mutant("types of claims", good(exp=str(LATEST_TIME)), (("strict=True, ", ""),)),
    Mutant("revoked", good(jti=REVOKED), (("if self.revoked.is_revoked(access.token_id):", "if False:"),)),
    Mutant("canonical base64", respelt, (ANY_SPELLING,), pyjwt_checks_too=True),
    Mutant("padding", lambda: sign(claims()) + "==", (ALSO_PADDED, ANY_SPELLING)),
    Mutant("length", good(username="x" * LONGEST_TOKEN), (("len(token) <= LONGEST_TOKEN", "True"),)),
]


def without_claim(name: str) -> Mutant:
    """Give the contract that does not ask for a claim, and a token without it."""
    (model,) = re.findall(r"^class Claims.*?(?=^@|^class )", SOURCE, re.MULTILINE | re.DOTALL)
    # Not one of now: these tests may run long after they were read.
    default = f"    {name}: Any = {claims(exp=LATEST_TIME)[name]!r}"
    lenient, replaced = re.subn(rf"^    {name}: .*$", default, model, flags=re.MULTILINE)
    assert replaced == 1
    return Mutant(f"{name}, required", good(**{name: None}), ((model, lenient),))


ALL = [*MUTANTS, *map(without_claim, Claims.model_fields)]


@pytest.mark.parametrize("mutant", ALL, ids=[mutant.name for mutant in ALL])
def test_without_a_check_a_token_passes_that_is_refused_with_it(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mutant.token()
    if mutant.pyjwt_checks_too:
        lenient = staticmethod(lambda segment, _name: jwt.utils.base64url_decode(segment))
        monkeypatch.setattr(jwt.PyJWS, "_decode_base64url_segment", lenient)
    with pytest.raises(InvalidToken):
        verify(tokens, token)
    assert verify(mutant.load(), token)


@pytest.mark.parametrize("mutant", ALL, ids=[mutant.name for mutant in ALL])
def test_without_a_check_good_tokens_pass_as_before(mutant: Mutant) -> None:
    token = signed_by("PS256") if mutant.name == "alg, PSS" else sign(claims(aud=[AUDIENCE]))
    assert verify(mutant.load(), token).username == "ada"


def test_without_its_check_a_withdrawn_key_keeps_the_tokens_that_were_verified_before() -> None:
    unasked = Mutant("withdrawn", good(), (WHATEVER_KEY,)).load()
    for module, refused in ((tokens, True), (unasked, False)):
        keys = OneKey()
        verifier = module.TokenVerifier(keys, RevokedIds(), ISSUER, AUDIENCE)
        token = sign(claims())
        verifier.verify(token)
        keys.keys.clear()
        try:
            verifier.verify(token)
        except InvalidToken:
            assert refused
        else:
            assert not refused


def test_a_revoked_token_is_refused_also_if_it_was_verified_before() -> None:
    revoked = RevokedIds()
    verifier = tokens.TokenVerifier(OneKey(), revoked, ISSUER, AUDIENCE)
    token, other = sign(claims(jti="a")), sign(claims(jti="b"))
    assert verifier.verify(token).token_id == "a"
    revoked.add("a")
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    assert verifier.verify(other).token_id == "b"
