"""POST /token: a program exchanges its API key for a short token (RFC 6749, section 4.4)."""

from base64 import b64encode
from typing import Any

import pytest
import requests

from tests.contract.answers import assert_bad_token
from tests.contract.api_keys import GRANT, ApiKey, exchange, make_api_key, program
from tests.contract.client import Client, User
from tests.contract.products import a_product
from tests.contract.raw_http import send

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def key(client: Client) -> ApiKey:
    """Make an API key of the shared account, with all that the account may do."""
    return make_api_key(client)


def assert_refused(answer: requests.Response, error: str, status: int = 400) -> None:
    """Raise AssertionError unless this is the answer of RFC 6749, section 5.2."""
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.text
    assert set(answer.json()) == {"error", "msg"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    else:
        assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("where", ["body", "header"])
def test_a_key_gives_a_token_of_15_minutes(anonymous: Client, user: User, key: ApiKey, where: str) -> None:
    if where == "body":
        answer = exchange(anonymous, GRANT | key.in_body)
    else:
        answer = exchange(anonymous, GRANT, key.in_header)
    given = answer.json()

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert set(given) == {"access_token", "token_type", "expires_in", "scope"}
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 900)
    assert given["scope"] == "catalog:read catalog:write"
    holder = anonymous.with_token(given["access_token"])
    assert holder.get("/protected").json() == {"logged_in_as": user.username}


def test_a_program_uploads_and_reads_by_its_token(anonymous: Client, key: ApiKey) -> None:
    product = a_product("by-a-program")

    assert program(anonymous, key).upload([product]).status_code == 200
    assert program(anonymous, key).stored("by-a-program") == product


def test_a_token_may_be_asked_for_with_less(anonymous: Client, key: ApiKey) -> None:
    answer = exchange(anonymous, GRANT | key.in_body | {"scope": "catalog:read"})
    reader = anonymous.with_token(answer.json()["access_token"])

    assert answer.json()["scope"] == "catalog:read"
    assert reader.get("/products/x").status_code == 404
    assert reader.upload([a_product("never")]).status_code == 403


@pytest.mark.parametrize(
    "scope",
    ["users:admin", "catalog:read users:admin", "everything", "catalog:read\tcatalog:read", "' OR 1=1 -- "],
)
def test_a_token_with_more_than_the_key_is_refused(anonymous: Client, key: ApiKey, scope: str) -> None:
    assert_refused(exchange(anonymous, GRANT | key.in_body | {"scope": scope}), "invalid_scope")


def test_an_empty_parameter_counts_as_left_out(anonymous: Client, key: ApiKey) -> None:
    """RFC 6749, section 3.2."""
    assert exchange(anonymous, GRANT | key.in_body | {"scope": ""}).status_code == 200
    assert_refused(exchange(anonymous, {"grant_type": ""} | key.in_body), "invalid_request")


@pytest.mark.parametrize(
    "grant_type", ["password", "refresh_token", "authorization_code", "CLIENT_CREDENTIALS"]
)
def test_another_grant_is_not_supported(anonymous: Client, key: ApiKey, grant_type: str) -> None:
    answer = exchange(anonymous, {"grant_type": grant_type} | key.in_body)

    assert_refused(answer, "unsupported_grant_type")


def _wrong(key: ApiKey) -> list[dict[str, str]]:
    return [
        {"client_id": key.client_id, "client_secret": "x" * 43},
        {"client_id": key.client_id, "client_secret": key.client_secret + "x"},
        {"client_id": key.client_id, "client_secret": key.client_secret[:-1]},
        {"client_id": key.client_id, "client_secret": key.client_secret + "\0"},
        {"client_id": key.client_id},
        {"client_id": key.client_id.upper(), "client_secret": key.client_secret},
        {"client_id": key.client_id + " ", "client_secret": key.client_secret},
        {"client_id": "00000000-0000-0000-0000-000000000000", "client_secret": key.client_secret},
        {"client_id": "' OR 1=1 -- ", "client_secret": key.client_secret},
        {"client_id": "\0", "client_secret": key.client_secret},
        {"client_id": "x" * 100_000, "client_secret": "x" * 100_000},
        {"client_secret": key.client_secret},
        {},
    ]


def test_wrong_credentials_get_one_answer_whatever_is_wrong_with_them(anonymous: Client, key: ApiKey) -> None:
    answers = [exchange(anonymous, GRANT | wrong) for wrong in _wrong(key)]

    for answer in answers:
        assert_refused(answer, "invalid_client", status=401)
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic eA==",
        "Basic /w==",
        "Basic {basic} {basic}",
        "Digest {basic}",
        "Bearer {token}",
    ],
)
def test_a_header_without_credentials_is_no_client(
    anonymous: Client, user: User, key: ApiKey, header: str
) -> None:
    basic = key.in_header["Authorization"].removeprefix("Basic ")
    headers = {"Authorization": header.format(token=user.access_token, basic=basic)}

    assert_refused(exchange(anonymous, GRANT, headers), "invalid_client", status=401)


