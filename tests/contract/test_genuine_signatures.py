"""Abuse cases J13 to J38 under the service's own signature: what is wrong with these tokens is in them alone.

A stranger can't make one: it is as if the private key had leaked, or the service issued nonsense. Without the
signature's check to hide behind, each other check has to hold by itself.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client, User
from tests.contract.tokens import Forger, compact
from tests.stack.compose import REPOSITORY, Stack

LEEWAY = 30
MARGIN = 5
"""Seconds that a request may take before its outcome would be another."""
YEAR_99999 = 3_093_527_980_800

SHOW_KEY = """
import json
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
with app.app_context():
    kid, key = app.extensions["signing_keys"].current()
pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
print(json.dumps({"kid": kid, "pem": pem}))
"""


@dataclass(frozen=True)
class Insider(Forger):
    """A forger who has the service's private key."""

    key: RSAPrivateKey

    @property
    def own_key(self) -> RSAPrivateKey:
        """The key that the service signs with."""
        return self.key

    def token(self, **claims: Any) -> str:
        """Sign the genuine claims with some of them changed."""
        return self.signed_by_own_key(self.claims | claims)

    def without(self, claim: str) -> str:
        """Sign the genuine claims but one."""
        return self.signed_by_own_key({name: value for name, value in self.claims.items() if name != claim})

    def raw(self, claim: str, value: bytes) -> str:
        """Sign the genuine claims with one written as no library would."""
        rest = {name: value for name, value in self.claims.items() if name != claim}
        return self.signed_by_own_key(compact(rest)[:-1] + b',"' + claim.encode() + b'":' + value + b"}")


@pytest.fixture(scope="module")
def insider(anonymous: Client, user: User, own_data_dir: Path | None) -> Insider:
    """Take the private key out of the service under test."""
    shown = json.loads(_show_key(own_data_dir).splitlines()[-1])
    key = cast("RSAPrivateKey", load_pem_private_key(shown["pem"].encode(), None))
    made = Insider(user.access_token, anonymous.get("/.well-known/jwks.json").text, key)
    assert made.header["kid"] == shown["kid"]
    return made


