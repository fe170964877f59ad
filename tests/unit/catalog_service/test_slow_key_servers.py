"""A fetch ends in time however slowly the other end answers, and whether it speaks TLS or not."""

from pathlib import Path

import pytest

from catalog_service.key_set import fetch_key_set
from tests.unit.catalog_service.key_servers import (
    Answer,
    Handler,
    document,
    is_kept_out,
    json_web_key,
    key_server,
    make_certificate,
)
from tests.unit.signing import KID

GOOD = document(json_web_key())


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a server's certificate that clients trust."""
    path = make_certificate(tmp_path)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(path))
    return path


def test_a_key_set_is_fetched_over_tls(certificate: Path) -> None:
    with key_server(lambda handler: handler.send(GOOD), certificate) as server:
        assert KID in fetch_key_set(server.url)


def hang(handler: Handler) -> None:
    handler.server.stopping.wait(30)


def hang_after_the_headers(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    hang(handler)


def hang_half_way(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.wfile.write(GOOD[:50])
    hang(handler)


def drip_the_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.drip(GOOD, 0.1)


def drip_the_headers(handler: Handler) -> None:
    handler.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60, 0.1)


def drip_and_hang(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.drip(GOOD[:15], 0.1)
    hang(handler)


def hang_after_the_whole(handler: Handler) -> None:
    """Without a length: only the end of the connection would say that this was all."""
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(GOOD)
    hang(handler)


SLOW = [
    hang,
    hang_after_the_headers,
    hang_half_way,
    drip_the_body,
    drip_the_headers,
    drip_and_hang,
    hang_after_the_whole,
]


@pytest.mark.parametrize("answer", SLOW)
def test_a_server_that_hangs_or_drips_holds_nobody_up(answer: Answer) -> None:
    """K03."""
    assert is_kept_out(answer)


@pytest.mark.parametrize("answer", SLOW)
def test_also_over_tls(answer: Answer, certificate: Path) -> None:
    """K03."""
    assert is_kept_out(answer, certificate)
