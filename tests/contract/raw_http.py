"""Requests that a well-behaved client library would not send."""

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from tests.contract.answers import check_answer

SECONDS = 60


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came."""

    status: int
    headers: Message
    body: bytes


def send(
    base_url: str, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> RawAnswer:
    """Send headers one by one, repeated ones too, and a body as it is; `check_answer` accepts the answer."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=SECONDS)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        raw = RawAnswer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
    check_answer(raw.status, dict(raw.headers), raw.body)
    return raw
