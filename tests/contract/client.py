"""A client of the public interface, for the tests that take only a base URL."""

import itertools
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.parse import quote

import requests

from tests.contract.answers import check_answer
from tests.contract.products import Product, products_csv

GATEWAYS_ZONES = {
    "/signup": "signup",
    "/login": "login",
    "/me": "login",
    "/me/password": "login",
    "/refresh": "tokens",
    "/token": "tokens",
}
"""Which of the gateway's rates a path counts for; reading is free."""
GATEWAYS_RATE = float(os.environ.get("LOGIN_RATE", "5r/s").removesuffix("r/s"))
"""Requests a second that the gateway under test lets through in each zone, or in the narrowest."""

_numbers = itertools.count(1)
_run = secrets.token_hex(4)


def unique(prefix: str) -> str:
    """Make a short name that no other test or earlier run on the same database has used, or begins with."""
    return f"{prefix}-{_run}-{next(_numbers):06}"


@dataclass(frozen=True)
class User:
    """An account that exists, with a token for it."""

    username: str
    password: str
    access_token: str


class RequestRate:
    """Keeps a suite below each of the gateway's rates: `burst` at once, then `per_second`."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, zone: str) -> None:
        """Sleep until one more request fits into a zone's rate."""
        with self._lock:
            left, at = self._left.get(zone, (float(self._burst), time.monotonic()))
            now = time.monotonic()
            left = min(self._burst, left + (now - at) * self._per_second) - 1
            self._left[zone] = (left, now)
        if left < 0:
            time.sleep(-left / self._per_second)


@dataclass
class Client:
    """Speaks to one server as one user, or as nobody, and checks what holds for every answer.

    Every answer passes `check_answer`, so no test needs to say again that nothing is ever HTML, a stack
    trace or a 500. A `path` is sent as given, dots and all; `quote_id` encodes a product's id.
    """

    base_url: str
    token: str | None = None
    # Below the gateway's rate with a burst of 60.
    rate: RequestRate | None = field(default_factory=lambda: RequestRate(0.8 * GATEWAYS_RATE, burst=40))
    seconds: float = 60
    seen_secrets: set[str] = field(default_factory=set)
    _session: requests.Session = field(default_factory=requests.Session)

    def request(  # noqa: PLR0913 - the parts of a request, as requests names them
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | str | Iterable[bytes] | Mapping[str, str] | None = None,
        json: Any = None,
        files: Any = None,
    ) -> requests.Response:
        """Send one request and return its answer of any status; raise AssertionError on a broken one."""
        request = requests.Request(method, self.base_url, dict(headers or {}), files, data, json=json)
        if self.token is not None:
            request.headers.setdefault("Authorization", f"Bearer {self.token}")
        prepared = self._session.prepare_request(request)
        # Set after preparing: requests would resolve "..", and rewrite percent-encoded characters.
        prepared.url = self.base_url + path
        zone = None if method in ("GET", "HEAD") else GATEWAYS_ZONES.get(path.partition("?")[0])
        if self.rate is not None and zone is not None:
            self.rate.wait(zone)
        answer = self._session.send(prepared, timeout=self.seconds, allow_redirects=False)
        check_answer(answer.status_code, answer.headers, answer.content)
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """GET `path`."""
        return self.request("GET", path, headers=headers)

    def post_json(self, path: str, body: bytes | str) -> requests.Response:
        """POST a body that is sent as it is under a JSON content type, valid or not."""
        return self.request("POST", path, headers={"Content-Type": "application/json"}, data=body)

    def signup(self, username: Any, password: Any) -> requests.Response:
        """POST /signup."""
        return self._send_credentials("/signup", username, password)

    def login(self, username: Any, password: Any) -> requests.Response:
        """POST /login; a token in the answer is remembered as a secret."""
        answer = self._send_credentials("/login", username, password)
        if answer.status_code == 200:
            self.seen_secrets.add(answer.json()["access_token"])
        return answer

    def _send_credentials(self, path: str, username: Any, password: Any) -> requests.Response:
        if isinstance(password, str):
            self.seen_secrets.add(password)
        return self.request("POST", path, json={"username": username, "password": password})

    def new_user(self, username: str | None = None, password: str | None = None) -> User:
        """Sign up and log in; the name and the password are unique unless they are given."""
        username = username or unique("user")
        password = password or f"correct horse {secrets.token_hex(8)}"
        created = self.signup(username, password)
        assert created.status_code == 201, created.text
        entered = self.login(username, password)
        assert entered.status_code == 200, entered.text
        return User(username, password, entered.json()["access_token"])

    def me(self) -> dict[str, Any]:
        """Give the caller's own account."""
        answer = self.get("/me")
        assert answer.status_code == 200, answer.text
        account: dict[str, Any] = answer.json()
        return account

    def change_password(self, current: Any, new: Any) -> requests.Response:
        """PATCH /me/password."""
        self.seen_secrets.update(password for password in (current, new) if isinstance(password, str))
        return self.request("PATCH", "/me/password", json={"current_password": current, "new_password": new})

    def delete_account(self, password: Any) -> requests.Response:
        """DELETE /me."""
        return self.request("DELETE", "/me", json={"password": password})

    def change_account(self, user_id: str, **change: Any) -> requests.Response:
        """PATCH /users/{user_id}, as an administrator."""
        return self.request("PATCH", f"/users/{user_id}", json=change)

    def cookies(self) -> list[Cookie]:
        """Give the cookies that it keeps."""
        jar: CookieJar = self._session.cookies
        return list(jar)

    def close(self) -> None:
        """Close the connections, also those of clients made by `with_token`."""
        self._session.close()

    def with_token(self, token: str | None) -> "Client":
        """Make a client of the same server, rate and connection with another token, or with none."""
        return replace(self, token=token)

    def upload(self, content: bytes | Iterable[Product], filename: str = "products.csv") -> requests.Response:
        """POST /upload with a file of these bytes, or with a CSV file of these products."""
        body = content if isinstance(content, bytes) else products_csv(content)
        return self.request("POST", "/upload", files={"file": (filename, body, "text/csv")})

    def product(self, product_id: str) -> requests.Response:
        """GET one product by its id, whatever characters the id has."""
        return self.get(f"/products/{quote_id(product_id)}")

    def stored(self, product_id: str) -> dict[str, Any]:
        """Give the stored product, its numbers with all their digits; raise AssertionError without one."""
        answer = self.product(product_id)
        assert answer.status_code == 200, f"{answer.status_code} for {product_id!r}: {answer.text}"
        return exact_json(answer)

    def summary(self) -> list[dict[str, Any]]:
        """Give the items of GET /reports/summary, their numbers with all their digits."""
        answer = self.get("/reports/summary")
        assert answer.status_code == 200, answer.text
        items = exact_json(answer)["items"]
        assert isinstance(items, list)
        return items


def quote_id(product_id: str) -> str:
    """Encode a product's id as one path segment: all but RFC 3986's unreserved characters."""
    return quote(product_id, safe="")


def exact_json(answer: requests.Response) -> dict[str, Any]:
    """Read the JSON object of an answer, with fractions as Decimal: a float would hide a lost digit."""
    parsed = json.loads(answer.content, parse_float=Decimal)
    assert isinstance(parsed, dict)
    return parsed
