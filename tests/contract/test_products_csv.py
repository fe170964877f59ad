"""GET /products.csv: every product, in a file that an upload takes back without a change."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.answers import UPLOADED, assert_answer, assert_bad_token
from tests.contract.client import Client, unique
from tests.contract.embedded_program import embedded_program
from tests.contract.products import COLUMNS, Product, a_product, raw_row

NEUTRALISED = "neutralised_columns"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NASTY_TEXTS = (
    '"quoted"', '"', "a,b;c\td", "two\nlines", "two\r\nlines", "ends in CR\r", "\n",
    "back\\slash \\N \\n", " blanks ", "'apostrophe", "'=1+1", "=1+1", "+1", "-1", "@SUM(1)", "\tTab",
    "\rCR", "=cmd|' /C calc'!A0", "NULL", "déjà \u2028 \u0085 \U0001f9f8", "\ufeffBOM", "sep=;",
    "<script>", "=" * 128,
)  # fmt: skip


def export(client: Client) -> requests.Response:
    """Give the file; raise AssertionError if there is none."""
    answer = client.get("/products.csv")
    assert answer.status_code == 200, answer.text[:400]
    return answer


def rows(answer: requests.Response) -> dict[str, dict[str, str]]:
    """Read the file as any program would; its rows by their ids as they stand."""
    reader = csv.DictReader(io.StringIO(answer.content.decode(), newline=""), strict=True)
    return {row["product_id"]: row for row in reader}


def own_file(answer: requests.Response, category: str) -> bytes:
    """Give the file without the products of other categories, which others may change at any time."""
    text = io.StringIO()
    writer = csv.DictWriter(text, (*COLUMNS, NEUTRALISED))
    writer.writeheader()
    writer.writerows(row for row in rows(answer).values() if row["category"] == category)
    return text.getvalue().encode()


def nasty_products(category: str) -> list[dict[str, Any]]:
    """Make products with every nasty text in their names, and in their ids as far as these are long."""
    products = [
        a_product(f"{text[:20]}{unique('SKU')}", product_name=text, category=category) for text in NASTY_TEXTS
    ]
    numbers: tuple[dict[str, Any], ...] = (
        {"price": Decimal("999999999999.999999"), "quantity_sold": 2**63 - 1, "review_count": 2**63 - 1},
        {"price": Decimal("0.000001"), "rating": Decimal("0.00000000000000001")},
        {"price": Decimal(0), "quantity_sold": 0, "rating": Decimal(0), "review_count": 0},
        {"rating": Decimal("999999999999999.99999")},
        {"product_name": "=" * 255, "product_id": ("=" + unique("SKU")).ljust(64, "=")},
    )
    return products + [a_product(unique("SKU"), category=category) | cells for cells in numbers]


def upload(client: Client, content: bytes | Sequence[Product], options: str = "") -> dict[str, Any]:
    """Upload, and give the upload's record."""
    answer = client.upload(content) if not options else upload_with(client, content, options)
    assert_answer(answer, 200, UPLOADED)
    record = client.get(answer.headers["Location"]).json()
    assert isinstance(record, dict)
    return record


def upload_with(client: Client, content: Any, options: str) -> requests.Response:
    """Upload with options."""
    return client.request("POST", f"/upload?{options}", files={"file": ("products.csv", content, "text/csv")})


def assert_unchanged(record: dict[str, Any], count: int) -> None:
    """Raise AssertionError unless the upload changed nothing of that many products."""
    counts = {name: record[name] for name in ("created", "updated", "unchanged", "rejected")}
    assert counts == {"created": 0, "updated": 0, "unchanged": count, "rejected": 0}


def test_the_file_is_csv_under_the_contracts_columns_to_be_saved(client: Client) -> None:
    answer = export(client)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert answer.content.split(b"\r\n")[0].decode().split(",") == [*COLUMNS, NEUTRALISED]


def test_the_file_of_an_empty_catalog_is_its_header(other_installation: Client) -> None:
    empty = other_installation.with_token(other_installation.new_user().access_token)

    assert export(empty).content.decode() == ",".join([*COLUMNS, NEUTRALISED]) + "\r\n"


def test_a_product_stands_in_the_file_as_it_is_stored(client: Client) -> None:
    product = a_product(unique("SKU"), product_name='A "small",\nkettle', price=Decimal("20.50"))
    client.upload([product])

    assert rows(export(client))[product["product_id"]] == {
        "product_id": product["product_id"],
        "product_name": 'A "small",\nkettle',
        "category": "Kitchen",
        "price": "20.5",
        "quantity_sold": "310",
        "rating": "4.5",
        "review_count": "27",
        NEUTRALISED: "",
    }