def test_a_person_gets_no_token_by_username_and_password_here(anonymous: Client, user: User) -> None:
    credentials = b64encode(f"{user.username}:{user.password}".encode()).decode()

    answer = exchange(anonymous, GRANT, {"Authorization": f"Basic {credentials}"})

    assert_refused(answer, "invalid_client", status=401)


def test_credentials_in_header_and_body_are_refused(anonymous: Client, key: ApiKey) -> None:
    """RFC 6749, section 2.3."""
    assert_refused(exchange(anonymous, GRANT | key.in_body, key.in_header), "invalid_request")


def test_two_authorization_headers_are_refused(base_url: str, key: ApiKey) -> None:
    headers = [
        *key.in_header.items(),
        *key.in_header.items(),
        ("Content-Length", "0"),
        ("Content-Type", FORM),
    ]

    assert send(base_url, "POST", "/token", headers).status in (400, 401)


@pytest.mark.parametrize("repeated", ["grant_type", "client_id", "client_secret", "scope", "whatever"])
def test_a_parameter_that_stands_twice_is_refused(anonymous: Client, key: ApiKey, repeated: str) -> None:
    """RFC 6749, section 3.2: two readers could take two different ones."""
    parameters = GRANT | key.in_body | {"scope": "catalog:read", "whatever": "x"}
    body = "&".join(
        f"{name}={value}" for name, value in [*parameters.items(), (repeated, parameters[repeated])]
    )

    answer = anonymous.request("POST", "/token", data=body, headers={"Content-Type": FORM})

    assert_refused(answer, "invalid_request")


def test_credentials_in_the_address_are_refused(anonymous: Client, key: ApiKey) -> None:
    """L14, for programs: addresses end up in logs (RFC 6749, section 2.3.1)."""
    query = "&".join(f"{name}={value}" for name, value in (GRANT | key.in_body).items())

    for parameters in ({}, GRANT | key.in_body):
        answer = anonymous.request("POST", f"/token?{query}", data=parameters, headers={"Content-Type": FORM})
        assert_refused(answer, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", None]
)
def test_a_body_of_another_type_is_refused(anonymous: Client, key: ApiKey, content_type: str | None) -> None:
    body = "&".join(f"{name}={value}" for name, value in (GRANT | key.in_body).items()).encode()
    headers = {"Content-Type": content_type} if content_type else {}

    assert_refused(anonymous.request("POST", "/token", data=body, headers=headers), "invalid_request")


@pytest.mark.parametrize(
    "body", [b"%", b"%ff=%ff", b"grant_type=%ff", b"=&=&=", b"\xff\xfe", b"a;b;c", b"&" * 9_000]
)
def test_a_body_that_is_hard_to_read_is_refused(anonymous: Client, body: bytes) -> None:
    answer = anonymous.request("POST", "/token", data=body, headers={"Content-Type": FORM})

    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_token_is_asked_for_by_post_alone(anonymous: Client, method: str) -> None:
    answer = anonymous.request(method, "/token")

    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


def test_a_client_secret_is_no_token(anonymous: Client, key: ApiKey, closed_address: tuple[str, str]) -> None:
    """The catalog never takes one."""
    assert_bad_token(anonymous.with_token(key.client_secret).request(*closed_address))
    assert_bad_token(anonymous.request(*closed_address, headers=key.in_header))


def test_a_key_can_be_exchanged_again_and_again(anonymous: Client, key: ApiKey) -> None:
    tokens = {exchange(anonymous, GRANT | key.in_body).json()["access_token"] for _ in range(5)}

    assert len(tokens) == 5
    for token in tokens:
        assert anonymous.with_token(token).get("/protected").status_code == 200


def test_a_changed_password_leaves_keys_but_no_token_that_is_out(anonymous: Client) -> None:
    """J42, for programs: whoever holds a token now loses it; who holds the key is asked for it anew."""
    person = anonymous.new_user()
    signed_in = anonymous.with_token(person.access_token)
    key = make_api_key(signed_in)
    holder = program(anonymous, key)
    passwords: dict[str, Any] = {"current_password": person.password, "new_password": "another good password"}

    assert signed_in.request("PATCH", "/me/password", json=passwords).status_code == 200

    assert_bad_token(holder.get("/protected"))
    assert program(anonymous, key).get("/protected").status_code == 200


def test_a_deleted_account_takes_its_keys_and_their_tokens_with_it(anonymous: Client) -> None:
    """J27, for programs."""
    person = anonymous.new_user()
    signed_in = anonymous.with_token(person.access_token)
    key = make_api_key(signed_in)
    holder = program(anonymous, key)

    assert signed_in.request("DELETE", "/me", json={"password": person.password}).status_code == 200

    assert_bad_token(holder.get("/protected"))
    assert_refused(exchange(anonymous, GRANT | key.in_body), "invalid_client", status=401)
