"""The reports that there are, and how one is written: as JSON, and from that as CSV."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from catalog_service.formulas import harmless
from catalog_service.reports.data_quality import Quality, data_quality
from catalog_service.reports.price_distribution import PriceBand, price_bands
from catalog_service.reports.revenue_share import CategoryShare, revenue_shares
from catalog_service.reports.summary import CategorySummary, category_summaries
from catalog_service.reports.top_products import TopProduct, top_products
from common.json_provider import exact_json, read_exact_json


class Kind(NamedTuple):
    """A kind of report: a list of lines, each an object of `line`."""

    name: str
    line: type[Any]
    """A dataclass; its fields' names are those of the JSON and the headings of the CSV."""
    lines: Callable[[Connection, str], Sequence[Any]]
    """Works the report out in a snapshot, for a category where one is named. Raises SQLAlchemy's errors."""


SUMMARY = Kind("summary", CategorySummary, lambda connection, _: category_summaries(connection))
TOP_PRODUCTS = Kind("top-products", TopProduct, top_products)
REVENUE_SHARE = Kind("revenue-share", CategoryShare, lambda connection, _: revenue_shares(connection))
PRICE_DISTRIBUTION = Kind("price-distribution", PriceBand, lambda connection, _: price_bands(connection))
DATA_QUALITY = Kind("data-quality", Quality, lambda connection, _: data_quality(connection))

_SOURCES = sorted(Path(__file__).parent.glob("*.py"))
EDITION = hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:8]
"""Names this code: what other code made of the same products is another report."""


def report_json(lines: Iterable[Any]) -> bytes:
    """Write a report's lines as its JSON body."""
    return exact_json({"items": [vars(line) for line in lines]}).encode()


def items_of(body: bytes) -> list[dict[str, Any]]:
    """Read a report's lines back from its body, their numbers with all their digits."""
    items: list[dict[str, Any]] = read_exact_json(body)["items"]
    return items


def report_csv(line: type[Any], items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write a report's items as CSV (RFC 4180), a line at a time, the field names first.

    A text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV Injection"). A
    list is one cell: its JSON.
    """
    names = [field.name for field in fields(line)]
    yield _csv_line(names)
    for item in items:
        yield _csv_line(_cell(item[name]) for name in names)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return exact_json(value)
    return harmless(value) if isinstance(value, str) else value


def _csv_line(cells: Iterable[object]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
