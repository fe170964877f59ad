"""A real HTTP server that publishes a key set well or badly, and what it may publish."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.unit.signing import KID, PRIVATE_KEY

Answer = Callable[["Handler"], None]


def base64url(number: int) -> str:
    """Write a number as RFC 7518, section 2, has it."""
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def json_web_key(key: RSAPublicKey | None = None, **changes: Any) -> dict[str, Any]:
    """Give a good key as JSON with some members changed, or, where the change is None, left out."""
    numbers = (key or PRIVATE_KEY.public_key()).public_numbers()
    n, e = base64url(numbers.n), base64url(numbers.e)
    members = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KID, "n": n, "e": e, **changes}
    return {name: value for name, value in members.items() if value is not None}


def document(*keys: object) -> bytes:
    """Give a key set as JSON."""
    return json.dumps({"keys": list(keys)}).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's test wants it."""

    server: "KeyServer"

    def do_GET(self) -> None:
        """Answer a GET."""
        self.server.paths.append(self.path)
        # The client may well have gone, as it should.
        with suppress(OSError):
            self.server.answer(self)

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data: bytes, seconds: float) -> None:
        """Send a byte at a time, until the server is told to stop."""
        for place in range(len(data)):
            self.wfile.write(data[place : place + 1])
            if self.server.stopping.wait(seconds):
                return

    def log_message(self, *_arguments: object) -> None:
        """Keep the tests' output clean."""


class KeyServer(ThreadingHTTPServer):
    """The server."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        """Answer every request by `answer`."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.paths: list[str] = []
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """The address that it answers at."""
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


@contextmanager
def key_server(answer: Answer) -> Iterator[KeyServer]:
    """Run a server in a thread."""
    server = KeyServer(answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def done_within(seconds: float) -> Iterator[None]:
    """Fail if what is inside takes longer."""
    started = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - started
        assert took <= seconds, f"it took {took:.1f} s"
