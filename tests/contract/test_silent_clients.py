"""Clients that fall silent or drip in mid-request, to gunicorn without a gateway before it (I4, U51)."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

import pytest
import requests

from tests.contract.embedded_program import embedded_program
from tests.stack.raw_http import HOST, connect, read_answer

SILENCE_SECONDS = 20
CROWD = 40
"""More than the program has threads."""

POST_LOGIN = b"POST /login HTTP/1.1\r\n" + HOST

pytestmark = pytest.mark.own_program


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a program of our own, whose every thread these tests take."""
    with embedded_program(tmp_path_factory.mktemp("silent")) as base_url:
        yield base_url


BEGUN = {
    b"GET /protected HTTP/1.1\r\nHost: local": 0,
    POST_LOGIN + b"Content-Length: 999\r\n\r\n{": 400,
    POST_LOGIN + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n{": 400,
    POST_LOGIN + b"Content-Length: 100000000000000000000\r\n\r\n{": 400,
    # Refused without a look at their bodies.
    b"POST /upload HTTP/1.1\r\n" + HOST + b"Content-Length: 999\r\n\r\n{": 401,
    b"DELETE /login HTTP/1.1\r\n" + HOST + b"Content-Length: 999\r\n\r\n": 405,
}
"""What a client sends before it falls silent or drips, and how it is answered; 0 is not at all."""


def test_a_client_that_falls_silent_or_drips_is_answered_and_hung_up_on(address: str) -> None:
    with ExitStack() as open_ones:
        silent, dripping = ([open_ones.enter_context(connect(address)) for _ in BEGUN] for _ in range(2))
        for connections in (silent, dripping):
            for connection, begun in zip(connections, BEGUN, strict=True):
                connection.sendall(begun)
        open_ones.enter_context(_dripping(dripping))
        answers = [read_answer(connection, SILENCE_SECONDS) for connection in silent + dripping]
    assert [(answer.status, answer.closed) for answer in answers] == [
        (status, True) for status in BEGUN.values()
    ] * 2


@contextmanager
def _dripping(connections: Sequence[socket.socket]) -> Iterator[None]:
    """Send a byte on each connection twice a second."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.5):
            for connection in connections:
                with suppress(OSError):
                    connection.send(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_silent_clients_on_every_thread_do_not_stop_the_program(address: str) -> None:
    with ExitStack() as silent:
        for number in range(CROWD):
            connection = silent.enter_context(connect(address))
            connection.sendall(list(BEGUN)[number % len(BEGUN)])
        # With the silent ones still there.
        assert requests.get(f"{address}/protected", timeout=3 * SILENCE_SECONDS).status_code == 401
