"""A client of the program, as it is measured: it streams an upload and stops the time."""

import http.client
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TIMEOUT_SECONDS = 900
_BLOCK_BYTES = 1024 * 1024
_BOUNDARY = "benchmark-boundary"
_HEAD = (
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="products.csv"\r\n'
    "Content-Type: text/csv\r\n\r\n"
).encode()
_TAIL = f"\r\n--{_BOUNDARY}--\r\n".encode()
_FORM = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


class UnexpectedAnswer(Exception):
    """The program answered something else than what is measured."""


class Client:
    """One person at one connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        """Talk to a server; its first use connects."""
        self.username = f"bench-{secrets.token_hex(6)}"
        self.password = secrets.token_hex(16)
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        """Sign up."""
        self._send_json("/signup", 201)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def log_in(self) -> str:
        """Give a token of the next 15 minutes."""
        # The server may have closed the connection while something else was measured.
        self._connection.close()
        return str(self._send_json("/login", 200)["access_token"])

    def upload(self, path: Path) -> float:
        """Give the seconds from the first byte sent to the last of the answer. Raises UnexpectedAnswer."""
        length = len(_HEAD) + path.stat().st_size + len(_TAIL)
        headers = {**_FORM, **self._authorization(), "Content-Length": str(length)}
        return self._timed_post("/upload", _multipart(path), headers, 200)

    def upload_nothing(self) -> float:
        """Give the seconds that an upload takes which has no file. Raises UnexpectedAnswer."""
        headers = {**_FORM, **self._authorization()}
        return self._timed_post("/upload", f"--{_BOUNDARY}--\r\n".encode(), headers, 400)

    def get(self, path: str, token: str) -> Any:
        """Give the JSON at a path. Raises UnexpectedAnswer."""
        return json.loads(self._send("GET", path, None, {"Authorization": f"Bearer {token}"}, 200))

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.log_in()}"}

    def _send_json(self, path: str, expected: int) -> Any:
        body = json.dumps({"username": self.username, "password": self.password}).encode()
        return json.loads(self._send("POST", path, body, {"Content-Type": "application/json"}, expected))

    def _timed_post(
        self, path: str, body: bytes | Iterator[bytes], headers: Mapping[str, str], expected: int
    ) -> float:
        begin = time.perf_counter()
        self._send("POST", path, body, headers, expected)
        return time.perf_counter() - begin

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None,
        headers: Mapping[str, str],
        expected: int,
    ) -> bytes:
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != expected:
            raise UnexpectedAnswer(f"{method} {path}: {response.status} {answer[:500]!r}")
        return answer


def _multipart(path: Path) -> Iterator[bytes]:
    yield _HEAD
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block
    yield _TAIL
