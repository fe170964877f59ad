"""Numbers in a query are ASCII digits."""

import pytest
from pydantic import BaseModel, Field, ValidationError

from common.query_numbers import PlainInt


class Query(BaseModel):
    """A query with a number."""

    limit: PlainInt = Field(default=50, ge=1, le=100)
    cursor: PlainInt | None = None


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("42", 42), ("100", 100), ("007", 7)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert Query.model_validate({"limit": text, "cursor": text}) == Query(limit=number, cursor=number)


@pytest.mark.parametrize(
    "text",
    [
        *("1_0", "+5", "-5", " 5", "5 ", "5\n", "5.0", "5e0", "0x5", "", "x", "1" * 20, "9" * 5_000),
        *("\u0663", "\uff15", "\u00b2", "5\0"),
    ],
)
def test_anything_else_that_int_might_read_is_refused(text: str) -> None:
    for field in ("limit", "cursor"):
        with pytest.raises(ValidationError):
            Query.model_validate({field: text})


def test_the_schema_is_that_of_an_integer() -> None:
    limit = Query.model_json_schema()["properties"]["limit"]
    assert (limit["type"], limit["minimum"], limit["maximum"]) == ("integer", 1, 100)
