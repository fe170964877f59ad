"""Sends uploads and reads what became of them."""

from typing import Any

import requests

from tests.contract.client import Client


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
