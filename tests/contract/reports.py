"""Reports, and products to be reported on, as several tests need them."""

from decimal import Decimal
from typing import Any

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, exact_json, unique
from tests.contract.products import a_product

REPORTS = ["summary", "top-products", "revenue-share", "price-distribution", "data-quality"]


def items(client: Client, path: str) -> list[dict[str, Any]]:
    """Give a report's items, their numbers with all their digits."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found = exact_json(answer)["items"]
    assert isinstance(found, list)
    return found


def upload(client: Client, *products: dict[str, Any]) -> None:
    """Load products."""
    assert_answer(client.upload(products), 200, UPLOADED)


def earners(category: str, *sales: tuple[str, int]) -> list[dict[str, Any]]:
    """Make products of a category with these prices and quantities."""
    return [
        a_product(unique("SKU"), category=category, price=Decimal(price), quantity_sold=sold)
        for price, sold in sales
    ]