def _show_key(own_data_dir: Path | None) -> str:
    if own_data_dir is not None:
        script = f"from gateway.embedded import auth_service\napp = auth_service()\n{SHOW_KEY}"
        return subprocess.run(  # noqa: S603 - the tests' own command
            [sys.executable, "-c", script],
            cwd=REPOSITORY,
            env=os.environ | {"DATA_DIR": str(own_data_dir), "BCRYPT_ROUNDS": "4"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    project = os.environ.get("COMPOSE_PROJECT")
    if project is None:
        pytest.skip("the private key of that server can't be had from here: COMPOSE_PROJECT is not set")
    script = f"from auth_service.wsgi import app\n{SHOW_KEY}"
    return Stack.running(project).execute("auth_service", "python", "-c", script)


def _now() -> int:
    return int(time.time())


ACCEPTED: dict[str, Callable[[Insider], str]] = {
    "unchanged": lambda insider: insider.token(),
    "J22-expired-within-the-leeway": lambda insider: insider.token(exp=_now() - LEEWAY + MARGIN),
    "J22-valid-soon-within-the-leeway": lambda insider: insider.token(nbf=_now() + LEEWAY - MARGIN),
    "J22-issued-soon-within-the-leeway": lambda insider: insider.token(iat=_now() + LEEWAY - MARGIN),
    "J24-list-with-ours": lambda insider: insider.token(aud=["elsewhere", insider.claims["aud"]]),
    "unknown-claim": lambda insider: insider.token(role="admin"),
}

TIMES: dict[str, Callable[[Insider], str]] = {
    "J17-long-past": lambda insider: insider.token(exp=_now() - 10_000),
    "J17-past-by-the-leeway": lambda insider: insider.token(exp=_now() - LEEWAY - 1),
    "J17-1970": lambda insider: insider.token(exp=0),
    "J18-no-exp": lambda insider: insider.without("exp"),
    "J19-text": lambda insider: insider.token(exp="abc"),
    "J19-number-as-text": lambda insider: insider.token(exp=str(_now() + 900)),
    "J19-null": lambda insider: insider.token(exp=None),
    "J19-list": lambda insider: insider.token(exp=[]),
    "J19-list-of-a-number": lambda insider: insider.token(exp=[_now() + 900]),
    "J19-object": lambda insider: insider.token(exp={}),
    "J19-true": lambda insider: insider.token(exp=True),
    "J19-fraction": lambda insider: insider.token(exp=_now() + 900.5),
    "J19-minus-1": lambda insider: insider.token(exp=-1),
    "J19-year-99999": lambda insider: insider.token(exp=YEAR_99999),
    "J19-1e400": lambda insider: insider.raw("exp", b"1e400"),
    "J19-Infinity": lambda insider: insider.raw("exp", b"Infinity"),
    "J19-NaN": lambda insider: insider.raw("exp", b"NaN"),
    "J19-5000-digits": lambda insider: insider.raw("exp", b"9" * 4_000),
    "J22-valid-later-than-the-leeway": lambda insider: insider.token(nbf=_now() + LEEWAY + MARGIN),
    "J22-issued-later-than-the-leeway": lambda insider: insider.token(iat=_now() + LEEWAY + MARGIN),
    "no-nbf": lambda insider: insider.without("nbf"),
    "no-iat": lambda insider: insider.without("iat"),
}

NAMES: dict[str, Callable[[Insider], str]] = {
    "J23-no-iss": lambda insider: insider.without("iss"),
    "J23-other-iss": lambda insider: insider.token(iss="other"),
    "J23-iss-cut": lambda insider: insider.token(iss=insider.claims["iss"][:-1]),
    "J23-iss-longer": lambda insider: insider.token(iss=insider.claims["iss"] + ".evil.example"),
    "J23-iss-list": lambda insider: insider.token(iss=[insider.claims["iss"]]),
    "J23-iss-empty": lambda insider: insider.token(iss=""),
    "J24-no-aud": lambda insider: insider.without("aud"),
    "J24-J41-other-aud": lambda insider: insider.token(aud="other"),
    "J24-list-without-ours": lambda insider: insider.token(aud=["other", "another"]),
    "J24-empty-list": lambda insider: insider.token(aud=[]),
    "J24-aud-longer": lambda insider: insider.token(aud=insider.claims["aud"] + "2"),
    "J24-aud-object": lambda insider: insider.token(aud={insider.claims["aud"]: True}),
    "J24-J41-aud-of-another-environment": lambda insider: insider.token(aud="staging"),
    "J25-no-type": lambda insider: insider.without("type"),
    "J25-refresh": lambda insider: insider.token(type="refresh"),
    "J25-typ-JWT": lambda insider: insider.signed_by_own_key(typ="JWT"),
    "J25-no-typ": lambda insider: insider.signed_by_own_key(drop="typ"),
    "J26-no-sub": lambda insider: insider.without("sub"),
    "J26-int-sub": lambda insider: insider.token(sub=1),
    "J26-empty-sub": lambda insider: insider.token(sub=""),
    "J26-null-sub": lambda insider: insider.token(sub=None),
    "no-jti": lambda insider: insider.without("jti"),
    "no-username": lambda insider: insider.without("username"),
    "no-scope": lambda insider: insider.without("scope"),
    "scope-list": lambda insider: insider.token(scope=["catalog:read"]),
}

SHAPES: dict[str, Callable[[Insider], str]] = {
    "J13-no-kid": lambda insider: insider.signed_by_own_key(drop="kid"),
    "J13-null": lambda insider: insider.signed_by_own_key(kid=None),
    "J13-int": lambda insider: insider.signed_by_own_key(kid=0),
    "J13-list": lambda insider: insider.signed_by_own_key(kid=[insider.header["kid"]]),
    "J13-path": lambda insider: insider.signed_by_own_key(kid="../../dev/null"),
    "J13-path-to-ours": lambda insider: insider.signed_by_own_key(kid="./" + insider.header["kid"]),
    "J13-ours-with-a-blank": lambda insider: insider.signed_by_own_key(kid=insider.header["kid"] + " "),
    "J13-SQL": lambda insider: insider.signed_by_own_key(kid=insider.header["kid"] + "' -- "),
    "J31-unknown-crit": lambda insider: insider.signed_by_own_key(crit=["bork"], bork=True),
    "J31-b64-false": lambda insider: insider.signed_by_own_key(b64=False, crit=["b64"]),
    "J36-nested": lambda insider: insider.signed_by_own_key(b"[" * 2_000 + b"]" * 2_000),
    "J36-nested-in-a-claim": lambda insider: insider.raw("sub", b"[" * 1_500 + b"]" * 1_500),
    "J38-list": lambda insider: insider.signed_by_own_key([insider.claims]),
    "J38-string": lambda insider: insider.signed_by_own_key("sub"),
    "J38-number": lambda insider: insider.signed_by_own_key(17),
    "J38-null": lambda insider: insider.signed_by_own_key(b"null"),
    "J38-empty": lambda insider: insider.signed_by_own_key(b""),
    "J38-bad-UTF-8": lambda insider: insider.raw("username", b'"\xff"'),
}


@pytest.mark.parametrize("sign", ACCEPTED.values(), ids=ACCEPTED)
def test_a_token_with_nothing_wrong_in_it_is_accepted(
    anonymous: Client, insider: Insider, sign: Callable[[Insider], str]
) -> None:
    """J22, J24; and without these the refusals below would prove nothing."""
    holder = anonymous.with_token(sign(insider))

    assert holder.get("/protected").status_code == 200
    assert holder.get("/products/x").status_code == 404


@pytest.mark.parametrize("sign", TIMES.values(), ids=TIMES)
def test_a_token_with_times_that_are_over_or_no_times_is_refused(
    anonymous: Client, insider: Insider, sign: Callable[[Insider], str], closed_address: tuple[str, str]
) -> None:
    """J17, J18, J19, J22: the leeway for clocks is 30 s."""
    assert_bad_token(anonymous.with_token(sign(insider)).request(*closed_address))


@pytest.mark.parametrize("sign", NAMES.values(), ids=NAMES)
def test_a_token_of_another_issuer_for_another_use_or_of_nobody_is_refused(
    anonymous: Client, insider: Insider, sign: Callable[[Insider], str], closed_address: tuple[str, str]
) -> None:
    """J23, J24, J25, J26, J41."""
    assert_bad_token(anonymous.with_token(sign(insider)).request(*closed_address))


@pytest.mark.parametrize("sign", SHAPES.values(), ids=SHAPES)
def test_a_token_of_another_shape_is_refused_though_the_key_is_the_right_one(
    anonymous: Client, insider: Insider, sign: Callable[[Insider], str], closed_address: tuple[str, str]
) -> None:
    """J13, J31, J36, J38."""
    assert_bad_token(anonymous.with_token(sign(insider)).request(*closed_address))
