"""POST /upload as the contract words it, and the products that it stores."""

from decimal import Decimal
from typing import Any

import pytest

from tests.contract.answers import (
    NO_FILE_PART,
    NO_SELECTED_FILE,
    UPLOADED,
    assert_answer,
    assert_bad_token,
    cell_errors,
)
from tests.contract.client import Client, unique
from tests.contract.products import COLUMNS, a_product, products_csv, raw_csv, raw_row


def test_an_upload_stores_the_products_under_the_files_own_column_names(client: Client) -> None:
    product = a_product(unique("SKU"), price=Decimal("19.9"), rating=Decimal("4.7"))

    assert_answer(client.upload([product]), 200, UPLOADED)
    assert client.stored(product["product_id"]) == product


def test_numbers_are_read_back_as_numbers(client: Client) -> None:
    product = a_product(unique("SKU"))
    client.upload([product])

    stored = client.product(product["product_id"]).json()

    assert {name: type(stored[name]) for name in COLUMNS} == {
        "product_id": str,
        "product_name": str,
        "category": str,
        "price": float,
        "quantity_sold": int,
        "rating": float,
        "review_count": int,
    }


def test_a_second_upload_replaces_what_it_names_and_nothing_else(client: Client) -> None:
    first, second = a_product(unique("SKU")), a_product(unique("SKU"))
    client.upload([first, second])
    changed = a_product(
        first["product_id"],
        product_name="Other",
        category="Garden",
        price=Decimal("1.5"),
        quantity_sold=0,
        rating=Decimal("0.5"),
        review_count=1,
    )

    assert_answer(client.upload([changed]), 200, UPLOADED)

    assert client.stored(first["product_id"]) == changed
    assert client.stored(second["product_id"]) == second


def test_the_same_file_twice_changes_nothing(client: Client) -> None:
    product = a_product(unique("SKU"))

    for _ in range(2):
        assert_answer(client.upload([product]), 200, UPLOADED)

    assert client.stored(product["product_id"]) == product


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"json": {"file": "a.csv"}}, id="JSON"),
        pytest.param({"data": {"file": "product_id,price"}}, id="urlencoded"),
        pytest.param(
            {"data": raw_csv(raw_row("raw")), "headers": {"Content-Type": "text/csv"}}, id="raw CSV"
        ),
        pytest.param(
            {"data": raw_csv(raw_row("raw")), "headers": {"Content-Type": "application/octet-stream"}},
            id="raw bytes",
        ),
        pytest.param({"data": raw_csv(raw_row("raw"))}, id="raw CSV of no type"),
        pytest.param({"files": {"upload": ("a.csv", raw_csv(raw_row("raw")), "text/csv")}}, id="other name"),
        pytest.param({"files": {"File": ("a.csv", raw_csv(raw_row("raw")), "text/csv")}}, id="other case"),
        pytest.param({"files": {"file": (None, "product_id,price")}}, id="a field and no file"),
        pytest.param(
            {"data": b"", "headers": {"Content-Type": "multipart/form-data"}}, id="multipart without boundary"
        ),
        pytest.param(
            {"data": b"", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            id="multipart without parts",
        ),
        pytest.param(
            {"data": b"--x--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            id="multipart with its end alone",
        ),
        pytest.param(
            {"data": b"no part", "headers": {"Content-Type": "multipart/mixed; boundary=x"}}, id="mixed"
        ),
    ],
)
def test_a_request_without_a_multipart_file_has_no_file_part(client: Client, sent: dict[str, Any]) -> None:
    assert_answer(client.request("POST", "/upload", **sent), 400, NO_FILE_PART)


@pytest.mark.parametrize("content", [b"", raw_csv(raw_row("x"))], ids=["empty", "with content"])
def test_a_file_without_a_name_was_not_selected(client: Client, content: bytes) -> None:
    """What a browser sends for a form whose file was not chosen (RFC 7578 section 4.2)."""
    body = (
        b'--line\r\nContent-Disposition: form-data; name="file"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--line--\r\n"
    )

    answer = client.request(
        "POST", "/upload", headers={"Content-Type": "multipart/form-data; boundary=line"}, data=body
    )

    assert_answer(answer, 400, NO_SELECTED_FILE)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(client: Client, missing: str) -> None:
    product = a_product(unique("SKU"))
    columns = [name for name in COLUMNS if name != missing]

    answer = client.upload(products_csv([product], columns))

    assert_answer(answer, 400, {"msg": f"Missing column: {missing}"})
    assert client.product(product["product_id"]).status_code == 404


@pytest.mark.parametrize("first", range(len(COLUMNS) - 1))
def test_of_several_missing_columns_the_contracts_first_is_named(client: Client, first: int) -> None:
    """The file's own order does not decide: its columns are turned round here."""
    kept = [name for name in reversed(COLUMNS) if name not in (COLUMNS[first], COLUMNS[-1])]

    answer = client.upload(products_csv([a_product(unique("SKU"))], kept))

    assert_answer(answer, 400, {"msg": f"Missing column: {COLUMNS[first]}"})


def test_a_file_of_something_else_lacks_the_first_column(client: Client) -> None:
    answer = client.upload(b"name,telephone\nAda,17\n")

    assert_answer(answer, 400, {"msg": "Missing column: product_id"})


def test_an_upload_with_one_bad_row_loads_nothing(client: Client) -> None:
    good, bad = unique("good"), unique("bad")

    errors = cell_errors(
        client.upload(raw_csv(raw_row(good), raw_row(bad, price="cheap"), raw_row(good + "2")))
    )

    assert [(error["line"], error["column"], error["value"]) for error in errors] == [(3, "price", "cheap")]
    for product_id in (good, bad, good + "2"):
        assert client.product(product_id).status_code == 404


def test_an_upload_with_a_bad_row_leaves_what_it_would_replace(client: Client) -> None:
    product = a_product(unique("SKU"))
    client.upload([product])

    refused = client.upload(
        raw_csv(raw_row(product["product_id"], price="1"), raw_row(unique("bad"), price="-1"))
    )

    assert refused.status_code == 400
    assert client.stored(product["product_id"]) == product


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no-token"}], ids=["U01-none", "U01-bad"])
def test_an_upload_without_a_token_stores_nothing_and_is_not_even_read(
    anonymous: Client, client: Client, headers: dict[str, str]
) -> None:
    """U01."""
    product = a_product(unique("SKU"))
    files = {"file": ("products.csv", products_csv([product]), "text/csv")}

    assert_bad_token(anonymous.request("POST", "/upload", headers=headers, files=files))
    # Had it been read, this would be "No file part".
    assert_bad_token(anonymous.request("POST", "/upload", headers=headers, data=b"no multipart"))
    assert client.product(product["product_id"]).status_code == 404


def test_a_file_of_many_rows_is_stored_whole(client: Client) -> None:
    """Large enough that no part of the way through the service can hold it in one piece."""
    prefix, category = unique("SKU"), unique("category")

    answer = client.upload(raw_csv(*(raw_row(f"{prefix}.{n}", category=category) for n in range(50_000))))

    assert_answer(answer, 200, UPLOADED)
    (line,) = [item for item in client.summary() if item["category"] == category]
    assert line["total_revenue"] == 50_000 * 310 * Decimal("24.95")
    for number in (0, 25_000, 49_999):
        product_id = f"{prefix}.{number}"
        assert client.stored(product_id) == a_product(product_id, category=category)
