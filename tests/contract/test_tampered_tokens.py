"""Abuse cases J30 to J34: a genuine token with something changed; and J11, addresses inside a token."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client
from tests.contract.tokens import Forger, encode, same_bytes_spelt_differently

CUT_AND_PASTED: dict[str, Callable[[Forger], str]] = {
    "J30-claims-exchanged": lambda forger: forger.with_part(1, encode(b'{"sub":"1","username":"admin"}')),
    "J31-header-with-crit": lambda forger: forger.with_part(0, encode(b'{"alg":"RS256","crit":["x"]}')),
    "J32-one-part": lambda forger: forger.genuine.split(".")[0],
    "J32-two-parts": lambda forger: ".".join(forger.genuine.split(".")[:2]),
    "J32-four-parts": lambda forger: forger.genuine + "." + encode(b"more"),
    "J32-five-parts": lambda forger: forger.genuine + ".AAAA.AAAA",
    "J32-empty-fourth-part": lambda forger: forger.genuine + ".",
    "J32-empty-header": lambda forger: forger.with_part(0, ""),
    "J32-empty-claims": lambda forger: forger.with_part(1, ""),
    "J32-empty-signature": lambda forger: forger.with_part(2, ""),
    "J32-dots-alone": lambda _: "..",
    "J32-word": lambda _: "token",
    "J34-padded": lambda forger: forger.genuine + "==",
    "J34-padded-too-much": lambda forger: forger.genuine + "====",
    "J34-padded-header": lambda forger: forger.genuine.replace(".", "=.", 1),
    "J34-space-inside": lambda forger: forger.genuine.replace(".", ". ", 1),
    "J34-tab-inside": lambda forger: forger.genuine.replace(".", "\t.", 1),
    "J34-quoted": lambda forger: f'"{forger.genuine}"',
    "J34-plus-and-slash": lambda forger: forger.genuine.replace("-", "+").replace("_", "/"),
    "J34-percent-encoded": lambda forger: forger.genuine.replace(".", "%2E"),
    "J34-trailing-bits": lambda forger: same_bytes_spelt_differently(forger.genuine),
}


def test_the_genuine_token_opens_what_the_forged_ones_must_not(client: Client) -> None:
    """Without this, all that follows would hold for a service that refuses everybody."""
    assert client.get("/protected").status_code == 200
    assert client.get("/products/x").status_code == 404
    assert client.request("POST", "/upload").status_code == 400
    assert client.get("/reports/summary").status_code == 200


@pytest.mark.parametrize("forge", CUT_AND_PASTED.values(), ids=CUT_AND_PASTED)
def test_a_genuine_token_that_was_tampered_with_is_refused(
    anonymous: Client, forger: Forger, forge: Callable[[Forger], str], closed_address: tuple[str, str]
) -> None:
    """J31, J32, J34: one token has one spelling."""
    assert_bad_token(anonymous.with_token(forge(forger)).request(*closed_address))


@pytest.mark.parametrize("path", ["/protected", "/products/x"])
def test_one_bit_flipped_at_any_byte_spoils_a_token(anonymous: Client, forger: Forger, path: str) -> None:
    """J30."""
    token = forger.genuine
    accepted = []
    for place, letter in enumerate(token):
        flipped = f"{token[:place]}{chr(ord(letter) ^ 1)}{token[place + 1 :]}"
        answer = anonymous.with_token(flipped).get(path)
        if answer.status_code != 401:
            accepted.append((place, answer.status_code))

    assert accepted == []


@pytest.fixture
def listener() -> Iterator[tuple[list[str], list[str]]]:
    """Wait at these addresses for a call, and list the calls that came."""
    calls: list[str] = []
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - containers call from outside
        threading.Thread(target=_note_calls, args=(server, calls), daemon=True).start()
        port = server.getsockname()[1]
        yield [f"http://{host}:{port}/jwks.json" for host in ("127.0.0.1", _own_address())], calls


@pytest.mark.parametrize("field", ["jku", "x5u"])
def test_no_address_that_a_token_names_is_ever_called(
    anonymous: Client, forger: Forger, listener: tuple[list[str], list[str]], field: str
) -> None:
    """J11: RFC 8725 section 3.10."""
    addresses, calls = listener
    for address in addresses:
        for drop in ("", "kid"):
            token = forger.signed_by_own_key(drop=drop, **{field: address})
            for path in ("/protected", "/products/x"):
                assert_bad_token(anonymous.with_token(token).get(path))

    assert calls == []


def _note_calls(server: socket.socket, calls: list[str]) -> None:
    while True:
        try:
            connection, caller = server.accept()
        except OSError:  # the test is over and has closed the socket
            return
        calls.append(str(caller))
        connection.close()


def _own_address() -> str:
    """Find the address under which others see this machine; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:  # no network at all
            return "127.0.0.1"
        return str(probe.getsockname()[0])
