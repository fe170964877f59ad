"""Lines, records, and where an error stands."""

import pytest

from catalog_service.ingest.limits import Limits
from catalog_service.ingest.records import LONGEST_CELL
from catalog_service.ingest.report import Code
from catalog_service.ingest.source import LONGEST_LINE
from tests.unit.ingest.files import HEADER, csv_file, line, load, problems, refuse

BLOCK_BYTES = Limits().block_bytes
BAD = line(product_id="bad", price="x")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    content = csv_file(line(product_name='"two\nlines"'), "", BAD, "", "", line(product_id='"\n\n3"'), BAD)
    assert [where for where, _, _ in problems(content)] == [5, 11]


@pytest.mark.parametrize("blank", ["\n", "\r\n", "\n\r\n\n"])
def test_blank_lines_are_skipped_and_counted(blank: str) -> None:
    content = f"{blank}{HEADER}\n{blank}{line()}\n{blank}{BAD}{blank}"
    assert [where for where, _, _ in problems(content)] == [3 + 3 * blank.count("\n")]


def test_the_first_line_of_a_record_with_line_breaks_is_its_line() -> None:
    assert problems(csv_file(line(product_name='"a\nb\nc"', price="x"), line(product_id="2"))) == [
        (2, "price", Code.NOT_A_NUMBER)
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_line_ends_give_the_same_rows(end: str) -> None:
    rows = [line(product_id=str(number)) for number in range(3)]
    assert load(end.join([HEADER, *rows, ""])) == load(csv_file(*rows))


def test_line_ends_may_be_mixed_and_the_last_may_lack() -> None:
    assert len(load(f"{HEADER}\r\n{line()}\n{line(product_id='2')}\r\n{line(product_id='3')}")) == 3


def test_a_carriage_return_alone_ends_no_line() -> None:
    rows = f"{HEADER}\r{line()}\r"
    assert problems(rows) == [(1, None, Code.CARRIAGE_RETURN)]
    assert problems(csv_file(line(), line() + "\r" + line())) == [(3, None, Code.CARRIAGE_RETURN)]


def test_short_and_long_rows_are_refused() -> None:
    report = refuse(csv_file("a,b", line(), line() + ",more", "lonely"))
    assert [(error.line, error.code) for error in report.errors] == [
        (2, Code.TOO_FEW_CELLS),
        (4, Code.TOO_MANY_CELLS),
        (5, Code.TOO_FEW_CELLS),
    ]
    assert report.rejected_total == 3
    assert report.rows == 1


def test_text_after_a_closing_quote_is_refused_and_reading_goes_on() -> None:
    content = csv_file(
        line(), line(product_name='"a"b'), BAD, line(product_name='"a" '), line(product_id="3")
    )
    report = refuse(content)
    assert [(error.line, error.code) for error in report.errors] == [
        (3, Code.TEXT_AFTER_QUOTE),
        (4, Code.NOT_A_NUMBER),
        (5, Code.TEXT_AFTER_QUOTE),
    ]
    assert report.rows == 2


def test_a_quote_inside_a_bare_cell_is_text() -> None:
    assert load(csv_file(line(product_name='27" Monitor')))[0][1] == '27" Monitor'


@pytest.mark.parametrize("rows_behind", [0, 3, 30_000])
def test_a_quote_never_closed_is_an_error_where_it_opened(rows_behind: int) -> None:
    behind = [line(product_id=f"behind {number}") for number in range(rows_behind)]
    report = refuse(csv_file(line(), BAD, line(product_id="4", product_name='"open'), *behind))
    assert [(error.line, error.code) for error in report.errors] == [
        (3, Code.NOT_A_NUMBER),
        (4, Code.UNCLOSED_QUOTE),
    ]
    assert "not checked" in report.errors[1].message


def test_a_cell_of_ten_megabytes_is_refused() -> None:
    assert problems(csv_file(line(), line(product_name="x" * 10_000_000))) == [
        (3, None, Code.RECORD_TOO_LONG)
    ]


def test_a_cell_above_the_limit_is_refused_and_reading_goes_on() -> None:
    content = csv_file(line(product_name="x" * (LONGEST_CELL + 1)), BAD)
    assert problems(content) == [(2, None, Code.CELL_TOO_LONG), (3, "price", Code.NOT_A_NUMBER)]


def test_a_record_that_never_ends_is_refused_where_it_began() -> None:
    assert problems(csv_file(line(), '"' + '\n","' * LONGEST_LINE)) == [(3, None, Code.RECORD_TOO_LONG)]


def test_a_hundred_thousand_columns_in_a_row_are_refused() -> None:
    assert problems(csv_file("," * 100_000, line())) == [(2, None, Code.TOO_MANY_CELLS)]


@pytest.mark.parametrize("length", range(BLOCK_BYTES - len(HEADER) - 120, BLOCK_BYTES - len(HEADER), 7))
def test_records_that_a_block_cuts_are_read_whole(length: int) -> None:
    note = "x" * length  # puts the block's end anywhere in the two records that follow
    rows = [line(product_id=each, product_name='"two\nlines, é茶🫖 and ""quotes"""') for each in "abc"]
    content = "\n".join(
        [f"{HEADER},note", *(f"{row},{text}" for row, text in zip(rows, [note, "", ""], strict=True))]
    )
    assert [product[1] for product in load(content)] == ['two\nlines, é茶🫖 and "quotes"'] * 3


def test_line_numbers_stay_true_over_many_blocks() -> None:
    rows = [
        line(product_id=str(number), product_name='"a\nb"' if number % 7 == 0 else "a")
        for number in range(9_000)
    ]
    content = csv_file(*rows, "", BAD)
    assert len(content) > 3 * BLOCK_BYTES
    assert problems(content) == [
        (content[: content.index("bad,")].count("\n") + 1, "price", Code.NOT_A_NUMBER)
    ]


def test_a_report_keeps_the_lowest_hundred_errors_and_counts_all() -> None:
    rows = [line(product_id=str(number), price="x", rating="") for number in range(2_000)]
    report = refuse(csv_file(*rows))
    assert [error.line for error in report.errors] == [2 + number // 2 for number in range(100)]
    assert report.totals_by_code == {Code.NOT_A_NUMBER: 2_000, Code.BLANK: 2_000}
    assert report.totals_by_column == {"price": 2_000, "rating": 2_000}
    assert report.rejected_total == 2_000
    assert report.errors_total == 4_000


def test_the_last_of_many_rows_is_checked_too() -> None:
    rows = [line(product_id=str(number)) for number in range(20_000)]
    assert problems(csv_file(*rows, BAD)) == [(20_002, "price", Code.NOT_A_NUMBER)]
