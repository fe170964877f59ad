"""Exports of some products only, on SQLite: they hold what a list with these filters holds."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert

from catalog_service import export
from catalog_service.export import export_json_lines, export_products
from catalog_service.formulas import MARK, NEUTRALISED
from catalog_service.models import Base, Product
from catalog_service.product_queries import Filters, Order, teach_search
from common.database import prepare_engine
from tests.unit.listing_cases import FILTERS, Row, expected, products

ROWS = products(60)
FEW_ROWS = 3


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("catalog")
    engine = create_engine(f"sqlite:///{folder}/catalog.db")
    prepare_engine(engine)
    teach_search(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Product), ROWS)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is picked fill several pages."""
    monkeypatch.setattr(export, "PAGE_ROWS", FEW_ROWS)


def in_key_order(filters: Filters) -> list[Row]:
    return expected(ROWS, filters, Order("product_id"))


@pytest.mark.parametrize("filters", FILTERS)
def test_json_lines_hold_what_a_list_holds(engine: Engine, filters: Filters) -> None:
    pieces = list(export_json_lines(engine, filters))

    found = [json.loads(line, parse_float=Decimal) for line in b"".join(pieces).splitlines()]

    wanted = [row | {"rating": _exact(row["rating"])} for row in in_key_order(filters)]
    assert found == wanted
    assert [piece.count(b"\n") for piece in pieces[:-1]] == [FEW_ROWS] * (len(pieces) - 1)


@pytest.mark.parametrize("filters", FILTERS)
def test_the_csv_holds_what_a_list_holds(engine: Engine, filters: Filters) -> None:
    content = b"".join(export_products(engine, filters)).decode()

    found = list(csv.DictReader(io.StringIO(content, newline=""), strict=True))

    assert [_own_id(row) for row in found] == [row["product_id"] for row in in_key_order(filters)]


def _own_id(row: dict[str, str]) -> str:
    named = row[NEUTRALISED].split()
    return row["product_id"].removeprefix(MARK) if "product_id" in named else row["product_id"]


def _exact(rating: float | None) -> Decimal | None:
    return None if rating is None else Decimal(repr(rating))
