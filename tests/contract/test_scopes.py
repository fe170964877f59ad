"""A token is good for what its scopes say, at every address of the catalog."""

from typing import Any

import jwt
import pytest
import requests

from tests.contract.answers import assert_answer
from tests.contract.api_keys import make_api_key, program
from tests.contract.client import Client, unique
from tests.contract.products import a_product

READS = [
    ("GET", "/products"),
    ("POST", "/products:batch-get"),
    ("GET", "/categories"),
    ("GET", "/products/x"),
    ("GET", "/products.csv"),
    ("GET", "/reports/summary"),
    ("GET", "/uploads"),
    ("GET", "/uploads/x"),
    ("GET", "/uploads/x/rejects.csv"),
    ("HEAD", "/products/x"),
]
WRITES = [
    ("POST", "/upload"),
    ("POST", "/uploads/x/undo"),
    ("PUT", "/products/x"),
    ("PATCH", "/products/x"),
    ("DELETE", "/products/none"),
]


@pytest.fixture(scope="module")
def reader(anonymous: Client, client: Client) -> Client:
    """Make a client that may read and no more."""
    return program(anonymous, make_api_key(client, scopes=["catalog:read"]))


@pytest.fixture(scope="module")
def writer(anonymous: Client, client: Client) -> Client:
    """Make a client that may write and no more."""
    return program(anonymous, make_api_key(client, scopes=["catalog:write"]))


def assert_lacks(answer: requests.Response, scope: str) -> None:
    """Check the refusal that RFC 6750, section 3.1, asks for."""
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}"'
    if answer.request.method == "HEAD":
        assert answer.status_code == 403
    else:
        assert_answer(answer, 403, {"msg": f"This needs the scope {scope}."})


def test_a_new_account_may_read_and_write(anonymous: Client) -> None:
    token = anonymous.new_user().access_token
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    assert claims["scope"] == "catalog:read catalog:write"
    newcomer, product = anonymous.with_token(token), a_product(unique("SKU"))
    assert newcomer.upload([product]).status_code == 200
    assert newcomer.stored(product["product_id"]) == product


@pytest.mark.parametrize(("method", "path"), READS)
def test_reading_needs_the_scope_to_read(reader: Client, writer: Client, method: str, path: str) -> None:
    # Without a body one that is asked for by a body is refused, but not for its scope.
    assert reader.request(method, path).status_code in ({400} if method == "POST" else {200, 404})
    assert_lacks(writer.request(method, path), "catalog:read")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_writing_needs_the_scope_to_write(reader: Client, writer: Client, method: str, path: str) -> None:
    assert writer.request(method, path).status_code in {400, 404}
    assert_lacks(reader.request(method, path), "catalog:write")


def test_what_a_reader_uploads_is_not_stored(reader: Client) -> None:
    product = a_product(unique("SKU"))
    assert_lacks(reader.upload([product]), "catalog:write")
    assert reader.product(product["product_id"]).status_code == 404


def test_what_a_writer_uploads_is(reader: Client, writer: Client) -> None:
    product = a_product(unique("SKU"))
    assert writer.upload([product]).status_code == 200
    assert reader.stored(product["product_id"]) == product


def test_a_scope_that_is_taken_away_is_missing_from_the_next_token(
    anonymous: Client, administrator: Client
) -> None:
    person = anonymous.new_user()
    session = anonymous.login(person.username, person.password).json()
    user_id = anonymous.with_token(session["access_token"]).me()["id"]
    assert administrator.change_account(user_id, scopes=["catalog:read"]).status_code == 200
    following = anonymous.request("POST", "/refresh", json={"refresh_token": session["refresh_token"]})
    theirs = anonymous.with_token(following.json()["access_token"])
    assert_lacks(theirs.upload([a_product(unique("SKU"))]), "catalog:write")
    assert theirs.get("/uploads").status_code == 200


def test_any_scope_will_do_where_none_is_asked_for(reader: Client, writer: Client) -> None:
    assert [client.get("/protected").status_code for client in (reader, writer)] == [200, 200]
