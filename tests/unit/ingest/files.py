"""CSV files to check, and what became of them."""

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from catalog_service.ingest.checked_file import CheckedFile, CheckedRows, Progress
from catalog_service.ingest.checking import checked_rows
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import InvalidFile
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Options, Plan
from catalog_service.ingest.report import Code, Report
from catalog_service.ingest.row_format import unescaped

HEADER = ",".join(COLUMNS)
GOOD = {
    "product_id": "P1",
    "product_name": "Lamp",
    "category": "Light",
    "price": "12.50",
    "quantity_sold": "3",
    "rating": "4.5",
    "review_count": "7",
}

Product = tuple[str, ...]


def ignore(_: Progress) -> None:
    """Hear of progress."""


def line(**cells: str) -> str:
    """Write a record, good but for the cells that are given; they come as they stand, quotes and all."""
    return ",".join((GOOD | cells).values())


def csv_file(*lines: str) -> str:
    """Write a file of the usual header and these lines."""
    return "\n".join([HEADER, *lines, ""])


def as_bytes(content: str | bytes) -> bytes:
    """Encode a file as most are."""
    return content.encode() if isinstance(content, str) else content


def open_file(
    content: str | bytes,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    rejects: BinaryIO | None = None,
    **options: Any,
) -> CheckedFile:
    """Read and check a file in this process."""
    plan = Plan(Options(**options), limits)
    return CheckedFile(
        io.BytesIO(as_bytes(content)), rejects or io.BytesIO(), tempfile.TemporaryFile, plan, ignore
    )


def products_of(rows: CheckedRows) -> list[Product]:
    """Give the products in the order in which they would be loaded."""
    return [product for chunk in rows.chunks() for product in parsed(chunk.data)]


def parsed(data: bytes) -> Iterator[Product]:
    """Read rows as a database does."""
    for row in data.decode().removesuffix("\n").split("\n"):
        product_id, _, *others = map(unescaped, row.split("\t"))
        yield (product_id, *others)


def load(content: str | bytes, limits: Limits = Limits(), **options: Any) -> list[Product]:  # noqa: B008
    """Give the products of a file that is all good."""
    checked = open_file(content, limits, **options)
    try:
        return products_of(checked)
    finally:
        checked.close()


def refuse(content: str | bytes, limits: Limits = Limits(), **options: Any) -> Report:  # noqa: B008
    """Give the report on a file that is refused; a test fails here if it is not."""
    try:
        products = load(content, limits, **options)
    except InvalidFile as refusal:
        return refusal.report
    raise AssertionError(f"the file was accepted: {products[:3]}")


def problems(
    content: str | bytes,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    **options: Any,
) -> list[tuple[int, str | None, Code]]:
    """Give line, column and code of each error of a refused file."""
    return [(error.line, error.column, error.code) for error in refuse(content, limits, **options).errors]


def in_a_child(content: str | bytes, spool_dir: Path, run_bytes: int = Limits().run_bytes) -> list[Product]:
    """Load a file that a process of its own checks."""
    limits = Limits(in_process_bytes=0, run_bytes=run_bytes)
    file = io.BytesIO(as_bytes(content))
    with (
        tempfile.TemporaryFile() as rejects,
        checked_rows(file, cast("BinaryIO", rejects), spool_dir, Plan(limits=limits), ignore) as rows,
    ):
        rows.wait()
        return products_of(rows)


def values(products: Sequence[Mapping[str, str]]) -> list[Product]:
    """Give products in the contract's order of columns, sorted as they are loaded."""
    return sorted(tuple(product[column] for column in COLUMNS) for product in products)
