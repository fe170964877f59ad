"""Sends uploads and reads what became of them."""

from typing import Any

import requests

from tests.contract.client import Client

BOUNDARY = b"the-boundary"


def form(disposition: bytes, content: bytes) -> bytes:
    """Write a form of one part, with these very bytes as the part's headers and content."""
    return b"--%b\r\n%b\r\n\r\n%b\r\n--%b--\r\n" % (BOUNDARY, disposition, content, BOUNDARY)


def raw_upload(token: str | None, content: bytes, key: str) -> bytes:
    """Write a whole request that uploads a file, for who sends a part of it."""
    body = form(b'Content-Disposition: form-data; name="file"; filename="a.csv"', content)
    head = (
        f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(client: Client, content: bytes, query: str = "", key: str | None = None) -> requests.Response:
    """POST /upload with a file of these bytes, the query as it is, and an Idempotency-Key."""
    headers = {} if key is None else {"Idempotency-Key": key}
    files = {"file": ("products.csv", content, "text/csv")}
    return client.request("POST", f"/upload{query}", headers=headers, files=files)


def record(client: Client, answer: requests.Response) -> dict[str, Any]:
    """Give the resource that an answer names."""
    found = client.get(answer.headers["Location"])
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


def counts(upload: dict[str, Any]) -> tuple[int, ...]:
    """Give how many products an upload created, updated and found unchanged, and its rejected rows."""
    return tuple(upload[name] for name in ("created", "updated", "unchanged", "rejected"))


def history(client: Client, query: str = "") -> list[str]:
    """Give the ids of one's own uploads, the newest first."""
    answer = client.get(f"/uploads{query}")
    assert answer.status_code == 200, answer.text
    return [upload["id"] for upload in answer.json()["items"]]
