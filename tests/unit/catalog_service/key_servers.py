"""A real HTTP server that publishes a key set well or badly, and what it may publish."""

import datetime as dt
import ipaddress
import json
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from catalog_service.key_set import KeySet, fetch_key_set
from common.refusals import Unavailable
from tests.unit.signing import KID, PRIVATE_KEY

Answer = Callable[["Handler"], None]
SECONDS = 2.6
"""A fetch's two seconds, and what a busy machine adds."""


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


def make_certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1, signed by itself, with its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, PRIVATE_KEY.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(PRIVATE_KEY, hashes.SHA256())
    )
    key = PRIVATE_KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(key + certificate.public_bytes(serialization.Encoding.PEM))
    return path


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

    def __init__(self, answer: Answer, certificate: Path | None = None) -> None:
        """Answer every request by `answer`; with a file of `make_certificate`, over TLS."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate is not None:
            self.scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answer = answer
        self.paths: list[str] = []
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """The address that it answers at."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}/jwks.json"


@contextmanager
def key_server(answer: Answer, certificate: Path | None = None) -> Iterator[KeyServer]:
    """Run a server in a thread."""
    server = KeyServer(answer, certificate)
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


def is_kept_out(answer: Answer, certificate: Path | None = None) -> bool:
    """Tell whether a key set that has no keys yet stays without, in time and with no other exception."""
    with key_server(answer, certificate) as server, done_within(SECONDS):
        keys = KeySet(lambda: fetch_key_set(server.url), 60, 3600, 30)
        try:
            keys.require()
        except Unavailable:
            return True
    return False
