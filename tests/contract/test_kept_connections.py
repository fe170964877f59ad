"""Connections that are kept: each request on one gets its own answer, whatever the one before it left."""

import http.client
import json
import re
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.contract.client import Client, User

SECONDS = 10
UNREAD = b"x" * 100_000
BODIES = {"none": b"", "of-known-length": UNREAD, "in-chunks": [UNREAD], "no-chunks": []}
PAIRS = 40


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_next_request_is_answered_after_one_whose_body_nobody_read(
    base_url: str, user: User, body: bytes | list[bytes]
) -> None:
    address = urlsplit(base_url)
    token = {"Authorization": f"Bearer {user.access_token}"}
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=SECONDS)) as kept:
        for _ in range(3):
            # Refused for its lack of a token, before its body is looked at.
            kept.request("POST", "/upload", body)
            refused = kept.getresponse()
            assert (refused.status, json.loads(refused.read())) == (401, {"msg": "Missing or invalid token"})
            kept.request("GET", "/protected", headers=token)
            answer = kept.getresponse()
            assert answer.status == 200
            assert user.username == json.loads(answer.read())["logged_in_as"]


@pytest.mark.parametrize(
    ("method", "path", "header", "status"),
    [
        ("GET", "/", ("If-None-Match", "*"), 304),
        ("GET", "/", ("If-Match", '"another"'), 412),
        ("GET", "/", ("Range", "bytes=99999999-"), 200),
        ("GET", "/nothing", ("Accept", "*/*"), 404),
        ("POST", "/", ("Content-Length", "0"), 405),
    ],
)
def test_the_connection_ends_after_an_answer_only_if_it_says_so(
    base_url: str, method: str, path: str, header: tuple[str, str], status: int
) -> None:
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname or "", address.port), timeout=SECONDS) as kept:
        request = f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{header[0]}: {header[1]}\r\n\r\n"
        kept.sendall(request.encode())
        answer = http.client.HTTPResponse(kept, method=method)
        answer.begin()
        answer.read()
        # An end that follows the answer is there at once.
        kept.settimeout(0.3)
        try:
            ended = kept.recv(1) == b""
        except TimeoutError:
            ended = False
        assert (answer.status, ended) == (status, answer.getheader("Connection") == "close")


def test_a_refused_body_costs_nobody_the_next_answer(anonymous: Client, client: Client) -> None:
    """By whatever connection the gateway has kept to a service: it never sends a POST a second time."""
    after = []
    for _ in range(PAIRS):
        assert anonymous.request("POST", "/upload", data=UNREAD).status_code == 401
        after.append(client.request("POST", "/products:batch-get", json={"ids": ["a"]}).status_code)
    assert after == [200] * PAIRS


def test_requests_that_come_together_are_answered_in_their_order(base_url: str, user: User) -> None:
    address = urlsplit(base_url)
    begin = f"GET /protected HTTP/1.1\r\nHost: {address.netloc}\r\n"
    with socket.create_connection((address.hostname or "", address.port), timeout=SECONDS) as kept:
        last = f"{begin}Authorization: Bearer {user.access_token}\r\nConnection: close\r\n\r\n"
        kept.sendall(f"{begin}\r\n{last}".encode())
        answers = b"".join(iter(lambda: kept.recv(4096), b""))
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"401", b"200"]
