"""Products in one file, in key order: a CSV that changes nothing if uploaded again, or JSON lines.

The file is one moment's: all of it is read in one read-only transaction that sees what was committed when it
began, so that an upload which commits meanwhile is in it as a whole or not at all. The products are read page
by page, each page by a short statement of its own, and a page is forgotten once it is sent.

The transaction is held only while the file is read. Behind the gateway that is as fast as the database gives
it, since nginx takes up to 1 GiB of an answer to its disk for a slow client; LONGEST_SECONDS bounds it where
nothing does so. What is beyond that, and what fails midway, ends the answer before its end, which a client
sees (RFC 9112, section 8): it had its 200 already.
"""

import csv
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from io import StringIO
from typing import Any

from sqlalchemy import Connection, Engine, Row

from catalog_service.formulas import NEUTRALISED, neutralised
from catalog_service.ingest.columns import COLUMNS, TEXT_COLUMNS
from catalog_service.product_queries import Filters, export_query
from catalog_service.snapshot import snapshot
from common.json_provider import exact_json

PAGE_ROWS = 2_000
"""The products in memory at once."""
LONGEST_SECONDS = 600
"""How long one export may hold its transaction."""

_TEXT_COLUMNS = COLUMNS[:TEXT_COLUMNS]
_ALL = Filters()
_LARGEST_RATING = 1e15


class ExportTookTooLong(Exception):
    """The export was given up, as its transaction was held for LONGEST_SECONDS."""


def export_products(
    engine: Engine, filters: Filters = _ALL, clock: Callable[[], float] = time.monotonic
) -> Generator[bytes, None, None]:
    """Give the CSV file (RFC 4180, UTF-8) of the products that are wanted, in pieces of up to PAGE_ROWS.

    Its columns are the contract's and NEUTRALISED. The first piece holds the header too, and once it is there
    the moment of the file is fixed. Closing the generator ends the transaction. A number that is NULL is a
    blank cell: an upload with `?blank=null` reads it back.

    Raises SQLAlchemy's errors, and ExportTookTooLong.
    """
    header = [(*COLUMNS, NEUTRALISED)]
    with closing(_in_time(engine, filters, clock)) as pages:
        for page in pages:
            yield _as_csv([*header, *map(_cells, page)])
            header = []


def export_json_lines(
    engine: Engine, filters: Filters = _ALL, clock: Callable[[], float] = time.monotonic
) -> Generator[bytes, None, None]:
    """Give a JSON object for each product, a line each (UTF-8), in pieces as `export_products` does.

    Texts are as they are stored, and a price has all its digits. A number that is NULL is null.
    """
    with closing(_in_time(engine, filters, clock)) as pages:
        for page in pages:
            yield "".join(f"{exact_json(product._asdict())}\n" for product in page).encode()


def _in_time(
    engine: Engine, filters: Filters, clock: Callable[[], float]
) -> Generator[Sequence[Row[Any]], None, None]:
    deadline = clock() + LONGEST_SECONDS
    with snapshot(engine) as connection:
        for page in _pages(connection, filters):
            if clock() > deadline:
                raise ExportTookTooLong
            yield page


def _pages(connection: Connection, filters: Filters) -> Iterator[Sequence[Row[Any]]]:
    """Give the products in pages; of no products one page, an empty one."""
    after, is_last = "", False
    while not is_last:
        page = connection.execute(export_query(filters, PAGE_ROWS, after, connection.dialect.name)).all()
        yield page
        is_last = len(page) < PAGE_ROWS
        after = "" if is_last else page[-1].product_id


def _as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(product: Row[Any]) -> Sequence[str]:
    price, quantity_sold, rating, review_count = product[TEXT_COLUMNS:]
    texts, changed = neutralised(dict(zip(_TEXT_COLUMNS, product, strict=False)))
    return (*texts, _number(price), _number(quantity_sold), _rating(rating), _number(review_count), changed)


def _number(value: Decimal | int | None) -> str:
    return "" if value is None else str(value)


def _rating(value: float | None) -> str:
    """Write the shortest plain decimal, of no more digits than a file may have, that reads as this double."""
    if value is None:
        return ""
    if value == _LARGEST_RATING:
        # What is read as 10^15 and has 15 digits before the point: a file that said so was stored so.
        return "999999999999999.99"
    text = repr(value)
    # Uploads take no exponents.
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")
