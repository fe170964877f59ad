"""Cells that a spreadsheet would run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_service.formulas import MARK, STARTS, harmless, neutralised

cells = st.text() | st.builds("".join, st.tuples(st.sampled_from([*STARTS, MARK]), st.text()))


def restored(safe: list[str], changed: str, columns: list[str]) -> list[str]:
    """Undo what NEUTRALISED says was done, and nothing else."""
    named = changed.split()
    pairs = zip(columns, safe, strict=True)
    return [cell.removeprefix(MARK) if column in named else cell for column, cell in pairs]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_as_a_formula_gets_an_apostrophe(start: str) -> None:
    """U37."""
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("cell", ["", "a", "a=1", " =1", "'=1", "''", '"=1"', "5", "\u22121", " \uff1d1"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_the_changed_cells_are_named_by_their_columns() -> None:
    row = {"product_id": "-1", "product_name": "'=quoted", "category": "@home"}
    assert neutralised(row) == (["'-1", "'=quoted", "'@home"], "product_id category")


def test_a_row_without_formulas_names_none() -> None:
    assert neutralised({"product_id": "1", "product_name": "'=quoted"}) == (["1", "'=quoted"], "")


@given(st.lists(cells, min_size=1, max_size=4))
def test_what_was_changed_is_harmless_and_can_be_undone(row: list[str]) -> None:
    columns = [f"column_{number}" for number in range(len(row))]
    safe, changed = neutralised(dict(zip(columns, row, strict=True)))
    assert not any(cell.startswith(STARTS) for cell in safe)
    assert restored(safe, changed, columns) == row
