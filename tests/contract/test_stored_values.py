"""What an upload stores is what its file said: every character, every digit."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.answers import UPLOADED, assert_answer, cell_errors
from tests.contract.client import Client, unique
from tests.contract.products import a_product, raw_csv, raw_row

LARGEST_INTEGER = 2**63 - 1
# What UTF-8 can hold, without NUL, which is refused (U19).
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@pytest.mark.parametrize(
    "text",
    [
        'a "quoted" word',
        '"',
        '""',
        "it's",
        "back\\slash",
        "ends in a backslash\\",
        "\\N",
        "\\\\N",
        "\\n is no line break",
        "NULL",
        "null",
        "two\nlines",
        "two\r\nlines",
        "two\rlines",
        "\n",
        "a\ttab",
        "comma, semicolon; pipe|",
        " blanks around ",
        " ",
        "nel\x85 ls\u2028 ps\u2029 vt\x0b ff\x0c fs\x1c",
        "ctrl-z\x1a bs\x08 del\x7f esc\x1b",
        "\ufeffBOM",
        "e\u0301 is not \u00e9",
        "👩\u200d🚀 \U0001d4a2",
        "\ufffd\ufffe\uffff",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "<script>alert(1)</script>",
        "'; DROP TABLE products; --",
        "1); DELETE FROM products; --",
        "%s %(name)s {0} {name} $1 :name ?",
    ],
)
def test_names_and_categories_keep_every_character(client: Client, text: str) -> None:
    """U37 to U40."""
    product = a_product(unique("SKU"), product_name=text, category=text)

    assert_answer(client.upload([product]), 200, UPLOADED)
    assert client.stored(product["product_id"]) == product


def test_a_product_with_markup_in_its_name_is_never_taken_for_a_page(client: Client) -> None:
    """U38."""
    product = a_product(unique("SKU"), product_name="<script>alert(1)</script>")
    client.upload([product])

    headers = client.product(product["product_id"]).headers

    assert headers["Content-Type"].startswith("application/json")
    assert headers["X-Content-Type-Options"] == "nosniff"


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.text(TEXT, max_size=40), st.text(TEXT, min_size=1, max_size=60)), min_size=1))
def test_any_text_survives_the_way_through_file_and_database(
    client: Client, texts: list[tuple[str, str]]
) -> None:
    products = [a_product(id_ + unique("."), product_name=name, category=name) for id_, name in texts]

    assert_answer(client.upload(products), 200, UPLOADED)
    assert [client.stored(product["product_id"]) for product in products] == products


@pytest.mark.parametrize(("column", "longest"), [("product_name", 255), ("category", 128)])
@pytest.mark.parametrize("letter", ["x", "👍"])
def test_texts_are_stored_up_to_their_limit_and_never_cut(
    client: Client, column: str, longest: int, letter: str
) -> None:
    good = a_product(unique("SKU"), **{column: letter * longest})
    bad = unique("SKU")

    assert_answer(client.upload([good]), 200, UPLOADED)
    assert client.stored(good["product_id"]) == good

    (error,) = cell_errors(client.upload(raw_csv(raw_row(bad, **{column: letter * (longest + 1)}))))
    assert (error["line"], error["column"]) == (2, column)
    assert client.product(bad).status_code == 404


@pytest.mark.parametrize(
    "cells",
    [
        {"price": "999999999999.999999"},
        {"price": "0.000001"},
        {"price": "0"},
        {"price": "0.1"},
        {"price": "123456789012.345678"},
        {"quantity_sold": str(LARGEST_INTEGER)},
        {"quantity_sold": "0"},
        {"quantity_sold": "9007199254740993"},
        {"review_count": str(LARGEST_INTEGER)},
        {"rating": "0"},
        {"rating": "4.35"},
        {"rating": "0.1"},
        {"rating": "1000000"},
    ],
    ids=lambda cells: "-".join(*cells.items()),
)
def test_a_number_at_the_edge_is_read_back_with_all_its_digits(client: Client, cells: dict[str, str]) -> None:
    """U33: no digit is lost to a float, in the database or in the JSON."""
    product_id = unique("SKU")

    assert_answer(client.upload(raw_csv(raw_row(product_id, **cells))), 200, UPLOADED)

    stored = client.stored(product_id)
    assert {name: Decimal(stored[name]) for name in cells} == {
        name: Decimal(cell) for name, cell in cells.items()
    }
