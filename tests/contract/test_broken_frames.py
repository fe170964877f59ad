"""Requests whose frame is broken (G06, G12): refused in JSON by whoever reads them, with nothing done."""

import socket

import pytest

from tests.contract.client import Client, User, unique
from tests.contract.raw_http import send
from tests.stack.raw_http import HOST, connect, exchange, read_answer

BROKEN = {
    "size-in-hex-notation": b"0x2\r\n{}\r\n0\r\n\r\n",
    "negative-size": b"-1\r\n{}\r\n0\r\n\r\n",
    "no-size": b"zz\r\n{}\r\n0\r\n\r\n",
    "size-too-small": b"1\r\n{}\r\n0\r\n\r\n",
}
JSON = ("Content-Type", "application/json")
CHUNKED = ("Transfer-Encoding", "chunked")


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_in_broken_chunks_is_400(base_url: str, client: Client, body: bytes) -> None:
    multipart = ("Content-Type", "multipart/form-data; boundary=x")
    form = ("Content-Type", "application/x-www-form-urlencoded")
    token = ("Authorization", f"Bearer {client.token}")
    for path, headers in (
        ("/signup", [JSON]),
        ("/login", [JSON]),
        ("/refresh", [JSON]),
        ("/token", [form]),
        ("/upload", [multipart, token]),
    ):
        answer = send(base_url, "POST", path, [*headers, CHUNKED], body)
        assert answer.status == 400, path


def test_what_is_sent_in_sound_chunks_is_read(base_url: str) -> None:
    body = b'{"username": "%s", "password": "a good password"}' % unique("chunked").encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    assert send(base_url, "POST", "/signup", [JSON, CHUNKED], chunks).status == 201


@pytest.mark.parametrize("padding", [b" ", b"x"], ids=["blanks", "garbage"])
def test_a_body_in_chunks_that_is_too_large_is_not_cut(base_url: str, padding: bytes) -> None:
    """G22. What fits of it is a whole JSON object."""
    username = unique("cut")
    body = b'{"username": "%s", "password": "a good password"}' % username.encode()
    body = body.ljust(1024 * 1024) + padding
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert send(base_url, "POST", "/signup", [JSON, CHUNKED], chunk).status == 413
    assert Client(base_url).login(username, "a good password").status_code == 401


def test_a_body_in_chunks_of_the_largest_size_is_read(base_url: str) -> None:
    body = b'{"username": "%s", "password": "a good password"}' % unique("large").encode()
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (1024 * 1024, body.ljust(1024 * 1024))
    assert send(base_url, "POST", "/signup", [JSON, CHUNKED], chunk).status == 201


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 500\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1f4\r\n"]
)
def test_a_body_that_is_cut_off_is_not_acted_on(base_url: str, framing: bytes) -> None:
    """RFC 9112, section 8: an incomplete message is an error, though what came of it may be whole JSON."""
    username = unique("cut")
    body = b'{"username": "%s", "password": "a good password"}' % username.encode()
    with connect(base_url) as connection:
        connection.sendall(
            b"POST /signup HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST + framing + body
        )
        connection.shutdown(socket.SHUT_WR)
        answer = read_answer(connection)

    # nginx just hangs up on who has hung up.
    assert answer.status in (0, 400)
    assert answer.closed
    assert Client(base_url).login(username, "a good password").status_code == 401


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"], ids=["none", "two"])
def test_a_request_needs_one_host(base_url: str, hosts: bytes) -> None:
    """G12."""
    request = b"GET /.well-known/jwks.json HTTP/1.1\r\nConnection: close\r\n" + hosts + b"\r\n"
    assert exchange(base_url, request).status == 400


def test_a_broken_body_that_nobody_needs_is_answered_by_what_was_done(
    base_url: str, anonymous: Client, user: User
) -> None:
    """The gateway refuses it before a service sees it; without one the service does not look at it."""
    session = anonymous.with_token(anonymous.login(user.username, user.password).json()["access_token"])
    token = ("Authorization", f"Bearer {session.token}")
    answer = send(base_url, "POST", "/logout", [token, CHUNKED], b"zz\r\n{}\r\n0\r\n\r\n")

    ended = session.get("/protected").status_code == 401
    assert (answer.status, ended) in ((200, True), (400, False))


def test_an_expectation_that_nobody_meets_is_417_or_goes_by(base_url: str) -> None:
    """G32."""
    answer = send(base_url, "GET", "/.well-known/jwks.json", [("Expect", "foo")])
    assert answer.status in (200, 417)
