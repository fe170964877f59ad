"""Abuse cases J02 to J05 and J37: where a token stands, and what stands around it."""

from urllib.parse import urlencode

import pytest

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client, User
from tests.contract.raw_http import send


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="J04-empty"),
        pytest.param("Bearer", id="J04-Bearer-alone"),
        pytest.param("Bearer a b", id="J04-two-words"),
        pytest.param("Bearer {token} {token}", id="J04-the-token-twice"),
        pytest.param("Bearer {token}, Bearer {token}", id="J04-a-list"),
        pytest.param("Bearer Bearer {token}", id="J04-Bearer-twice"),
        pytest.param("Bearer={token}", id="J04-equals-sign"),
        pytest.param("Bearer\t{token}", id="J34-tab"),
        pytest.param("{token}", id="J04-no-scheme"),
        pytest.param("Basic {token}", id="J02-Basic-token"),
        pytest.param("Basic dXNlcjpwYXNzd29yZA==", id="J02-Basic"),
        pytest.param("Digest {token}", id="J02-Digest"),
        pytest.param("Token {token}", id="J02-Token"),
        pytest.param("JWT {token}", id="J02-JWT"),
        pytest.param("Bearerx {token}", id="J02-Bearerx"),
    ],
)
def test_a_header_that_is_no_bearer_token_is_refused(
    anonymous: Client, user: User, closed_address: tuple[str, str], value: str
) -> None:
    """J02, J04, J34."""
    headers = {"Authorization": value.format(token=user.access_token)}

    assert_bad_token(anonymous.request(*closed_address, headers=headers))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize(("path", "status"), [("/protected", 200), ("/products/x", 404)])
def test_the_schemes_name_may_be_written_in_any_case(
    anonymous: Client, user: User, scheme: str, path: str, status: int
) -> None:
    """J03: RFC 9110 section 11.1."""
    answer = anonymous.get(path, {"Authorization": f"{scheme} {user.access_token}"})

    assert answer.status_code == status


@pytest.mark.parametrize("values", [("{0}", "{0}"), ("{0}", "{1}"), ("{1}", "{0}")])
def test_two_authorization_headers_are_refused(
    base_url: str, user: User, closed_address: tuple[str, str], values: tuple[str, str]
) -> None:
    """J04: two servers in a row could read two different ones."""
    headers = [
        ("Authorization", value.format(f"Bearer {user.access_token}", "Bearer other")) for value in values
    ]

    assert send(base_url, *closed_address, headers).status in (400, 401)


@pytest.mark.parametrize("name", ["access_token", "token", "jwt", "Authorization"])
def test_a_token_in_the_address_is_no_token(anonymous: Client, user: User, name: str) -> None:
    """J05: addresses end up in logs."""
    query = urlencode({name: user.access_token})

    assert_bad_token(anonymous.get(f"/protected?{query}"))
    assert_bad_token(anonymous.get(f"/products/x?{query}"))


@pytest.mark.parametrize("name", ["access_token_cookie", "access_token", "token"])
def test_a_token_in_a_cookie_is_no_token(
    anonymous: Client, user: User, closed_address: tuple[str, str], name: str
) -> None:
    """J05: a browser would send it for any page."""
    headers = {"Cookie": f"{name}={user.access_token}"}

    assert_bad_token(anonymous.request(*closed_address, headers=headers))


@pytest.mark.parametrize("path", ["/upload", "/protected"])
def test_a_token_in_the_body_is_no_token(anonymous: Client, user: User, path: str) -> None:
    """J05: RFC 6750 section 2.2 allows it; this service does not."""
    method = "POST" if path == "/upload" else "GET"
    token = {"access_token": user.access_token}

    assert_bad_token(anonymous.request(method, path, data=token))
    assert_bad_token(anonymous.request(method, path, json=token))


@pytest.mark.parametrize("size", [9_000, 60_000], ids=["9-KB", "60-KB"])
def test_an_oversized_token_is_too_large_a_header(
    base_url: str, closed_address: tuple[str, str], size: int
) -> None:
    """J13, J37: RFC 6585 section 5."""
    answer = send(base_url, *closed_address, [("Authorization", "Bearer " + "x" * size)])

    assert answer.status == 431
