"""What an undo does to a database: the same cases for SQLite and for MySQL."""

from catalog_service.ingest.options import Blank
from catalog_service.ingest.report import Code
from tests.unit.ingest.engine_cases import Catalog
from tests.unit.ingest.files import line


class UndoCases:
    """The cases; a subclass says by its fixture `catalog` on which database."""

    def test_undo_puts_back_what_an_upload_changed_and_deletes_what_it_made(self, catalog: Catalog) -> None:
        catalog.upload(
            line(product_id="A", product_name='"a\tb\\\n"'), line(product_id="B", price="1.234567")
        )
        before = catalog.products()
        catalog.upload(
            line(product_id="A"), line(product_id="B", price=""), line(product_id="C"), blank=Blank.NULL
        )
        result = catalog.undo(2)
        assert (result.updated, result.deleted, result.report.rejected_total) == (2, 1, 0)
        assert catalog.products() == before

    def test_uploads_can_be_undone_one_after_the_other_and_the_undoing_undone(self, catalog: Catalog) -> None:
        states = [catalog.products()]
        for name in ("One", "Two", "Three"):
            catalog.upload(line(product_id="A", product_name=name), line(product_id=name))
            states.append(catalog.products())
        for number, state in ((3, 2), (2, 1), (1, 0)):
            catalog.undo(number)
            assert catalog.products() == states[state]
        for number, state in ((6, 1), (5, 2), (4, 3)):
            catalog.undo(number)
            assert catalog.products() == states[state]

    def test_undo_keeps_and_names_what_was_changed_since(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"), line(product_id="B"))
        catalog.upload(line(product_id="B", product_name="Newer"))
        result = catalog.undo(1)
        assert (result.deleted, result.report.rejected_total) == (1, 1)
        assert [(error.value, error.code) for error in result.report.errors] == [("B", Code.CHANGED_SINCE)]
        assert catalog.names() == {"B": "Newer"}
        assert "B,Newer," in catalog.rejects

    def test_an_upload_that_is_undone_twice_is_undone_once(self, catalog: Catalog) -> None:
        catalog.upload(line(product_id="A"))
        catalog.undo(1)
        result = catalog.undo(1)
        assert (result.deleted, result.report.rejected_total) == (0, 1)
        assert catalog.products() == []
