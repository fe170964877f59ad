"""What the reports beside the summary say, and what holds for all of them."""

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client, unique
from tests.contract.products import a_product
from tests.contract.reports import REPORTS, earners, items, upload


@pytest.fixture(params=REPORTS)
def path(request: pytest.FixtureRequest) -> str:
    return f"/reports/{request.param}"


def csv_rows(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline=""), strict=True))


@pytest.fixture(scope="module")
def empty(other_installation: Client) -> Client:
    return other_installation.with_token(other_installation.new_user().access_token)


def test_the_products_of_a_category_that_earn_most_lead(client: Client) -> None:
    category = unique("Tea & more")
    products = earners(category, ("1.10", 10), ("999999999999.999999", 2**63 - 1), ("0.5", 2), ("3", 0))
    upload(client, *products)

    top = items(client, f"/reports/top-products?limit=3&category={quote(category)}")

    assert [line["product_id"] for line in top] == [products[place]["product_id"] for place in (1, 0, 2)]
    assert top[1]["revenue"] == 11
    assert Fraction(top[0]["revenue"]) == Fraction(10**18 - 1, 10**6) * (2**63 - 1)


def test_ten_products_are_listed_unless_it_is_said_how_many(client: Client) -> None:
    category = unique("category")
    upload(client, *earners(category, *(("1", number) for number in range(1, 121))))

    lengths = {
        limit: len(items(client, f"/reports/top-products?category={category}{limit}"))
        for limit in ("", "&limit=1", "&limit=100")
    }

    assert lengths == {"": 10, "&limit=1": 1, "&limit=100": 100}


def test_a_category_that_there_is_not_has_no_top_products(client: Client) -> None:
    assert items(client, f"/reports/top-products?category={unique('none')}") == []


def test_the_shares_run_up_to_the_whole(client: Client) -> None:
    category = unique("category")
    upload(client, *earners(category, ("2.5", 4), ("1", 1)))

    shares = items(client, "/reports/revenue-share")

    (line,) = [line for line in shares if line["category"] == category]
    assert line["total_revenue"] == 11
    running = [line["running_revenue"] for line in shares]
    assert running == sorted(running)
    assert shares[-1]["running_percent"] == 100
    assert shares[0]["running_revenue"] == shares[0]["total_revenue"]
    assert [line["revenue_rank"] for line in shares] == sorted(line["revenue_rank"] for line in shares)


def test_a_price_is_in_the_band_that_begins_with_it(client: Client) -> None:
    before = items(client, "/reports/price-distribution")
    upload(client, *earners(unique("category"), ("25", 2), ("49.999999", 1), ("1000", 1)))

    after = items(client, "/reports/price-distribution")

    assert [line["price_from"] for line in after] == [0, 10, 25, 50, 100, 250, 500, 1000]
    assert [line["price_to"] for line in after] == [10, 25, 50, 100, 250, 500, 1000, None]
    grown = {
        new["price_from"]: (
            new["product_count"] - old["product_count"],
            new["total_revenue"] - old["total_revenue"],
        )
        for old, new in zip(before, after, strict=True)
        if new != old
    }
    assert grown == {25: (2, Decimal("99.999999")), 1000: (1, 1000)}


def test_a_finding_is_counted_and_exemplified(client: Client) -> None:
    def finding() -> dict[str, Any]:
        found = items(client, "/reports/data-quality")
        (line,) = [one for one in found if (one["column"], one["finding"]) == ("rating", "suspicious")]
        return line

    before = finding()["product_count"]
    upload(client, a_product(unique(" SKU"), rating=Decimal("5.01")))

    after = finding()
    assert after["product_count"] == before + 1
    assert 1 <= len(after["example_ids"]) <= 5
    assert after["meaning"].startswith("more than 5")


def test_the_csv_says_what_the_json_says(client: Client, path: str) -> None:
    upload(client, *earners(unique("category"), ("25", 2)))
    lines, rows = items(client, path), csv_rows(client, path)

    assert len(lines) == len(rows) > 0
    for line, row in zip(lines, rows, strict=True):
        assert list(row) == list(line)
        for name, value in line.items():
            cell = row[name]
            if value is None:
                assert cell == ""
            elif isinstance(value, list):
                assert json.loads(cell) == value
            elif isinstance(value, str):
                assert cell.removeprefix("'") == value.removeprefix("'")
            else:
                assert Decimal(cell) == value


def test_a_report_on_an_empty_catalog_is_zeros_or_nothing(empty: Client, path: str) -> None:
    """Q09."""
    counts = {
        value
        for line in items(empty, path)
        for name, value in line.items()
        if name in ("product_count", "total_revenue", "quantity_sold")
    }
    assert counts <= {0}
    assert len(csv_rows(empty, path)) == len(items(empty, path))


@pytest.mark.parametrize(
    "accept", ["text/html", "text/html,*/*;q=0.8", "*/*", "application/json", "image/png"]
)
def test_a_client_that_asks_for_something_else_gets_json(client: Client, path: str, accept: str) -> None:
    """Q14."""
    answer = client.get(path, {"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("query", ["x=1", "format=xml", "format=csv&format=json", "format=", "Format=csv"])
def test_a_parameter_that_has_no_one_meaning_is_refused(client: Client, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={limit}" for limit in ("0", "101", "-1", "1.5", "x", "", "1e1", "NaN", "10" * 40)),
        "limit=1&limit=1",
        "category=",
        "category=a&category=a",
        f"category={'x' * 129}",
    ],
)
def test_an_ill_formed_limit_or_category_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/reports/top-products?{query}").status_code == 400


@pytest.mark.parametrize("value", ["' OR '1'='1", "x'; SELECT SLEEP(5) -- ", "%", "_", "a\\"])
def test_sql_and_patterns_in_a_category_are_text(client: Client, value: str) -> None:
    """Q01, Q04."""
    assert items(client, f"/reports/top-products?category={quote(value)}") == []


def test_a_report_asks_for_a_token(anonymous: Client, path: str) -> None:
    assert_bad_token(anonymous.get(path))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_report_is_only_read(client: Client, path: str, method: str) -> None:
    assert client.request(method, path).status_code == 405
