"""What a cell may hold."""

import time

import pytest

from catalog_service.ingest.columns import RULES
from catalog_service.ingest.report import Code
from tests.unit.ingest.files import HEADER, csv_file, line, load, problems, refuse

NO_NUMBERS = [
    "+5", " 5", "5 ", "5.", ".5", "1e5", "1E5", "1_000", "0x10", "\uff11\uff12", "\u0663",
    "1,5", "1,000", "1.000,00",
    "£5", "5%", "NaN", "nan", "sNaN", "inf", "-inf", "Infinity", "1e309", "--1", "-", ".", "1.2.3", "5\n",
]  # fmt: skip


@pytest.mark.parametrize("column", ["price", "rating"])
@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_a_number_is_plain_ascii_decimal(column: str, cell: str) -> None:
    assert problems(csv_file(line(**{column: f'"{cell}"'}))) == [(2, column, Code.NOT_A_NUMBER)]


@pytest.mark.parametrize("column", ["quantity_sold", "review_count"])
@pytest.mark.parametrize("cell", [*NO_NUMBERS, "1.0", "0.0"])
def test_an_integer_is_plain_ascii_digits(column: str, cell: str) -> None:
    assert problems(csv_file(line(**{column: f'"{cell}"'}))) == [(2, column, Code.NOT_AN_INTEGER)]


@pytest.mark.parametrize("column", ["price", "quantity_sold", "rating", "review_count"])
@pytest.mark.parametrize("cell", ["", " ", "   "])
def test_a_blank_number_is_an_error_of_its_own(column: str, cell: str) -> None:
    assert problems(csv_file(line(**{column: cell}))) == [(2, column, Code.BLANK)]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("price", "-0.01"),
        ("price", "-5"),
        ("quantity_sold", "-1"),
        ("rating", "-0.5"),
        ("review_count", "-10"),
    ],
)
def test_a_negative_number_is_refused(column: str, cell: str) -> None:
    assert problems(csv_file(line(**{column: cell}))) == [(2, column, Code.NEGATIVE)]


@pytest.mark.parametrize(
    ("column", "cell", "loaded"),
    [
        ("price", "-0", "0"),
        ("price", "-0.00", "0.00"),
        ("quantity_sold", "-0", "0"),
        ("rating", "-0.0", "0.0"),
        ("price", "0.000001", "0.000001"),
        ("price", "999999999999.999999", "999999999999.999999"),
        ("price", "000000000000000999999999999", "000000000000000999999999999"),
        ("quantity_sold", "9223372036854775807", "9223372036854775807"),
        ("review_count", "007", "007"),
        ("rating", "4.33333333333333348", "4.33333333333333348"),
    ],
)
def test_a_number_at_its_limit_is_accepted_and_minus_zero_is_zero(
    column: str, cell: str, loaded: str
) -> None:
    (product,) = load(csv_file(line(**{column: cell})))
    assert loaded in product


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("price", "1000000000000", Code.OUT_OF_RANGE),
        ("price", "1.1234567", Code.TOO_MANY_DECIMALS),
        ("quantity_sold", "9223372036854775808", Code.OUT_OF_RANGE),
        ("review_count", "10000000000000000000", Code.OUT_OF_RANGE),
        ("quantity_sold", "9" * 31, Code.OUT_OF_RANGE),
        ("rating", "1" + "0" * 15, Code.OUT_OF_RANGE),
        ("rating", "4." + "3" * 18, Code.TOO_MANY_DECIMALS),
        ("quantity_sold", "0" * 21, Code.OUT_OF_RANGE),
    ],
)
def test_a_number_beyond_its_limit_is_refused_and_never_rounded(column: str, cell: str, code: Code) -> None:
    assert problems(csv_file(line(**{column: cell}))) == [(2, column, code)]


@pytest.mark.parametrize("integer", [2**63 - 1 - 10**power for power in range(19)])
def test_every_integer_below_the_largest_is_accepted(integer: int) -> None:
    assert load(csv_file(line(quantity_sold=str(integer))))[0][4] == str(integer)


