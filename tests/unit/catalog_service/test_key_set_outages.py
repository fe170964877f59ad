"""Whatever the auth service's address answers one day, the keys that were fetched before serve on."""

import json
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from catalog_service.key_set import KeySet, fetch_key_set
from tests.unit.catalog_service.key_servers import (
    Answer,
    Handler,
    base64url,
    document,
    done_within,
    json_web_key,
    key_server,
)
from tests.unit.signing import KID, PRIVATE_KEY
from tests.waiting import wait_until

GOOD = document(json_web_key())
OTHER = generate_private_key(public_exponent=65_537, key_size=2048).public_key()
REFRESH_SECONDS, STALE_SECONDS = 60, 3_600
FETCH_SECONDS = 2.6
"""The fetch's two seconds, and what a busy machine adds."""


def hang(handler: Handler) -> None:
    handler.server.stopping.wait(30)


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.drip(GOOD, 0.1)


def body(content: bytes, status: int = 200) -> Answer:
    return lambda handler: handler.send(content, status)


def redirect(handler: Handler) -> None:
    handler.send(GOOD, 302, Location=f"{handler.server.url}?elsewhere")


OUTAGES: dict[str, Answer] = {
    "K03-500": body(GOOD, 500),
    "K03-hung": hang,
    "K03-HTML": body(b"<html><body>Welcome to nginx</body></html>"),
    "K03-cut-short": lambda handler: handler.send(GOOD[:-20], Content_Length=str(len(GOOD))),
    "K03-10-MB": body(b'{"keys":[' + b" " * 10_000_000),
    "K03-drip": drip,
    "K04-302": redirect,
    "K05-oct-alone": body(document({"kty": "oct", "kid": KID, "k": "c2VjcmV0", "alg": "HS256"})),
    "K06-enc-alone": body(document(json_web_key(OTHER, use="enc"))),
    "K06-key-ops-without-verify-alone": body(document(json_web_key(OTHER, key_ops=["encrypt"]))),
    "K07-kid-twice": body(document(json_web_key(), json_web_key(OTHER))),
    "K09-no-keys": body(document()),
    "K11-1024-bits-alone": body(document(json_web_key(n=base64url((1 << 1023) + 1)))),
    "K11-e-1-alone": body(document(json_web_key(e=base64url(1)))),
    "no-object": body(json.dumps([json_web_key()]).encode()),
}


def refreshing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "key-set-refresh"]


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_the_copy_serves_on_and_an_alarm_is_raised(outage: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """K03, K04, K05, K06, K07, K09, K11: no request waits, and the fetch itself ends in two seconds."""
    now = 1_000.0
    with key_server(body(GOOD)) as server:
        keys = KeySet(
            lambda: fetch_key_set(server.url), REFRESH_SECONDS, STALE_SECONDS, 30, clock=lambda: now
        )
        assert keys.find(KID) == PRIVATE_KEY.public_key()

        server.answer = outage
        now += REFRESH_SECONDS + 1
        with done_within(0.5):
            assert keys.find(KID) == PRIVATE_KEY.public_key()
        wait_until(lambda: not refreshing(), FETCH_SECONDS + 1)

        assert keys.find(KID) == PRIVATE_KEY.public_key()
        assert len(server.paths) == 2, "and a redirect is not followed"
        assert "the key set could not be fetched" in caplog.text


@pytest.mark.parametrize("added", [
    pytest.param({"kty": "oct", "kid": "added", "k": "c2VjcmV0", "alg": "HS256"}, id="K05-oct"),
    pytest.param(json_web_key(OTHER, kid="added", use="enc"), id="K06-enc"),
    pytest.param(json_web_key(OTHER, kid="added", key_ops=["encrypt"]), id="K06-key-ops"),
    pytest.param(json_web_key(kid="added", n=base64url((1 << 1023) + 1)), id="K11-1024-bits"),
    pytest.param(json_web_key(kid="added", e=base64url(1)), id="K11-e-1"),
])  # fmt: skip
def test_a_key_that_is_not_for_our_tokens_is_ignored_and_the_others_are_taken(
    added: dict[str, object],
) -> None:
    """K05, K06, K11."""
    with key_server(body(document(added, json_web_key()))) as server:
        keys = KeySet(lambda: fetch_key_set(server.url), REFRESH_SECONDS, STALE_SECONDS, 30)
        assert keys.find("added") is None
        assert keys.find(KID) == PRIVATE_KEY.public_key()
