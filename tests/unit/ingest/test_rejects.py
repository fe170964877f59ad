"""The rejected rows of a file, to repair and send again."""

import csv
import io

import pytest

from catalog_service.formulas import NEUTRALISED
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import Blank, OnError
from catalog_service.ingest.rejects import LINE, REASONS
from catalog_service.ingest.report import Code
from tests.unit.ingest.files import HEADER, csv_file, line, load, open_file, problems, products_of

GOOD_ROW = line(product_id="good")


def rejects_of(content: str | bytes, limits: Limits = Limits(), blank: Blank = Blank.ERROR) -> str:  # noqa: B008
    """Give the rejects file of a file that has a good row too."""
    file = io.BytesIO()
    checked = open_file(content, limits, file, on_error=OnError.SKIP, blank=blank)
    products_of(checked)
    checked.close()
    return file.getvalue().decode()


def rows_of(rejects: str) -> list[dict[str, str]]:
    """Read a rejects file, each of whose rows has all of its columns."""
    header, *rows = csv.reader(io.StringIO(rejects, newline="\n"), strict=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_good_file_has_a_rejects_file_of_its_header_alone() -> None:
    assert rejects_of(csv_file(GOOD_ROW)) == f"{HEADER},{LINE},{REASONS},{NEUTRALISED}\n"


@pytest.mark.parametrize("limits", [Limits(), Limits(run_bytes=KIB)], ids=["one run", "many runs"])
def test_every_row_that_is_rejected_for_its_cells_is_there_once_with_line_and_reasons(limits: Limits) -> None:
    bad = {
        3: line(product_id="1", price="x", rating="-1"),
        4: line(product_id="x" * 65),
        5: line(product_id="nul", product_name="a\0b"),
        6: line(product_id="twice"),
        7: line(product_id="twice", category="Other"),
        8: line(product_id="", review_count="1.5"),
    }
    rows = rows_of(rejects_of(csv_file(GOOD_ROW, *bad.values()), limits))
    found = {int(row[LINE]): ",".join(row[column] for column in COLUMNS) for row in rows}
    assert len(rows) == len(bad)
    assert found == bad | {3: line(product_id="1", price="x", rating="'-1")}
    reasons = {int(row[LINE]): row[REASONS] for row in rows}
    assert reasons[3] == "price must be a plain number such as 12.50. rating must not be negative."
    assert (reasons[6], reasons[7]) == (
        "This product_id stands on line 7 too.",
        "This product_id stands on line 6 too.",
    )


def test_cells_keep_every_character_also_those_of_ignored_columns() -> None:
    name = '"a ""quoted""\nname, ; \t\u2028"'
    rejects = rejects_of(f'note,{HEADER}\nx,{GOOD_ROW}\n"n,\n",{line(product_name=name, price="x")}\n')
    (row,) = rows_of(rejects)
    assert row["product_name"] == 'a "quoted"\nname, ; \t\u2028'
    assert (row["note"], row["price"], row[LINE]) == ("n,\n", "x", "3")


def test_columns_stand_where_they_stood() -> None:
    names = ["note", *reversed(COLUMNS)]
    content = (
        ",".join(names) + "\n" + ",".join(["n", *reversed(GOOD_ROW.split(","))]) + "\n" + ",".join("x" * 8)
    )
    rejects = rejects_of(content)
    assert rejects.splitlines()[0] == ",".join([*names, LINE, REASONS, NEUTRALISED])


def test_short_and_long_rows_keep_the_cells_that_have_a_column() -> None:
    short, long = rows_of(rejects_of(csv_file(GOOD_ROW, "P1,Lamp", line(product_id="P2") + ",more")))
    assert [short[column] for column in COLUMNS] == ["P1", "Lamp", "", "", "", "", ""]
    assert ",".join(long[column] for column in COLUMNS) == line(product_id="P2")
    assert "2 cells" in short[REASONS]
    assert "8 cells" in long[REASONS]


def test_records_that_are_no_csv_are_there_by_line_and_reason_alone() -> None:
    rows = rows_of(rejects_of(csv_file(GOOD_ROW, line(product_name='"a"b'), line(product_name='"open'))))
    assert [(row[LINE], row["product_id"]) for row in rows] == [("3", ""), ("4", "")]
    assert all(row[REASONS] for row in rows)


def test_bytes_that_are_not_utf8_have_no_character_but_a_reason() -> None:
    content = csv_file(GOOD_ROW, line(product_name="café")).encode().replace("é".encode(), b"\xe9")
    (row,) = rows_of(rejects_of(content))
    assert row["product_name"] == "caf?"
    assert "UTF-8" in row[REASONS]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("column", ["product_id", "product_name", "category", "note"])
def test_no_cell_can_run_in_a_spreadsheet(start: str, column: str) -> None:
    cells = {name: f'"{start}1"' for name in (column,) if name in COLUMNS}
    note = f'"{start}1"' if column == "note" else "n"
    (row,) = rows_of(rejects_of(f"{HEADER},note\n{GOOD_ROW},n\n{line(**cells, price='x')},{note}\n"))
    assert (row[column], row[NEUTRALISED]) == (f"'{start}1", column)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_no_name_of_a_column_can_run_in_a_spreadsheet() -> None:
    rejects = rejects_of(f"{HEADER},=1+1\n{GOOD_ROW},n\n{line(price='x')},n\n")
    assert rejects.splitlines()[0] == f"{HEADER},'=1+1,{LINE},{REASONS},{NEUTRALISED}"
    assert rows_of(rejects)[0]["'=1+1"] == "n"


def test_a_repaired_rejects_file_gives_the_texts_as_they_were() -> None:
    texts = ["=1+1", "'=1+1", "-5", "'quoted'", "''", "+", "@a b"]
    bad = [
        line(product_id=f"{n}", product_name=text, category=text, price="x") for n, text in enumerate(texts)
    ]
    repaired = rejects_of(csv_file(GOOD_ROW, *bad)).replace(",x,", ",1,")
    assert [product[1:3] for product in load(repaired)] == [(text, text) for text in texts]


def test_a_carriage_return_survives_the_repair() -> None:
    repaired = rejects_of(csv_file(GOOD_ROW, line(product_name='"a\rb"', category='"\r"', price="x")))
    assert load(repaired.replace('"x"', "1"))[0][1:3] == ("a\rb", "\r")


def test_a_rejects_file_can_be_rejected_again_and_again_without_growing() -> None:
    first = rejects_of(
        csv_file(GOOD_ROW, line(product_name="=1", price="x"), line(product_id="'=2", price="y"))
    )
    again = first + first.splitlines()[1].replace("P1,'=1", "other,Lamp").replace(",x,", ",1,")
    second = rejects_of(again)
    assert [row["product_name"] for row in rows_of(second)] == ["'=1", "Lamp"]
    assert second.splitlines()[0] == first.splitlines()[0]
    assert [row["product_id"] for row in rows_of(second)] == ["P1", "'=2"]


@pytest.mark.parametrize(
    ("column", "longest"), [("product_id", 64), ("product_name", 255), ("category", 128)]
)
def test_lengths_are_those_of_the_text_without_its_mark(column: str, longest: int) -> None:
    header = f"{HEADER},{NEUTRALISED}\n"
    fits, too_long = "'=" + "x" * (longest - 1), "'=" + "x" * longest
    (product,) = load(f"{header}{line(**{column: fits})},{column}\n")
    assert product[COLUMNS.index(column)] == fits[1:]
    assert problems(f"{header}{line(**{column: too_long})},{column}\n") == [(2, column, Code.TOO_LONG)]
    assert problems(f"{header}{line(**{column: fits})},\n") == [(2, column, Code.TOO_LONG)], "not named"


def test_a_mark_alone_is_a_blank_cell_where_it_is_named() -> None:
    content = f"{HEADER},{NEUTRALISED}\n{line(product_name=chr(39))},product_name\n"
    assert problems(content) == [(2, "product_name", Code.BLANK)]


def test_names_that_are_no_columns_and_rows_of_another_width_restore_nothing() -> None:
    header = f"{HEADER},{NEUTRALISED}\n"
    (product,) = load(f"{header}{line(product_name=chr(39) + 'a')},note  nothing {NEUTRALISED}\n")
    assert product[1] == "'a"
    assert problems(f"{header}{line()}\n{line()},product_name,more\n") == [
        (2, None, Code.TOO_FEW_CELLS),
        (3, None, Code.TOO_MANY_CELLS),
    ]


def test_a_column_whose_name_holds_blanks_restores_no_other() -> None:
    content = f"{HEADER},old product_name\n{GOOD_ROW},n\n{line(product_name=chr(39) + 'a', price='x')},=1\n"
    repaired = rejects_of(content).replace(",x,", ",1,")
    assert load(repaired)[0][1] == "'a"


def test_unnamed_columns_do_not_move_the_others() -> None:
    content = f",{HEADER},,\n1,{GOOD_ROW},,\n1,{line(price='x')},2,3\n"
    (row,) = rows_of(rejects_of(content))
    assert (row["product_id"], row["price"], row[LINE]) == ("P1", "x", "3")


def test_blank_cells_are_blank_again() -> None:
    bad = [line(product_id="a", rating="", price="x"), line(product_id="2", price=""), line(product_id="2")]
    for blank in (Blank.NULL, Blank.KEEP):
        rows = rows_of(rejects_of(csv_file(GOOD_ROW, *bad), blank=blank))
        assert [(row["rating"], row["price"]) for row in rows] == [("", "x"), ("4.5", ""), ("4.5", "12.50")]
