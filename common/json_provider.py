"""JSON as RFC 8259 has it, both ways: nothing ambiguous is read, nothing inexact is written."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import simplejson
from flask.json.provider import JSONProvider
from pydantic import WithJsonSchema

_STRICT: dict[str, Any] = {"use_decimal": True, "allow_nan": False, "separators": (",", ":")}
# Made once, as making one takes longer than writing a small answer.
_ENCODER = simplejson.JSONEncoder(**_STRICT)
_LARGEST_EXPONENT = 308

ExactNumber = Annotated[Decimal, WithJsonSchema({"type": "number"})]
"""A number in a body's model; pydantic by itself would describe the text that it makes of one."""


class InvalidJson(ValueError):
    """A request's body is not a JSON object that has one meaning."""


def exact_number(text: str) -> Decimal:
    """Read a number with a fraction or an exponent as it stands. Raises InvalidJson beyond 10^±308.

    RFC 8259, section 6, lets a reader set such bounds: a few digits must not become a billion.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InvalidJson("a number is out of bounds") from None
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise InvalidJson("a number is out of bounds")
    return number


def reject_duplicate_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object from its members; a name that stands twice has no one meaning (RFC 8259, section 4)."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("a name stands twice in one object")
    return members


def exact_json(value: Any, **options: Any) -> str:
    """Write JSON, a Decimal as the exact number that it is.

    Raises ValueError for a number that JSON has no text for (NaN, Infinity).
    """
    return simplejson.dumps(value, **_STRICT, **options) if options else _ENCODER.encode(value)


def read_exact_json(text: str | bytes) -> Any:
    """Read JSON of our own, each fraction as a Decimal that has all its digits."""
    return simplejson.loads(text, use_decimal=True)


class StrictJsonProvider(JSONProvider):
    """Reads request bodies strictly and writes a Decimal as the exact number that it is."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Write JSON. Raises ValueError for a number that JSON has no text for (NaN, Infinity)."""
        return exact_json(obj, **kwargs)

    def loads(self, s: str | bytes, **kwargs: Any) -> dict[str, Any]:
        """Read a JSON object. Raises ValueError, as Flask expects of it, for anything else."""
        try:
            text = s.decode("utf-8") if isinstance(s, bytes) else s
            document = simplejson.loads(
                text,
                allow_nan=False,
                parse_float=exact_number,
                object_pairs_hook=reject_duplicate_names,
                **kwargs,
            )
            # "\ud800" is legal JSON that no UTF-8 can hold; later it would break a hash or a query.
            simplejson.dumps(document, ensure_ascii=False).encode("utf-8")
        except RecursionError:
            raise InvalidJson("the document is nested too deeply") from None
        if not isinstance(document, dict):
            raise InvalidJson("the document is not an object")
        return document


def plain_decimal(number: Decimal) -> Decimal:
    """Drop trailing zeros without rounding or an exponent: 20.500000 becomes 20.5, 100.000000 is 100."""
    text = format(number, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