def test_products_stand_in_key_order_by_bytes(client: Client) -> None:
    ids = [unique(f"{start}SKU") for start in ("b", "B", "é", "1", "\U0001f9f8", "\uffee", "a ", "a")]
    client.upload([a_product(product_id) for product_id in ids])

    found = [product_id for product_id in rows(export(client)) if product_id in ids]

    assert found == sorted(ids, key=str.encode)


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_formula_is_made_harmless_and_named(client: Client, start: str) -> None:
    """U37: a spreadsheet that opens the file runs nothing; the catalog keeps the text as it is."""
    product_id = start + unique("SKU")
    client.upload([a_product(product_id, product_name=start + "1+1")])

    row = rows(export(client))["'" + product_id]

    assert row["product_name"] == f"'{start}1+1"
    assert row[NEUTRALISED] == "product_id product_name"
    assert client.stored(product_id)["product_name"] == start + "1+1"


def test_a_name_that_begins_with_an_apostrophe_is_not_touched(client: Client) -> None:
    product_id = unique("SKU")
    client.upload([a_product(product_id, product_name="'=1+1")])

    row = rows(export(client))[product_id]

    assert (row["product_name"], row[NEUTRALISED]) == ("'=1+1", "")


def test_uploading_the_file_again_changes_nothing(client: Client) -> None:
    category = unique("=category")
    products = nasty_products(category)
    upload(client, products)
    before = {product["product_id"]: client.stored(product["product_id"]) for product in products}

    record = upload(client, own_file(export(client), f"'{category}"))

    assert_unchanged(record, len(products))
    assert {product_id: client.stored(product_id) for product_id in before} == before


def test_the_file_moves_a_catalog_to_another_installation(client: Client, tmp_path: Path) -> None:
    with embedded_program(tmp_path) as address:
        _move(client, Client(address, rate=None))


def _move(client: Client, elsewhere: Client) -> None:
    other = elsewhere.with_token(elsewhere.new_user().access_token)
    category = unique("category")
    products = nasty_products(category)
    upload(client, products)

    record = upload(other, own_file(export(client), category))

    assert record["created"] == len(products)
    for product in products:
        assert other.stored(product["product_id"]) == client.stored(product["product_id"])
    assert_unchanged(upload(other, export(other).content), len(rows(export(other))))


def test_numbers_that_are_null_are_blank_and_read_back_as_null(client: Client) -> None:
    category, product_id = unique("category"), unique("SKU")
    blank = raw_row(product_id, category=category, price="", quantity_sold="", rating="", review_count="")
    header = ",".join(COLUMNS)
    upload(client, f"{header}\n{blank}\n".encode(), "blank=null")

    answer = export(client)

    row = rows(answer)[product_id]
    assert [row[name] for name in COLUMNS[3:]] == [""] * 4
    assert_unchanged(upload(client, own_file(answer, category), "blank=null"), 1)


def texts(longest: int) -> st.SearchStrategy[str]:
    """Make texts that a column of this length takes, those that formats trip over more often than others."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    nasty = st.text(
        st.sampled_from([*FORMULA_STARTS, "'", '"', ",", ";", "\\", "\n", "N"]), min_size=1, max_size=9
    )
    return nasty | st.text(characters, min_size=1, max_size=longest)


def numbers(digits: int, places: int) -> st.SearchStrategy[Decimal]:
    """Make numbers with at most so many digits before the point and after it."""
    return st.decimals(0, 10**digits - 1, places=places)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_table_comes_back_equal(client: Client, data: st.DataObject) -> None:
    category = unique("category")
    products = [
        a_product(
            data.draw(texts(20)) + unique("SKU"),
            product_name=data.draw(texts(255)),
            category=category,
            price=data.draw(numbers(12, 6)),
            quantity_sold=data.draw(st.integers(0, 2**63 - 1)),
            rating=data.draw(numbers(1, 17) | numbers(15, 2)),
            review_count=data.draw(st.integers(0, 2**63 - 1)),
        )
        for _ in range(data.draw(st.integers(1, 6)))
    ]
    upload(client, products)

    assert_unchanged(upload(client, own_file(export(client), category)), len(products))


def test_the_file_asks_for_a_token(anonymous: Client) -> None:
    assert_bad_token(anonymous.get("/products.csv"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_file_is_only_read(client: Client, method: str) -> None:
    assert client.request(method, "/products.csv").status_code == 405


@pytest.mark.parametrize("path", ["/products.csv/", "/productsXcsv", "/products.csv.gz", "/products.csv/a"])
def test_addresses_beside_it_are_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
