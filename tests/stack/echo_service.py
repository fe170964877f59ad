"""Stands behind the gateway in place of a service and says what reached it. Run as `echo_service.py PORT`."""

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlsplit

DRIP_BYTES = 50

_requests = count(1)


class Echo(BaseHTTPRequestHandler):
    """Answers any request with what it was; the query may ask for `status`, `seconds`, `die`.

    And for an answer that is cut off behind its first `cut` bytes, by a `reset`, or that drips with pauses of
    `drip` seconds.
    """

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Do what the query asks for, and answer."""
        first_line = self.requestline.split(" ")
        if first_line[1].startswith("/readyz"):
            self._send(200, {}, {})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        number = next(_requests)
        print(f"request {number}: {first_line[0]} {first_line[1]}", flush=True)  # noqa: T201 - read by the tests
        wish = {name: values[0] for name, values in parse_qs(urlsplit(first_line[1]).query, True).items()}
        if "die" in wish:
            os._exit(9)
        time.sleep(float(wish.get("seconds", "0")))
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        seen = {"number": number, "target": first_line[1], "headers": headers, "bytes": len(body)}
        self._send(int(wish.get("status", "200")), seen, wish)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method: the base class looks for `do_GET` and the like."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def _send(self, status: int, seen: object, wish: dict[str, str]) -> None:
        body = json.dumps(seen)
        head = (
            f"HTTP/1.1 {status} Echo",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "X-Request-ID: the-services-own",
            "X-Accel-Redirect: /.error",
        )
        answer = "\r\n".join((*head, "", body)).encode()
        sent = answer[: int(wish["cut"])] if "cut" in wish else answer
        size = DRIP_BYTES if "drip" in wish else len(answer)
        for start in range(0, len(sent), size):
            self.wfile.write(sent[start : start + size])
            time.sleep(float(wish.get("drip", "0")))
        self.close_connection = "cut" in wish
        if "reset" in wish:
            # Nothing lingers: what closes a connection then is a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.close(self.connection.detach())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing but what `answer` prints."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(sys.argv[1])), Echo).serve_forever()
