"""Whatever the other end does, a fetch ends soon, reads little and goes nowhere else."""

import gzip
import socket
from contextlib import suppress

import pytest
import requests
import urllib3

from catalog_service.bounded_fetch import UnusableAnswer
from catalog_service.key_set import LARGEST_KEY_SET, KeySet, fetch_key_set
from common.refusals import Unavailable
from tests.unit.catalog_service.key_servers import (
    SECONDS,
    Answer,
    Handler,
    document,
    done_within,
    is_kept_out,
    json_web_key,
    key_server,
)
from tests.unit.signing import KID, PRIVATE_KEY

GOOD = document(json_web_key())


def test_a_key_set_is_fetched() -> None:
    with key_server(lambda handler: handler.send(GOOD)) as server:
        assert fetch_key_set(server.url) == {KID: PRIVATE_KEY.public_key()}


def test_a_key_set_in_chunks_or_compressed_is_fetched() -> None:
    def chunked(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for place in range(0, len(GOOD), 100):
            chunk = GOOD[place : place + 100]
            handler.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    for answer in (chunked, lambda handler: handler.send(gzip.compress(GOOD), Content_Encoding="gzip")):
        with key_server(answer) as server:
            assert KID in fetch_key_set(server.url)


def test_a_key_set_up_to_the_largest_size_is_fetched() -> None:
    padded = GOOD + b" " * (LARGEST_KEY_SET - len(GOOD))
    with key_server(lambda handler: handler.send(padded)) as server:
        assert KID in fetch_key_set(server.url)


@pytest.mark.parametrize("status", [201, 204, 400, 401, 404, 429, 500, 502, 503])
def test_another_status_is_no_key_set_even_with_a_good_body(status: int) -> None:
    """K03."""
    with (
        key_server(lambda handler: handler.send(GOOD, status)) as server,
        pytest.raises(UnusableAnswer, match=str(status)),
    ):
        fetch_key_set(server.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """K04."""
    with key_server(lambda handler: handler.send(GOOD)) as elsewhere:
        redirect: Answer = lambda handler: handler.send(b"", status, Location=elsewhere.url)  # noqa: E731
        with key_server(redirect) as server, pytest.raises(UnusableAnswer):
            fetch_key_set(server.url)
        assert elsewhere.paths == []


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        key_server(lambda handler: handler.send(GOOD)) as server,
        key_server(lambda handler: handler.send(GOOD)) as proxy,
    ):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        fetch_key_set(server.url)
        assert (len(server.paths), proxy.paths) == (1, [])


def cut_short(handler: Handler) -> None:
    handler.send(GOOD[:-20], Content_Length=str(len(GOOD)))


def ten_megabytes(handler: Handler) -> None:
    handler.send(b'{"keys":[' + b" " * 10_000_000)


def ten_megabytes_compressed(handler: Handler) -> None:
    handler.send(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip")


def not_what_it_says(handler: Handler) -> None:
    handler.send(GOOD, Content_Encoding="gzip")


def not_http(handler: Handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def html(handler: Handler) -> None:
    handler.send(b"<html><body>Welcome to nginx</body></html>", Content_Type="text/html")


def close_at_once(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def bad_chunk(handler: Handler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"zz\r\n" + GOOD)


def many_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n" + GOOD)


@pytest.mark.parametrize(
    "answer",
    [
        cut_short,
        ten_megabytes,
        ten_megabytes_compressed,
        not_what_it_says,
        not_http,
        html,
        close_at_once,
        bad_chunk,
        many_headers,
    ],
)
def test_an_answer_that_is_no_key_set_gives_no_keys_and_no_other_exception(answer: Answer) -> None:
    """K03."""
    assert is_kept_out(answer)


def test_of_an_answer_that_is_too_large_little_is_read() -> None:
    """K03."""
    sent = 0

    def endless(handler: Handler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.stopping.is_set() and sent < 200_000_000:
            sent += handler.wfile.write(b" " * 65_536)

    too_large = pytest.raises(UnusableAnswer, match="too large")
    with key_server(endless) as server, done_within(SECONDS), too_large:
        fetch_key_set(server.url)
    assert sent < 20_000_000, "what the sockets buffer, and no more"


def test_nobody_there_gives_no_keys() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    keys = KeySet(lambda: fetch_key_set(url), 60, 3600, 30)
    with done_within(SECONDS), pytest.raises(Unavailable):
        keys.require()


def test_a_name_that_nobody_knows_gives_no_keys() -> None:
    keys = KeySet(lambda: fetch_key_set("http://no-such-host.invalid/jwks.json"), 60, 3600, 30)
    with pytest.raises(Unavailable):
        keys.require()


def test_a_fetch_leaves_no_connection_open() -> None:
    closed: list[bytes] = []

    def keep_alive(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.close_connection = True
        handler.send(GOOD)
        handler.connection.settimeout(5)
        closed.append(handler.connection.recv(1))

    with key_server(keep_alive) as server:
        with suppress(requests.RequestException, urllib3.exceptions.HTTPError):
            fetch_key_set(server.url)
        with done_within(5):
            while not closed:
                server.stopping.wait(0.01)
    assert closed == [b""]
