"""How much of the gateway one address gets: requests, connections and time."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.stack.compose import Stack
from tests.stack.raw_http import CLOSE, HOST, RawAnswer, connect, exchange, read_answer
from tests.waiting import wait_until

HEALED_SECONDS = 10
LOGIN = b"POST /login HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 2\r\n"


@pytest.fixture(scope="module")
def base_url(echo: Stack) -> str:
    """Give the gateway's address."""
    return echo.base_url


def test_requests_over_the_rate_are_429_whatever_address_they_claim(base_url: str) -> None:
    """S31, L09, L10, G25. The burst is 20 here."""
    statuses = []
    for number in range(60):
        claimed = f"X-Forwarded-For: 10.0.0.{number}\r\n".encode()
        answer = exchange(base_url, LOGIN + claimed + b"\r\n{}")
        statuses.append(answer.status)
        if answer.status == 429:
            answer.assert_error(429)

    assert statuses[:20] == [200] * 20
    assert statuses.count(429) >= 20


def test_a_rate_that_is_used_up_is_that_of_one_path_alone(base_url: str) -> None:
    for _ in range(40):
        exchange(base_url, LOGIN + b"\r\n{}")

    for path in (b"/signup", b"/protected", b"/products/1"):
        assert exchange(base_url, b"GET " + path + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n").status == 200


def test_a_sequence_of_signups_never_meets_the_rate(base_url: str) -> None:
    """A test suite signs up one user after another; hashing takes a service longer than this echo."""
    for _ in range(60):
        answer = exchange(
            base_url, b"POST /signup HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 2\r\n\r\n{}"
        )
        assert answer.status == 200


def test_two_hundred_dripping_connections_hold_no_more_than_their_address_may(
    base_url: str, echo: Stack
) -> None:
    """G24: those beyond the limit are told, and another address notices nothing."""
    head = b"POST /upload HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n"
    dripping = [connect(base_url) for _ in range(200)]
    try:
        for connection in dripping:
            connection.sendall(head + b"x")
        time.sleep(1)
        refused = [answer for answer in map(_answer_if_any, dripping) if answer]
        seconds = float(echo.execute("auth_service", "python", "-c", _FROM_ANOTHER_ADDRESS))
    finally:
        for connection in dripping:
            connection.close()

    assert len(refused) == 100
    assert all(b" 429 " in answer and b"Retry-After" in answer for answer in refused)
    assert seconds < 0.5


_FROM_ANOTHER_ADDRESS = (
    "import time, urllib.request as r; s = time.monotonic();"
    "r.urlopen(r.Request('http://gateway:8080/protected', headers={'Host': 'localhost'}), timeout=5).read();"
    "print(time.monotonic() - s)"
)


def _answer_if_any(connection: socket.socket) -> bytes:
    connection.settimeout(0.05)
    try:
        return connection.recv(65_536)
    except TimeoutError:
        return b""


def test_a_body_that_the_disk_has_no_room_for_is_503_and_the_next_one_gets_through(base_url: str) -> None:
    """F43. There are 2 MiB here."""
    begin = b"POST /upload HTTP/1.1\r\n" + HOST + CLOSE

    def send(size: int) -> RawAnswer:
        return exchange(base_url, begin + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)

    for _ in range(3):
        send(5_000_000).assert_error(503)
    deadline = time.monotonic() + HEALED_SECONDS
    # nginx frees the room once it has seen the client go.
    while (fitting := send(1_000_000)).status == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert fitting.status == 200
    assert json.loads(fitting.body)["bytes"] == 1_000_000


@pytest.mark.parametrize(
    "half",
    [
        b"GET /protected HTTP/1.1\r\nHost: local",
        b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{",
    ],
)
def test_a_client_that_stops_in_mid_request_is_hung_up_on(base_url: str, half: bytes) -> None:
    """U51: nobody holds a connection for ever by saying nothing."""
    with connect(base_url) as connection:
        connection.sendall(half)
        started = time.monotonic()
        answer = read_answer(connection, seconds=15)

    assert answer.closed
    assert time.monotonic() - started < 12


@pytest.fixture(scope="module")
def impatient() -> Iterator[Stack]:
    """Run a gateway that gives a request 4 s, and 6 at the most."""
    with Stack.temporary("tests/stack/echo_services.yml", REQUEST_SECONDS="4") as stack:
        stack.up("--build", "gateway")
        yield stack


def test_a_body_that_drips_is_cut_off_and_nobody_else_is(impatient: Stack) -> None:
    """U51: a byte a second is no pause, and yet not for ever. Nobody misses the worker that ends with it."""
    seconds: dict[bytes, float] = {}

    def drip(path: bytes) -> None:
        seconds[path] = _seconds_to_cut_off(impatient, path)

    drips = [threading.Thread(target=drip, args=(path,)) for path in (b"/upload", b"/login")]
    for each in drips:
        each.start()
    with requests.Session() as session:
        while any(each.is_alive() for each in drips):
            assert session.post(f"{impatient.base_url}/protected", data=b"x", timeout=5).status_code == 200

    assert max(seconds.values()) < 4 + 2 + 3
    assert min(seconds.values()) > 4
    lines = [json.loads(line) for line in impatient.logs("gateway").splitlines() if line.startswith("{")]
    assert {line["path"]: line["status"] for line in lines if line["status"] != 200} == dict.fromkeys(
        ("/upload", "/login"), 408
    )


def test_a_gateway_whose_workers_could_not_be_replaced_once_replaces_them_later(impatient: Stack) -> None:
    nonsense = "/etc/nginx/conf.d/nonsense.conf"
    impatient.execute("gateway", "sh", "-c", f"echo nonsense > {nonsense}")
    wait_until(lambda: "nginx could not be reloaded" in impatient.logs("gateway"), seconds=10)
    impatient.execute("gateway", "rm", nonsense)

    assert _seconds_to_cut_off(impatient, b"/upload") < 4 + 2 + 3


def test_a_setting_of_the_gateway_that_is_empty_counts_as_not_set(impatient: Stack) -> None:
    empty = [
        f"--env={name}=" for name in ("GATEWAY_HOSTS", "UPLOAD_MAX_BYTES", "REQUEST_SECONDS", "LOGIN_RATE")
    ]
    configured = impatient.compose("run", "--rm", "--no-deps", *empty, "gateway", "nginx", "-T")

    for line in ("client_max_body_size 1074790400;", "worker_shutdown_timeout 3600s;", "rate=5r/s;"):
        assert line in configured, line


@pytest.mark.parametrize("value", ["ten", "1e9", "-1", "0"])
def test_a_setting_of_the_gateway_that_is_no_number_is_named(impatient: Stack, value: str) -> None:
    with pytest.raises(AssertionError, match="UPLOAD_MAX_BYTES has to be a whole number"):
        impatient.compose("run", "--rm", "--no-deps", f"--env=UPLOAD_MAX_BYTES={value}", "gateway")


def _seconds_to_cut_off(stack: Stack, path: bytes) -> float:
    """Send a body by a byte a second, and tell when the gateway had enough of it; 20 s at most."""
    head = b" HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n"
    started = time.monotonic()
    with connect(stack.base_url, seconds=1) as connection:
        connection.sendall(b"POST " + path + head)
        while _is_open(connection) and time.monotonic() - started < 20:
            connection.send(b"x")
    return time.monotonic() - started


def _is_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


def test_an_answer_that_takes_too_long_is_503(base_url: str) -> None:
    """I4: 35 s, no second try."""
    started = time.monotonic()
    answer = exchange(
        base_url, b"GET /protected?seconds=60 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", seconds=45
    )

    answer.assert_error(503)
    assert 34 < time.monotonic() - started < 38


def test_an_undo_may_take_as_long_as_an_upload(base_url: str) -> None:
    """It writes as many rows; who is told 503 meanwhile would undo it a second time."""
    path = b"/uploads/0190f5a0-0000-7000-8000-000000000000/undo?seconds=37"
    answer = exchange(
        base_url, b"POST " + path + b" HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 0\r\n\r\n", seconds=45
    )

    assert answer.status == 200
