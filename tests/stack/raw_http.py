"""HTTP by the byte, for requests that no client library would send."""

import json
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"


@dataclass(frozen=True)
class RawAnswer:
    """What came back on a connection, as far as it was read."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    closed: bool
    """Whether the server has closed the connection."""

    def all_of(self, name: str) -> list[str]:
        """Give every value of a header, in the order in which they came."""
        return [value for key, value in self.headers if key == name.lower()]

    def assert_error(self, *statuses: int) -> None:
        """Raise AssertionError unless this is one of these errors, with all that is promised of an error."""
        assert self.status in statuses, f"{self.status} instead of {statuses}: {self.body[:300]!r}"
        assert self.all_of("content-type") == ["application/json"], self.headers
        assert len(self.all_of("x-request-id")) == 1, self.headers
        assert self.all_of("x-content-type-options") == ["nosniff"], self.headers
        assert json.loads(self.body)["msg"], self.body
        if self.status in (429, 503):
            assert len(self.all_of("retry-after")) == 1, self.headers


def parse(received: bytes, *, closed: bool) -> RawAnswer:
    """Read the first answer in the bytes; status 0 if there is none. Its body is all that follows."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        return RawAnswer(0, (), received, closed)
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return RawAnswer(int(first.split(" ")[1]), headers, body, closed)


def connect(base_url: str, seconds: float = 5) -> socket.socket:
    """Open a connection to the server; no read from it waits longer than `seconds`."""
    address = urlsplit(base_url)
    return socket.create_connection((address.hostname or "", address.port or 80), timeout=seconds)


def read_answer(connection: socket.socket, seconds: float = 5) -> RawAnswer:
    """Read until the server closes the connection, or has sent nothing more for `seconds`."""
    received, closed = b"", False
    deadline = time.monotonic() + seconds
    connection.settimeout(seconds)
    try:
        while not closed and time.monotonic() < deadline:
            part = connection.recv(65_536)
            received, closed = received + part, not part
    except TimeoutError:
        pass
    except ConnectionError:
        closed = True
    return parse(received, closed=closed)


def exchange(base_url: str, request: bytes, seconds: float = 5) -> RawAnswer:
    """Send these bytes on a connection of their own and read what comes back."""
    with connect(base_url, seconds) as connection:
        # What is refused before it is all sent has its answer waiting.
        with suppress(ConnectionError):
            connection.sendall(request)
        return read_answer(connection, seconds)
