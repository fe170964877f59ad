"""What a blank cell means, column by column."""

import pytest

from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Blank
from catalog_service.ingest.report import Code
from catalog_service.ingest.row_format import KEEP, NULL
from tests.unit.ingest.files import GOOD, csv_file, line, open_file, problems

NUMBERS = COLUMNS[3:]
ALLOWED = {Blank.ERROR: (), Blank.NULL: NUMBERS, Blank.KEEP: COLUMNS[1:]}
MARKS = {Blank.NULL: NULL, Blank.KEEP: KEEP}
CASES = [(blank, column) for blank in Blank for column in COLUMNS]


def raw_cells(content: str, blank: Blank) -> list[list[bytes]]:
    """Give the cells of the good rows as they are sent to a database."""
    checked = open_file(content, blank=blank)
    rows = [row for chunk in checked.chunks() for row in chunk.data[:-1].split(b"\n")]
    checked.close()
    return [[cell for place, cell in enumerate(row.split(b"\t")) if place != 1] for row in rows]


@pytest.mark.parametrize(("blank", "column"), CASES)
@pytest.mark.parametrize("others", [0, 3])
def test_a_blank_cell_is_allowed_where_the_option_gives_it_a_meaning(
    blank: Blank, column: str, others: int
) -> None:
    content = csv_file(line(**{column: ""}), *(line(product_id=f"Q{number}") for number in range(others)))
    if column in ALLOWED[blank]:
        first, *rest = raw_cells(content, blank)
        expected = [cell.encode() for cell in (GOOD | {column: ""}).values()]
        assert first == [cell or MARKS[blank] for cell in expected]
        assert not any(MARKS[blank] in row for row in rest)
        assert len(rest) == others
    else:
        assert problems(content, blank=blank) == [(2, column, Code.BLANK)]


@pytest.mark.parametrize("blank", Blank)
@pytest.mark.parametrize("column", NUMBERS)
def test_blanks_are_no_blank_cell(blank: Blank, column: str) -> None:
    assert problems(csv_file(line(**{column: "  "})), blank=blank) == [(2, column, Code.BLANK)]


@pytest.mark.parametrize("blank", [Blank.NULL, Blank.KEEP])
def test_other_cells_are_checked_as_ever(blank: Blank) -> None:
    bad = line(product_id="", product_name="x" * 256, price="-1", quantity_sold="1.5", rating="x")
    assert problems(csv_file(bad, line(price="")), blank=blank) == [
        (2, "product_id", Code.BLANK),
        (2, "product_name", Code.TOO_LONG),
        (2, "price", Code.NEGATIVE),
        (2, "quantity_sold", Code.NOT_AN_INTEGER),
        (2, "rating", Code.NOT_A_NUMBER),
    ]


@pytest.mark.parametrize("blank", Blank)
@pytest.mark.parametrize("text", ["\\N", "\\K", "NULL", "\\", "\\\\N"])
def test_no_text_is_taken_for_a_blank_cell(blank: Blank, text: str) -> None:
    (row,) = raw_cells(csv_file(line(product_id=text, product_name=text, category=text)), blank)
    assert not {NULL, KEEP} & set(row)
    assert row[:3] == [text.replace("\\", "\\\\").encode()] * 3


@pytest.mark.parametrize("number", ["\\N", "\\K"])
def test_no_number_can_be_written_as_the_mark_of_a_blank_cell(number: str) -> None:
    for blank in Blank:
        assert problems(csv_file(line(price=number)), Limits(), blank=blank) == [
            (2, "price", Code.NOT_A_NUMBER)
        ]
