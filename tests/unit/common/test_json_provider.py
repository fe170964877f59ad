"""JSON is read without ambiguity and written without loss."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from common.json_provider import StrictJsonProvider, plain_decimal

DEEP = 100_000


@pytest.fixture
def provider() -> StrictJsonProvider:
    return StrictJsonProvider(Flask(__name__))


@pytest.mark.parametrize(
    "document", ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"x":{"a":1,"a":1}}', '{"x":[{"a":1,"a":1}]}']
)
def test_a_name_that_stands_twice_is_refused_at_any_depth(
    provider: StrictJsonProvider, document: str
) -> None:
    with pytest.raises(ValueError, match="twice"):
        provider.loads(document)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5_000])
def test_a_number_that_is_none_or_has_no_bounds_is_refused(provider: StrictJsonProvider, number: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        provider.loads(f'{{"a":[{number}]}}')


@pytest.mark.parametrize(
    "document", [r'{"a":"\ud800"}', r'{"\udfff":1}', r'{"a":[{"b":"x\ud83dx"}]}', r'{"a":"\udc00\ud800"}']
)
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(
    provider: StrictJsonProvider, document: str
) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        provider.loads(document)


def test_a_whole_surrogate_pair_is_one_character(provider: StrictJsonProvider) -> None:
    assert provider.loads(r'{"a":"\ud83d\ude00"}') == {"a": "\N{GRINNING FACE}"}


@pytest.mark.parametrize(
    "document",
    ["[" * DEEP, '{"a":' * DEEP, '{"a":' + "[" * DEEP + "]" * DEEP + "}", '{"a":' * DEEP + "1" + "}" * DEEP],
    ids=["open lists", "open objects", "lists", "objects"],
)
def test_nesting_beyond_the_stack_is_a_value_error(provider: StrictJsonProvider, document: str) -> None:
    with pytest.raises(ValueError, match=r"nested|Expecting"):
        provider.loads(document)


@pytest.mark.parametrize("document", ["null", "[]", '"a"', "7", "true", "[{}]"])
def test_a_root_that_is_no_object_is_refused(provider: StrictJsonProvider, document: str) -> None:
    with pytest.raises(ValueError, match="not an object"):
        provider.loads(document)


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b'{"a":1}x', b'{"a":1}{}', b"{'a':1}", b'{"a":1,}', b'{"a":"\xff"}', b"\x00{}"],
)
def test_what_is_not_one_json_text_in_utf_8_is_refused(provider: StrictJsonProvider, document: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        provider.loads(document)


def test_an_object_is_read_from_bytes_and_from_text_alike(provider: StrictJsonProvider) -> None:
    expected: dict[str, Any] = {"name": "\u00e9", "list": [1, None, True, 1.5, {}]}
    text = '{"name":"é","list":[1,null,true,1.5,{}]}'
    assert provider.loads(text) == provider.loads(text.encode()) == expected


@pytest.mark.parametrize(
    "digits", ["0.1", "20.5", "999999999999.999999", "0.000001", "12345678901234567890.123456789"]
)
def test_a_decimal_is_written_with_exactly_its_digits(provider: StrictJsonProvider, digits: str) -> None:
    assert provider.dumps({"price": Decimal(digits)}) == f'{{"price":{digits}}}'


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), float("-inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_a_number_that_json_has_no_text_for_is_never_written(
    provider: StrictJsonProvider, number: float | Decimal
) -> None:
    with pytest.raises(ValueError, match=r"."):
        provider.dumps({"rating": number})


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("20.500000", "20.5"), ("100.000000", "100"), ("100", "100"), ("0.000001", "0.000001"), ("0E-6", "0"),
     ("1E+3", "1000"), ("1E-6", "0.000001"), ("999999999999.999999", "999999999999.999999")],
)  # fmt: skip
def test_a_plain_decimal_has_neither_trailing_zeros_nor_an_exponent(stored: str, shown: str) -> None:
    assert str(plain_decimal(Decimal(stored))) == shown
