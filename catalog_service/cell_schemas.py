"""Single values of products in requests, each held to the rule that a file's cell is held to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from catalog_service.ingest.columns import DIGITS, LARGEST_INTEGER, LONGEST, RULE_FOR
from common.json_provider import plain_decimal


def problem_of(column: str, cell: str) -> str | None:
    """Say, in a sentence, what a file's cell of this column must not be, or None."""
    problem = RULE_FOR[column].problem(cell)
    if problem and "\0" in cell:
        return f"{column} must not hold a NUL character."
    return problem and RULE_FOR[column].sentences[problem]


def _checked(column: str, cell: str, called: str) -> str:
    if problem := problem_of(column, cell):
        # As a value: in the sentence itself braces would be places for others.
        sentence = f"{called}{problem.removeprefix(column)}"
        raise PydanticCustomError("cell", "{sentence}", {"sentence": sentence})
    return cell


def _text(column: str, called: str) -> Callable[[object], str]:
    """Hold a text to the rule that a file's cell is held to; `called` names it in a sentence."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise PydanticCustomError("text", "This must be a text.")
        return _checked(column, value, called)

    return read


def _number(column: str) -> Callable[[object], str | None]:
    """Hold a JSON number to the rule for its digits in a file."""

    def read(value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise PydanticCustomError("number", "This must be a number, or null if it is not known.")
        cell = _checked(column, format(plain_decimal(Decimal(value)), "f"), column)
        # -0 is zero, but a double would keep its sign.
        return cell.replace("-", "")

    return read


def _text_schema(column: str) -> JsonSchemaValue:
    return {"type": "string", "minLength": 1, "maxLength": LONGEST[column], "pattern": r"^[^\u0000]*$"}


def _decimal_schema(column: str) -> JsonSchemaValue:
    whole, decimals = DIGITS[column]
    return {"type": "string", "pattern": rf"^[0-9]{{1,{whole}}}(\.[0-9]{{1,{decimals}}})?$"}


def _number_schema(column: str) -> JsonSchemaValue:
    return _nullable("number", 10 ** DIGITS[column].whole - 1)


def _nullable(kind: str, maximum: int) -> JsonSchemaValue:
    return {"anyOf": [{"type": kind, "minimum": 0, "maximum": maximum}, {"type": "null"}]}


_INTEGER = _nullable("integer", LARGEST_INTEGER)

Name = Annotated[
    str, BeforeValidator(_text("product_name", "product_name")), WithJsonSchema(_text_schema("product_name"))
]
Category = Annotated[
    str, BeforeValidator(_text("category", "category")), WithJsonSchema(_text_schema("category"))
]
PriceText = Annotated[str, BeforeValidator(_text("price", "This")), WithJsonSchema(_decimal_schema("price"))]
RatingText = Annotated[
    str, BeforeValidator(_text("rating", "This")), WithJsonSchema(_decimal_schema("rating"))
]
PriceNumber = Annotated[
    str | None, BeforeValidator(_number("price")), WithJsonSchema(_number_schema("price"))
]
RatingNumber = Annotated[
    str | None, BeforeValidator(_number("rating")), WithJsonSchema(_number_schema("rating"))
]
QuantityNumber = Annotated[str | None, BeforeValidator(_number("quantity_sold")), WithJsonSchema(_INTEGER)]
ReviewsNumber = Annotated[str | None, BeforeValidator(_number("review_count")), WithJsonSchema(_INTEGER)]
