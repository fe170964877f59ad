"""Changing products one at a time, beside uploads and beside each other.

A change is a transaction of the store that uploads are loaded by, with the same locks and the same rows. It
gets a revision of its own, so that the undo of an earlier upload finds the product changed since.
"""

import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from catalog_service.catalog_version import products_changed
from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.row_format import FIRST_LINE, NULL, cells_of, escaped
from catalog_service.ingest.store import Changed, Store, Table, content_of
from catalog_service.products import NoSuchProduct, StoredProduct
from common.json_provider import plain_decimal

T = TypeVar("T")

_LABEL = str(FIRST_LINE).encode()

Cells = Mapping[str, str | None]
"""Checked cells by their columns, as a file would have them; None is a number that is not known."""


Precondition = Callable[[str | None], None]
"""Takes the tag of the stored product, or None if there is none, before it changes. Raises a Refusal."""


class Put(NamedTuple):
    """A product as it was put, and whether there was none before."""

    product: StoredProduct
    created: bool


class ProductEdits:
    """Changes of single products.

    All raise what the precondition raises, and StoreUnavailable, StoreBusy and OutcomeUnknown as Store says.
    """

    def __init__(self, store: Store) -> None:
        """Change what is in `store`, whose waits should be shorter than those of uploads."""
        self._store = store

    def put(self, product_id: str, cells: Cells, precondition: Precondition) -> Put:
        """Make a product, or replace the one with this id; `cells` are all but the id."""

        def work(table: Table) -> Put:
            old = _stored(table, product_id)
            precondition(None if old is None else old.tag)
            new = _product(product_id, cells)
            _write(table, old, new, cells)
            return Put(new, created=old is None)

        return self._store.transact(work)

    def patch(self, product_id: str, changes: Cells, precondition: Precondition) -> StoredProduct:
        """Change those of a product's cells that are given. Raises NoSuchProduct."""

        def work(table: Table) -> StoredProduct:
            old = _stored(table, product_id)
            if old is None:
                raise NoSuchProduct
            precondition(old.tag)
            cells = {**_cells(old), **changes}
            new = _product(product_id, cells)
            _write(table, old, new, cells)
            return new

        return self._store.transact(work)

    def delete(self, product_id: str, precondition: Precondition) -> None:
        """Delete a product. Raises NoSuchProduct."""

        def work(table: Table) -> None:
            old = _stored(table, product_id)
            if old is None:
                raise NoSuchProduct
            precondition(old.tag)
            table.delete([_key(product_id)])
            products_changed(table.connection)

        self._store.transact(work)


def _key(product_id: str) -> bytes:
    return escaped(product_id).encode()


def _stored(table: Table, product_id: str) -> StoredProduct | None:
    """Give the stored product, which stays as it is until the transaction ends."""
    key = _key(product_id)
    stored = table.ask([key])().get(key)
    if stored is None:
        return None
    cells = cells_of(b"\t".join((key, _LABEL, content_of(stored))))
    return _product(product_id, dict(zip(COLUMNS[1:], cells[1:], strict=True)))


def _write(table: Table, old: StoredProduct | None, new: StoredProduct, cells: Cells) -> None:
    """Store a product that differs from the old one. Raises Changed if another came between."""
    if new == old:
        return
    texts = [NULL.decode() if cells[name] is None else escaped(cells[name] or "") for name in COLUMNS[1:]]
    row = "\t".join([escaped(new.product_id), _LABEL.decode(), *texts])
    replaced = table.write([Chunk(row.encode() + b"\n", 1)], revision=_revision())
    if replaced != (old is not None):
        raise Changed
    products_changed(table.connection)


def _revision() -> int:
    """Make a number that no upload and no other change has, by chance: a counter would be waited for."""
    return -1 - secrets.randbelow(2**63 - 1)


def _product(product_id: str, cells: Cells) -> StoredProduct:
    """Read cells as the database does."""

    def read(column: str, number: Callable[[str], T]) -> T | None:
        cell = cells[column]
        return number(cell) if cell else None

    return StoredProduct(
        product_id,
        cells["product_name"] or "",
        cells["category"] or "",
        read("price", lambda cell: plain_decimal(Decimal(cell))),
        read("quantity_sold", int),
        read("rating", float),
        read("review_count", int),
    )


def _cells(product: StoredProduct) -> Cells:
    numbers = vars(product).items()
    return {name: value if value is None else str(value) for name, value in numbers if name in COLUMNS[1:]}
