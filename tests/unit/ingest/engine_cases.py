"""What the engine does to a database, by every option: the same cases for SQLite and for MySQL."""

import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from catalog_service.ingest.engine import ingest
from catalog_service.ingest.failures import RejectedRows
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Blank, Mode, OnError, Options, Plan
from catalog_service.ingest.parts import PartKind
from catalog_service.ingest.report import Code
from catalog_service.ingest.result import Result
from catalog_service.ingest.store import Store
from catalog_service.ingest.undo import undo
from catalog_service.models import Product
from tests.unit.ingest.files import csv_file, line
from tests.unit.ingest.uploading import RecordOfOne, part_of

Counts = tuple[int, int, int]
Row = dict[str, Any]


class Catalog:
    """A database with the service's tables, and the uploads that are made to it."""

    def __init__(self, engine: Engine, store: Store) -> None:
        """Use an engine for looking and a store for loading."""
        self.engine = engine
        self.store = store
        self.number = 0
        self.rejects = ""

    def upload(self, *lines: str, limits: Limits = Limits(), **options: Any) -> Result:  # noqa: B008 - immutable
        """Upload records under the usual header."""
        return self.upload_file(csv_file(*lines), limits=limits, **options)

    def upload_file(self, content: str, limits: Limits = Limits(), **options: Any) -> Result:  # noqa: B008
        """Upload a file."""
        record = self._next_record()
        try:
            return ingest(
                io.BytesIO(content.encode()),
                self.store,
                record=record,
                spool_dir=Path(tempfile.gettempdir()),
                plan=Plan(Options(**options), limits),
            )
        finally:
            self.rejects = record.rejects or self._part("rejects")

    def undo(self, number: int) -> Result:
        """Undo an upload."""
        result = undo(number, self.store, record=self._next_record(), spool_dir=Path(tempfile.gettempdir()))
        self.rejects = self._part("rejects")
        return result

    def products(self) -> list[Row]:
        """Give all products, without their revisions."""
        with self.engine.connect() as connection:
            query = select(Product.__table__).order_by(Product.product_id)
            rows = connection.execute(query).mappings().all()
        return [{name: value for name, value in row.items() if name != "revision"} for row in rows]

    def names(self) -> dict[str, str]:
        """Give the products' names by their ids."""
        return {row["product_id"]: row["product_name"] for row in self.products()}

    def _next_record(self) -> RecordOfOne:
        self.number += 1
        return RecordOfOne(self.number)

    def _part(self, kind: PartKind) -> str:
        with self.engine.connect() as connection:
            return part_of(connection, self.number, kind)


def counts(result: Result) -> Counts:
    """Give what became of the good rows."""
    return result.created, result.updated, result.unchanged


# A limit of 0 has even the smallest file checked by a process of its own.
HERE, ELSEWHERE = Limits(), Limits(in_process_bytes=0)


