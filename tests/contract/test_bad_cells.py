"""Abuse cases U19, U28 to U35: a bad cell is refused where it stands, and nothing of its file is stored."""

import pytest

from tests.contract.answers import UPLOADED, assert_answer, cell_errors
from tests.contract.client import Client, unique
from tests.contract.products import raw_csv, raw_row

NUMBERS = ("price", "quantity_sold", "rating", "review_count")
INTEGERS = ("quantity_sold", "review_count")
# Longer values may be cut in an error, and what can't be seen be written as an escape.
LONGEST_SHOWN = 80

NO_NUMBERS = {
    "empty": "",
    "U28-1e309": "1e309",
    "U28-NaN": "NaN",
    "U28-sNaN": "sNaN",
    "U28-Infinity": "Infinity",
    "U28-inf": "-inf",
    "U29-underscore": "1_000",
    "U29-full-width": "\uff11\uff12",
    "U29-Arabic": "٣",
    "U29-superscript": "²",
    "U29-hexadecimal": "0x10",
    "U29-plus": "+5",
    "U29-blanks": " 5 ",
    "U29-no-break-space": "5\u00a0",
    "U29-tab": "5\t",
    "U29-point-at-the-end": "5.",
    "U29-exponent": "1e5",
    "U29-exponent-upper-case": "1E5",
    "U29-true": "true",
    "U30-thousands": '"1,000"',
    "U30-European": '"1.000,00"',
    "U30-decimal-comma": '"1,5"',
    "U30-pound": "£5",
    "U30-percent": "5%",
    "U32-negative": "-1",
    "U33-5000-digits": "9" * 5_000,
    "U39-SQL": "0); DROP TABLE products; --",
    "U37-formula": "=1+1",
    "NULL": "NULL",
    "backslash-N": r"\N",
    "two-minuses": "--5",
    "two-points": "1.2.3",
    "word": "cheap",
}


@pytest.mark.parametrize("column", NUMBERS)
@pytest.mark.parametrize("cell", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_plain_number_is_refused_in_every_number_column(
    client: Client, column: str, cell: str
) -> None:
    """U28 to U33: also what Python, MySQL or a spreadsheet would take for one."""
    assert_one_bad_cell(client, column, cell)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        pytest.param("price", "1.9999999", id="U31-seven-decimals"),
        pytest.param("price", "0.0000001", id="U31-less-than-the-smallest"),
        pytest.param("price", "1000000000000", id="U33-price-13-digits"),
        pytest.param("price", "999999999999.9999999", id="U31-rounds-beyond-the-largest"),
        pytest.param("price", "-0.000001", id="U32-negative-by-a-little"),
        pytest.param("quantity_sold", str(2**63), id="U33-quantity-2^63"),
        pytest.param("quantity_sold", "1" + "0" * 30, id="U33-quantity-10^30"),
        pytest.param("quantity_sold", "1.5", id="U29-quantity-with-a-fraction"),
        pytest.param("quantity_sold", "1.0", id="U29-quantity-with-a-zero-fraction"),
        pytest.param("review_count", str(2**63), id="U33-reviews-2^63"),
        pytest.param("review_count", "0.5", id="U29-reviews-with-a-fraction"),
        pytest.param("rating", "1" + "0" * 400, id="U28-rating-beyond-a-double"),
        pytest.param("product_id", "", id="empty-id"),
        pytest.param("product_name", "", id="empty-name"),
        pytest.param("category", "", id="empty-category"),
        pytest.param("product_name", '""', id="empty-quoted-name"),
        pytest.param("product_name", "a\0b", id="U19-NUL-in-name"),
        pytest.param("category", "\0", id="U19-NUL-in-category"),
        pytest.param("product_id", "a\0b", id="U19-NUL-in-id"),
    ],
)
def test_what_does_not_fit_its_column_is_refused(client: Client, column: str, cell: str) -> None:
    """U19, U28 to U35."""
    assert_one_bad_cell(client, column, cell)


@pytest.mark.parametrize(
    "name", ["x" * 10_000_000, '"' + "x\n" * 5_000_000 + '"'], ids=["one-line", "5000000-lines"]
)
def test_10_megabytes_in_one_cell_are_refused(client: Client, name: str) -> None:
    """U35."""
    product_id = unique("SKU")

    assert client.upload(raw_csv(raw_row(product_id, product_name=name))).status_code == 400
    assert client.product(product_id).status_code == 404


@pytest.mark.parametrize("column", NUMBERS)
@pytest.mark.parametrize("cell", ["0", "-0"])
def test_zero_is_zero_with_either_sign(client: Client, column: str, cell: str) -> None:
    """U32."""
    product_id = unique("SKU")

    assert_answer(client.upload(raw_csv(raw_row(product_id, **{column: cell}))), 200, UPLOADED)
    assert not str(client.stored(product_id)[column]).strip("0.")


@pytest.mark.parametrize("column", INTEGERS)
@pytest.mark.parametrize("cell", ["2147483648", "4294967296", "007"])
def test_integers_go_beyond_32_bits(client: Client, column: str, cell: str) -> None:
    """U32, U33."""
    product_id = unique("SKU")

    assert_answer(client.upload(raw_csv(raw_row(product_id, **{column: cell}))), 200, UPLOADED)
    assert client.stored(product_id)[column] == int(cell)


def assert_one_bad_cell(client: Client, column: str, cell: str) -> None:
    """Upload the cell between two good rows: it alone is refused, in line 3, and no row is stored."""
    good, after = unique("good"), unique("after")
    bad = cell if column == "product_id" else unique("bad")

    answer = client.upload(raw_csv(raw_row(good), raw_row(bad, **{column: cell}), raw_row(after)))

    (error,) = cell_errors(answer)
    assert (error["line"], error["column"]) == (3, column)
    plain = cell.strip('"')
    if plain.isprintable() and len(plain) <= LONGEST_SHOWN:
        assert error["value"] == plain
    assert len(answer.content) < 2_000
    for product_id in (good, after):
        assert client.product(product_id).status_code == 404
