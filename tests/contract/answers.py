"""What holds for every answer, from whichever hop it comes, and the bodies that the contract gives."""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import requests

CREATED = {"msg": "User created successfully"}
CREDENTIALS_REQUIRED = {"msg": "Username and password are required"}
CREDENTIALS_IN_ADDRESS = {"msg": "Credentials belong in the body, not in the address."}
NAME_TAKEN = {"msg": "Username already exists"}
WRONG_CREDENTIALS = {"msg": "Invalid username or password"}
UPLOADED = {"msg": "Data uploaded successfully"}
NO_FILE_PART = {"msg": "No file part"}
NO_SELECTED_FILE = {"msg": "No selected file"}
BAD_TOKEN = {"msg": "Missing or invalid token"}

_INSIDES = re.compile(
    r"Traceback \(most|<html|<!doctype|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|pymysql|sqlalchemy|sqlite3?\.|"
    r"OperationalError|IntegrityError|RecursionError|\.py\b|\$2[aby]\$",
    re.IGNORECASE | re.DOTALL,
)


def check_answer(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Raise AssertionError unless the answer keeps what is promised of every answer.

    No 500, 502 or 504; a request id; JSON has no NaN (RFC 8259, section 6); errors are JSON objects with a
    sentence in `msg` that shows nothing of the insides; 429 and 503 say when to come back.
    """
    shown = f"{status} {dict(headers)} {body[:400]!r}"
    assert status not in (500, 502, 504), shown
    assert headers.get("X-Request-ID"), f"no X-Request-ID: {shown}"
    if status in (429, 503):
        assert headers.get("Retry-After"), f"no Retry-After: {shown}"
    if body and headers.get("Content-Type", "") == "application/json":
        json.loads(body, parse_constant=_no_number)
    if status >= 400 and body:
        _check_error(headers, body, shown)
    assert not 300 <= status < 400 or status == 304, f"a redirect: {shown}"


def _no_number(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _check_error(headers: Mapping[str, str], body: bytes, shown: str) -> None:
    content_type = headers.get("Content-Type", "")
    assert content_type.partition(";")[0].strip() == "application/json", f"not JSON: {shown}"
    parsed = json.loads(body)
    assert isinstance(parsed, dict), shown
    assert isinstance(parsed.get("msg"), str), f"no msg: {shown}"
    assert parsed["msg"].strip(), f"empty msg: {shown}"
    assert not _INSIDES.search(parsed["msg"]), f"shows its insides: {shown}"


def assert_answer(answer: requests.Response, status: int, body: Mapping[str, Any]) -> None:
    """Raise AssertionError unless the status and the whole JSON body are exactly these."""
    assert (answer.status_code, answer.json()) == (status, body), answer.text[:400]


def assert_bad_token(answer: requests.Response) -> None:
    """Raise AssertionError unless this is the one answer to missing and bad tokens (RFC 6750 section 3)."""
    assert_answer(answer, 401, BAD_TOKEN)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def cell_errors(answer: requests.Response) -> list[dict[str, Any]]:
    """Give the placed errors of a refused upload; raise AssertionError if it was not refused that way."""
    assert answer.status_code == 400, f"{answer.status_code}: {answer.text[:400]}"
    errors: list[dict[str, Any]] = answer.json().get("errors", [])
    assert errors, answer.text[:400]
    for error in errors:
        assert set(error) == {"line", "column", "value", "code", "message"}, error
        assert error["code"], error
        assert not _INSIDES.search(error["message"]), error
    return errors


def first_refusal(
    attempt: Callable[[], requests.Response], otherwise: int, tries: int = 1_000
) -> requests.Response:
    """Try until an answer is 429, and give that; all before it have the `otherwise` status."""
    for _ in range(tries):
        answer = attempt()
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return answer
        assert answer.status_code == otherwise, answer.text
    raise AssertionError(f"{tries} tries from one address were all let through")
