"""A cursor is read back as the position that it was made from, and nothing else is read at all."""

import pytest

from common.cursors import BadCursor, Page, cursor_of, cursor_of_number, number_of, page_of, position_of


@pytest.mark.parametrize("position", [b"1", b"ada", "ádmin".encode(), bytes(range(256)), b"\0"])
def test_a_cursor_leads_back_to_where_its_page_ended(position: bytes) -> None:
    assert position_of(cursor_of(position)) == position


@pytest.mark.parametrize(
    "cursor", ["", "A", "=", "MQ==", "MR", "MQ\n", "M Q", "M+Q/", "é", "\ud800", "MQ.MQ"]
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor) as refusal:
        position_of(cursor)
    assert refusal.value.body()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(("found", "page"), [
    ([], Page([], None)),
    ([3, 2], Page([3, 2], None)),
    ([3, 2, 1], Page([3, 2], "2")),
])  # fmt: skip
def test_a_page_ends_in_the_cursor_of_its_last_item_if_more_was_found(
    found: list[int], page: Page[int]
) -> None:
    assert page_of(found, 2, str) == page


@pytest.mark.parametrize("number", [1, 10, 10**18 - 1])
def test_a_numbers_cursor_leads_back_to_the_number(number: int) -> None:
    assert number_of(cursor_of_number(number)) == number


@pytest.mark.parametrize(
    "position", [b"0", b"-1", b"01", b"+1", b"1.0", b"1 ", b"1_0", b"1" * 19, "\u0663".encode(), b"ada"]
)
def test_the_cursor_of_no_number_is_refused_where_a_number_is_meant(position: bytes) -> None:
    with pytest.raises(BadCursor):
        number_of(cursor_of(position))
