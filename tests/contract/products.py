"""Products as the tests write them, and CSV files of them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

# In the contract's order, which is also the order in which missing ones are named.
COLUMNS = ("product_id", "product_name", "category", "price", "quantity_sold", "rating", "review_count")
HEADER = ",".join(COLUMNS)

Product = Mapping[str, Any]


def a_product(product_id: str, **changes: object) -> dict[str, Any]:
    """Make a valid product with the given cells changed; its values are those that are read back."""
    return {
        "product_id": product_id,
        "product_name": "Kettle",
        "category": "Kitchen",
        "price": Decimal("24.95"),
        "quantity_sold": 310,
        "rating": Decimal("4.5"),
        "review_count": 27,
    } | changes


def products_csv(products: Iterable[Product], columns: Iterable[str] = COLUMNS) -> bytes:
    """Write a UTF-8 CSV file of the products with a header line: text is quoted, numbers stand bare."""
    names = tuple(columns)
    lines = [",".join(names), *(",".join(_cell(product[name]) for name in names) for product in products)]
    return "".join(line + "\n" for line in lines).encode()


def raw_row(product_id: str, /, **cells: str) -> str:
    """Write one valid line of a CSV file with the given cells put in as they are: no quoting, no checks."""
    product = a_product(product_id)
    return ",".join(cells.get(name, str(product[name])) for name in COLUMNS)


def raw_csv(*lines: str) -> bytes:
    """Write a UTF-8 file of the header and these lines as they are."""
    return "".join(line + "\n" for line in (HEADER, *lines)).encode()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    # "f", as str() of a small Decimal is 1E-7.
    return format(value, "f") if isinstance(value, Decimal) else str(value)