class EngineCases:
    """The cases; a subclass says by its fixture `catalog` on which database."""

    @pytest.mark.parametrize("limits", [HERE, ELSEWHERE], ids=["here", "elsewhere"])
    def test_rows_are_counted_as_created_updated_or_unchanged(self, catalog: Catalog, limits: Limits) -> None:
        assert counts(catalog.upload(line(product_id="A"), line(product_id="B"), limits=limits)) == (2, 0, 0)
        second = [line(product_id="A"), line(product_id="B", product_name="New"), line(product_id="C")]
        assert counts(catalog.upload(*second, limits=limits)) == (1, 1, 1)
        assert catalog.names() == {"A": "Lamp", "B": "New", "C": "Lamp"}

    @pytest.mark.parametrize(
        "cells",
        [
            {"product_name": '"a\tb"'}, {"product_name": '"a\nb"'}, {"product_name": "a\\b\\N"},
            {"product_name": "\\K"}, {"category": "\u2028'\""}, {"price": "12.500000"}, {"price": "0012.5"},
            {"rating": "4.50"}, {"rating": "0.00001"}, {"rating": "123456789012345"}, {"price": "-0"},
            {"quantity_sold": "007"}, {"quantity_sold": str(2**63 - 1)}, {"price": "999999999999.999999"},
        ],
    )  # fmt: skip
    def test_the_same_file_again_changes_nothing(self, catalog: Catalog, cells: dict[str, str]) -> None:
        catalog.upload(line(**cells))
        before = catalog.products()
        assert counts(catalog.upload(line(**cells))) == (0, 0, 1)
        assert catalog.products() == before

    def test_ids_are_told_apart_by_bytes_when_they_are_looked_up(self, catalog: Catalog) -> None:
        ids = [
            "Tea",
            "tea",
            "téa",
            "te\u0301a",
            "tea ",
            '"te\ta"',
            '"te\na"',
            "te\\a",
            "\U0001f375",
            "te\x01a",
        ]
        catalog.upload(*[line(product_id=product_id) for product_id in ids])
        again = [line(product_id=product_id, product_name="New") for product_id in ids[1:]]
        assert counts(catalog.upload(*again, line(product_id="teb"))) == (1, len(ids) - 1, 0)
        assert [name for product_id, name in catalog.names().items() if name != "New"] == ["Lamp", "Lamp"]

    @pytest.mark.parametrize("stored", [3_000, 30_000], ids=["dense", "sparse"])
    def test_stored_products_are_found_among_few_and_among_many_others(
        self, catalog: Catalog, stored: int
    ) -> None:
        catalog.upload(*[line(product_id=f"{number:06}") for number in range(stored)])
        some = [f"{number:06}" for number in range(0, stored, stored // 1_000)]
        changed = [line(product_id=product_id, product_name="New") for product_id in some]
        assert counts(catalog.upload(*changed, line(product_id="x"))) == (1, len(some), 0)
        assert {product_id for product_id, name in catalog.names().items() if name == "New"} == set(some)

    def test_insert_refuses_stored_products(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"))
        with pytest.raises(RejectedRows) as refusal:
            catalog.upload(line(product_id="B"), line(product_id="A"), mode=Mode.INSERT)
        assert [(error.line, error.code) for error in refusal.value.report.errors] == [(3, Code.EXISTS)]
        assert catalog.names() == {"A": "Lamp"}
        assert "A,Lamp,Light,12.50,3,4.5,7,3," in catalog.rejects

    def test_update_refuses_new_products(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"))
        with pytest.raises(RejectedRows) as refusal:
            catalog.upload(line(product_id="B"), line(product_id="A", product_name="New"), mode=Mode.UPDATE)
        assert [(error.line, error.code) for error in refusal.value.report.errors] == [
            (2, Code.UNKNOWN_PRODUCT)
        ]
        assert catalog.names() == {"A": "Lamp"}

    def test_skip_loads_the_good_rows_and_keeps_the_bad_ones_to_repair(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"))
        result = catalog.upload(
            line(product_id="A", product_name="New"), line(product_id="B"), line(product_id="C", price="x"),
            mode=Mode.UPDATE, on_error=OnError.SKIP,
        )  # fmt: skip
        assert counts(result) == (0, 1, 0)
        assert result.report.rejected_total == 2
        assert catalog.names() == {"A": "New"}
        repaired = catalog.rejects.replace(",x,", ",1,")
        assert counts(catalog.upload_file(repaired)) == (2, 0, 0)

    def test_skip_with_no_good_row_is_a_refusal(self, catalog: Catalog) -> None:
        with pytest.raises(RejectedRows):
            catalog.upload(line(price="x"), on_error=OnError.SKIP)
        assert catalog.products() == []

    def test_of_an_id_that_stands_twice_no_row_is_loaded(self, catalog: Catalog) -> None:
        twice = [line(product_id="A"), line(product_id="B"), line(product_id="A", product_name="Other")]
        result = catalog.upload(*twice, on_error=OnError.SKIP)
        assert catalog.names() == {"B": "Lamp"}
        assert [(error.line, error.code) for error in result.report.errors] == [
            (2, "duplicate"),
            (4, "duplicate"),
        ]

    def test_a_dry_run_counts_as_the_real_run_does_and_writes_nothing(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"), line(product_id="B"))
        before = catalog.products()
        rows = [line(product_id="A", product_name="New"), line(product_id="B"), line(product_id="C")]
        assert counts(catalog.upload(*rows, dry_run=True)) == (1, 1, 1)
        assert catalog.products() == before
        assert counts(catalog.upload(*rows)) == (1, 1, 1)

    def test_a_blank_number_is_unknown_if_asked_for(self, catalog: Catalog) -> None:
        blank = line(product_id="A", price="", quantity_sold="", rating="", review_count="")
        assert counts(catalog.upload(blank, blank=Blank.NULL)) == (1, 0, 0)
        stored = catalog.products()[0]
        assert [stored[name] for name in ("price", "quantity_sold", "rating", "review_count")] == [None] * 4
        assert counts(catalog.upload(blank, blank=Blank.NULL)) == (0, 0, 1)
        assert counts(catalog.upload(line(product_id="A"), blank=Blank.NULL)) == (0, 1, 0)

    def test_a_blank_cell_keeps_the_stored_value_if_asked_for(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A", product_name="\\K"))
        assert counts(catalog.upload(line(product_id="A", product_name="", price=""), blank=Blank.KEEP)) == (
            0,
            0,
            1,
        )
        changed = catalog.upload(line(product_id="A", product_name="", price="9"), blank=Blank.KEEP)
        assert counts(changed) == (0, 1, 0)
        assert catalog.names() == {"A": "\\K"}
        assert catalog.products()[0]["price"] == Decimal(9)

    def test_a_blank_cell_of_a_new_product_has_nothing_to_keep(self, catalog: Catalog) -> None:
        with pytest.raises(RejectedRows) as refusal:
            catalog.upload(line(product_id="A", rating=""), blank=Blank.KEEP)
        assert [(error.column, error.code) for error in refusal.value.report.errors] == [
            ("rating", Code.BLANK)
        ]

    @pytest.mark.parametrize("blank", [Blank.NULL, Blank.KEEP])
    def test_an_id_is_never_blank(self, catalog: Catalog, blank: Blank) -> None:
        with pytest.raises(RejectedRows):
            catalog.upload(line(product_id=""), blank=blank)
