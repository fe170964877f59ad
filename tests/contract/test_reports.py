"""GET /reports/summary: per category, on a database that others may use at the same time."""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, unique
from tests.contract.products import a_product

Sales = tuple[str, str, int, str]  # name, price, quantity sold, rating


def upload_category(client: Client, category: str, *sales: Sales) -> list[str]:
    """Upload products of one category and return their ids."""
    products = [
        a_product(
            unique("SKU"),
            category=category,
            product_name=name,
            price=Decimal(price),
            quantity_sold=quantity,
            rating=Decimal(rating),
        )
        for name, price, quantity, rating in sales
    ]
    assert_answer(client.upload(products), 200, UPLOADED)
    return [product["product_id"] for product in products]


def line_of(client: Client, category: str) -> dict[str, Any]:
    """Give the report's line for a category; there is exactly one."""
    (line,) = [item for item in client.summary() if item["category"] == category]
    return line


def csv_lines(answer: requests.Response) -> list[dict[str, str]]:
    """Read the rows of a CSV answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline=""), strict=True))


def assert_holds(line: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise AssertionError unless the line has these fields with these values."""
    assert {name: line[name] for name in expected} == expected


def test_a_category_is_summed_up_with_its_top_product(client: Client) -> None:
    category = unique("category")
    ids = upload_category(
        client, category, ("Pan", "10.5", 4, "4"), ("Pot", "3", 100, "3.5"), ("Lid", "1.25", 0, "1.5")
    )

    assert_holds(
        line_of(client, category),
        {
            "category": category,
            "total_revenue": Decimal(342),
            "top_product_id": ids[1],
            "top_product_name": "Pot",
            "top_product_quantity_sold": 100,
            "average_price": Decimal("4.916667"),
            "average_rating": Decimal(3),
        },
    )


def test_of_products_that_sold_equally_the_first_by_name_then_id_is_top(client: Client) -> None:
    category = unique("category")
    ids = upload_category(
        client,
        category,
        ("banana", "1", 7, "1"),
        ("apple", "1", 7, "1"),
        ("apple", "1", 7, "1"),
        ("Zebra", "1", 7, "1"),
        ("Aardvark", "1", 6, "1"),
    )

    # By bytes, as ids and names compare everywhere: "Z" stands before "a".
    assert_holds(line_of(client, category), {"top_product_id": ids[3], "top_product_name": "Zebra"})

    client.upload([a_product(ids[3], category=unique("category"))])
    assert_holds(line_of(client, category), {"top_product_id": min(ids[1:3]), "top_product_name": "apple"})


def test_revenue_is_exact_beyond_what_a_float_holds(client: Client) -> None:
    category = unique("category")
    upload_category(
        client,
        category,
        ("Mine", "999999999999.999999", 2**63 - 1, "5"),
        ("Cent", "0.000001", 1, "5"),
    )

    millionths = (10**18 - 1) * (2**63 - 1) + 1
    # Fractions, as arithmetic with Decimal rounds to 28 digits.
    assert Fraction(line_of(client, category)["total_revenue"]) == Fraction(millionths, 10**6)


def test_categories_that_differ_by_bytes_are_several(client: Client) -> None:
    """U41: as ids do."""
    ending = unique("")
    categories = [f"{name}{ending}" for name in ("Tea", "tea", "téa", "te\u0301a")] + [f"Tea{ending} "]
    for category in categories:
        upload_category(client, category, ("Green", "2", 3, "4"))

    for category in categories:
        assert_holds(line_of(client, category), {"total_revenue": Decimal(6)})


def test_categories_are_ordered_by_their_bytes(client: Client) -> None:
    for name in ("z", "Z", "é", "a", "🦊", "語"):
        upload_category(client, name + unique(""), ("Pan", "1", 1, "1"))

    categories = [item["category"] for item in client.summary()]

    assert categories == sorted(categories, key=str.encode)
    assert len(set(categories)) == len(categories)


def test_an_upload_that_moves_a_product_moves_its_revenue(client: Client) -> None:
    before, after = unique("category"), unique("category")
    (product_id,) = upload_category(client, before, ("Pan", "2", 2, "4"))

    client.upload([a_product(product_id, category=after, price=Decimal(3), quantity_sold=5)])

    assert before not in [item["category"] for item in client.summary()]
    assert_holds(line_of(client, after), {"total_revenue": Decimal(15), "top_product_quantity_sold": 5})


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/reports/summary?format=csv", {}),
        ("/reports/summary", {"Accept": "text/csv"}),
        ("/reports/summary", {"Accept": "text/csv; charset=utf-8"}),
        ("/reports/summary", {"Accept": "text/csv, application/json;q=0.5"}),
        ("/reports/summary?format=csv", {"Accept": "application/json"}),
    ],
)
def test_the_csv_says_what_the_json_says(client: Client, path: str, headers: dict[str, str]) -> None:
    category = unique('"quoted", with a comma\nand a line break')
    upload_category(client, category, ("Pan, large", "10.5", 4, "4.5"), ("Lid", "1.25", 1, "1.5"))
    line = line_of(client, category)

    (row,) = [row for row in csv_lines(client.get(path, headers)) if row["category"] == category]

    assert list(row) == list(line)
    for name, value in line.items():
        assert row[name] == value if isinstance(value, str) else Decimal(row[name]) == value


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_in_a_csv_is_made_harmless(client: Client, start: str) -> None:
    """U37: a spreadsheet that opens the report runs nothing; the JSON keeps the text as it is."""
    category = start + unique("cmd|' /C calc'!A0")
    upload_category(client, category, (start + "name", "1", 1, "1"))

    assert_holds(line_of(client, category), {"top_product_name": start + "name"})
    rows = csv_lines(client.get("/reports/summary?format=csv"))
    (row,) = [row for row in rows if row["category"] == "'" + category]
    assert row["top_product_name"] == f"'{start}name"


@pytest.mark.parametrize(
    "accept",
    ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "application/json", "image/png"],
)
def test_a_client_that_asks_for_something_else_gets_json_or_406(client: Client, accept: str) -> None:
    """Q14."""
    answer = client.get("/reports/summary", {"Accept": accept})

    assert answer.status_code in (200, 406)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.status_code == 200 or "*/*" not in accept


@pytest.mark.parametrize(
    "query", ["format=xml", "format=", "format='", "format=csv%00", "format[]=csv", "format=csv&format=json"]
)
def test_a_format_that_there_is_not_is_refused(client: Client, query: str) -> None:
    """Q01, Q02."""
    assert client.get(f"/reports/summary?{query}").status_code == 400


@pytest.mark.parametrize("value", ["'; SELECT SLEEP(5) -- ", "1' UNION SELECT password FROM users -- "])
def test_sql_in_a_parameter_is_text(client: Client, value: str) -> None:
    """Q01: the time shows that no database slept over it."""
    answer = client.request("GET", f"/reports/summary?format={quote(value)}")

    assert answer.status_code == 400
    assert answer.elapsed.total_seconds() < 5


def test_the_report_on_an_empty_catalog_has_no_lines(other_installation: Client) -> None:
    """Q09."""
    empty = other_installation.with_token(other_installation.new_user().access_token)

    assert_answer(empty.get("/reports/summary"), 200, {"items": []})
    assert csv_lines(empty.get("/reports/summary?format=csv")) == []