@pytest.mark.parametrize("integer", [2**63 - 1 + 10**power for power in range(19)])
def test_every_integer_above_the_largest_is_refused(integer: int) -> None:
    assert problems(csv_file(line(quantity_sold=str(integer)))) == [(2, "quantity_sold", Code.OUT_OF_RANGE)]


@pytest.mark.parametrize("column", ["price", "quantity_sold", "rating", "review_count"])
@pytest.mark.parametrize(
    "cell", ["1" * 5_000, "0" * 5_000, "1." + "1" * 5_000, "-" + "0" * 5_000, "9" * 100_000]
)
def test_thousands_of_digits_are_refused_at_once(column: str, cell: str) -> None:
    begin = time.process_time()
    assert len(problems(csv_file(line(**{column: cell})))) == 1
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize(
    ("column", "longest"), [("product_id", 64), ("product_name", 255), ("category", 128)]
)
@pytest.mark.parametrize("character", ["x", "é", "茶", "🫖"])
def test_a_text_is_measured_in_characters(column: str, longest: int, character: str) -> None:
    assert load(csv_file(line(**{column: character * longest})))
    assert problems(csv_file(line(**{column: character * (longest + 1)}))) == [(2, column, Code.TOO_LONG)]


@pytest.mark.parametrize("column", ["product_id", "product_name", "category"])
def test_a_text_must_not_be_blank(column: str) -> None:
    assert problems(csv_file(line(**{column: ""}))) == [(2, column, Code.BLANK)]


@pytest.mark.parametrize(
    "name",
    [
        r"\N", "NULL", "\\", "a\\tb", "tab\there", "two\nlines", "two\r\nlines", "cr\rhere",
        '12" pan', "a,b;c",
        " leading", "trailing ", "=cmd|' /C calc'!A0", "+1", "-1", "@x", "<script>alert(1)</script>",
        "'; DROP TABLE products; --", "%s %d {}",
        "line\u2028para\u2029next\u0085end\x0b\x0c\x1c", "\x01\x1a\x7f",
        "\ufeffmark", "e\u0301 é", "\U0001f9fd",
    ],
)  # fmt: skip
def test_a_name_keeps_every_character(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    assert load(csv_file(line(product_name=quoted)))[0][1] == name


def test_ids_differ_by_bytes() -> None:
    ids = ["Ab1", "aB1", "àb1", "a\u0300b1", "Ab1 ", " Ab1", "\uff21b1"]
    assert {product[0] for product in load(csv_file(*(line(product_id=each) for each in ids)))} == set(ids)


def test_a_nul_is_refused_in_any_column_also_an_ignored_one() -> None:
    rows = [line(product_name="a\0b"), line(price="1\0"), line()]
    content = f"{HEADER},note\n{rows[0]},x\n{rows[1]},x\n{rows[2]},n\0\n"
    assert problems(content) == [(2, "product_name", Code.NUL), (3, "price", Code.NUL), (4, None, Code.NUL)]


def test_every_bad_cell_of_a_row_is_reported() -> None:
    found = problems(
        csv_file(line(product_id="", price="x", quantity_sold="-1", rating="", review_count="1.5"))
    )
    assert found == [
        (2, "product_id", Code.BLANK),
        (2, "price", Code.NOT_A_NUMBER),
        (2, "quantity_sold", Code.NEGATIVE),
        (2, "rating", Code.BLANK),
        (2, "review_count", Code.NOT_AN_INTEGER),
    ]


def test_each_rule_has_a_sentence_for_each_thing_it_finds() -> None:
    for rule in RULES:
        for cell in ["", "x" * 300, "-1", "1.5", "9" * 40, "0." + "1" * 30, "no"]:
            if code := rule.problem(cell):
                assert rule.sentences[code].startswith(rule.column)


def test_the_refused_cell_is_shown_cut_and_without_invisible_characters() -> None:
    (error,) = refuse(csv_file(line(price="\x1b[31m\u202e" + "x" * 200))).errors
    assert error.value == r"\x1b[31m\u202e" + "x" * 74 + "…"
