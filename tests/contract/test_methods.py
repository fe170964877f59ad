"""Abuse cases S33, Q15, Q16 and G20, G21: other methods, other origins, and addresses that there are not."""

import pytest

from tests.contract.client import Client, User
from tests.contract.raw_http import send

METHODS = {
    "/signup": {"POST"},
    "/login": {"POST"},
    "/upload": {"POST"},
    "/uploads": {"GET", "HEAD"},
    "/uploads/x": {"GET", "HEAD"},
    "/uploads/x/rejects.csv": {"GET", "HEAD"},
    "/uploads/x/undo": {"POST"},
    "/token": {"POST"},
    "/refresh": {"POST"},
    "/logout": {"POST"},
    "/logout/all": {"POST"},
    "/me": {"GET", "HEAD", "DELETE"},
    "/me/password": {"PATCH"},
    "/users": {"GET", "HEAD", "POST"},
    "/users/x": {"GET", "HEAD", "PATCH"},
    "/audit": {"GET", "HEAD"},
    "/api-keys": {"GET", "HEAD", "POST"},
    "/api-keys/x": {"DELETE"},
    "/protected": {"GET", "HEAD"},
    "/products": {"GET", "HEAD"},
    "/products/x": {"GET", "HEAD", "PUT", "PATCH", "DELETE"},
    "/products:batch-get": {"POST"},
    "/products.csv": {"GET", "HEAD"},
    "/products.jsonl": {"GET", "HEAD"},
    "/categories": {"GET", "HEAD"},
    "/reports/summary": {"GET", "HEAD"},
    "/reports/top-products": {"GET", "HEAD"},
    "/reports/revenue-share": {"GET", "HEAD"},
    "/reports/price-distribution": {"GET", "HEAD"},
    "/reports/data-quality": {"GET", "HEAD"},
    "/.well-known/jwks.json": {"GET", "HEAD"},
}
ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW")


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, allowed in METHODS.items() for method in ALL_METHODS if method not in allowed],
)
def test_a_method_that_an_address_does_not_have_is_not_allowed(
    client: Client, method: str, path: str
) -> None:
    """S33, K02: RFC 9110 section 15.5.6 asks for `Allow`."""
    answer = client.request(method, path)

    assert answer.status_code == 405
    assert _allowed(answer.headers["Allow"]) >= METHODS[path]
    assert method not in _allowed(answer.headers["Allow"])


@pytest.mark.parametrize("path", METHODS)
def test_options_names_the_methods(client: Client, path: str) -> None:
    """Q16."""
    answer = client.request("OPTIONS", path)

    assert answer.status_code in (200, 204)
    assert answer.content == b""
    assert "Content-Type" not in answer.headers
    assert _allowed(answer.headers["Allow"]) >= METHODS[path]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/protected", 200),
        ("/products/x", 404),
        ("/products", 200),
        ("/products.csv", 200),
        ("/products.jsonl", 200),
        ("/categories", 200),
        ("/reports/summary", 200),
        ("/reports/top-products?format=csv", 200),
        ("/reports/data-quality?limit=1", 400),
        ("/uploads", 200),
        ("/.well-known/jwks.json", 200),
        ("/login", 405),
        ("/nowhere", 404),
    ],
)
def test_head_answers_as_get_does_without_a_body(client: Client, path: str, status: int) -> None:
    """Q16."""
    head, get = client.request("HEAD", path), client.get(path)

    assert head.status_code == get.status_code == status
    assert head.content == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


@pytest.mark.parametrize("path", ["/protected", "/products/x", "/reports/summary"])
def test_head_needs_the_token_that_get_needs(anonymous: Client, path: str) -> None:
    """Q16."""
    assert anonymous.request("HEAD", path).status_code == 401


def test_an_address_that_is_too_long_is_refused_as_all_else_is(base_url: str) -> None:
    """G18: also by what stands before the services, in JSON and with a request id."""
    assert send(base_url, "GET", "/users?cursor=" + "A" * 9_000, []).status == 414


@pytest.mark.parametrize("path", METHODS)
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_no_other_origin_is_let_in(client: Client, method: str, path: str) -> None:
    """Q15."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = client.request(method, path, headers=headers)

    assert [name for name in answer.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/signup/",
        "/Login",
        "/protected/",
        "/upload/x",
        "/products/",
        "/products:batch",
        "/products:batch-get/x",
        "/categories/x",
        "/reports",
        "/reports/nothing",
        "/.well-known/",
        "/.well-known/openid-configuration",
        "/.env",
        "/.git/config",
        "/static/x",
        "/server-status",
        "/console",
        "/a/../protected",
        "/x/%2e%2e/protected",
        "/protected%00",
        "/protected%0d%0aX-Header:1",
        "/protected;x=1",
        "/%ff",
    ],
)
def test_an_address_that_there_is_not_is_not_found_in_json(client: Client, path: str) -> None:
    """G20. That the answer is JSON with a sentence, the client checks."""
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/internal", "/healthz/"])
def test_what_is_for_the_machinery_is_not_served_to_clients(client: Client, path: str) -> None:
    """G21."""
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["//protected", "//healthz", "///", "/protected//", "/.well-known//jwks.json"]
)
def test_a_doubled_slash_makes_another_address(base_url: str, user: User, path: str) -> None:
    """G20: no hop drops it before another decides who may see what."""
    headers = [("Authorization", f"Bearer {user.access_token}")]

    assert send(base_url, "GET", path, headers).status == 404


@pytest.mark.parametrize("path", ["/protected", "/nowhere", "/.well-known/jwks.json"])
def test_no_answer_tells_a_version(client: Client, path: str) -> None:
    """G28."""
    headers = client.get(path).headers

    assert not any(character.isdigit() for character in headers.get("Server", ""))
    assert "X-Powered-By" not in headers


def _allowed(header: str) -> set[str]:
    return {method.strip() for method in header.split(",")}
