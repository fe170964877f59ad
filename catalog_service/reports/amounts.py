"""Exact arithmetic over the products table: no rounding, no overflow, on MySQL and on SQLite."""

from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import product
from typing import Any

from sqlalchemy import Dialect, String, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from catalog_service.models import PRICE_SCALE, Price
from common.json_provider import plain_decimal

# Python's default of 28 digits is less than one product's largest revenue has (37).
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
SMALLEST_AMOUNT = Decimal(1).scaleb(-PRICE_SCALE)

# Reading the products in an index's order looks every one up by its key: at 1,000,000 three times slower.
TABLE_SCAN = "/*+ NO_INDEX(products) */"

_LOW_BITS = 2**31 - 1
_HUNDREDTH = Decimal("0.01")


def per_cent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Give a share in per cent, rounded half up to two decimals; None of nothing."""
    if not whole:
        return None
    return plain_decimal(
        EXACT.divide(EXACT.multiply(part, Decimal(100)), whole).quantize(_HUNDREDTH, context=EXACT)
    )


class _Amount(TypeDecorator[Decimal]):
    """An exact number from the database: a decimal, or (SQLite) partial sums such as `3<<31 7<<0`."""

    impl = String
    cache_ok = True

    def __init__(self, scale: int) -> None:
        """Read partial sums as counts of 10 to the power of -`scale`."""
        super().__init__()
        self.scale = scale

    def process_result_value(self, value: Decimal | str | None, _dialect: Dialect) -> Decimal | None:
        """Read the number, without trailing zeros."""
        if isinstance(value, str):
            parts = (part.split("<<") for part in value.split())
            value = Decimal(sum(int(number) << int(shift) for number, shift in parts))
            value = value.scaleb(-self.scale, EXACT)
        return value if value is None else plain_decimal(value)


class _ExactElement(FunctionElement[Decimal]):
    """A product of whole numbers and at most one price."""

    inherit_cache = True

    def __init__(self, *factors: Any) -> None:
        super().__init__(*factors)
        self.type = _Amount(PRICE_SCALE if any(isinstance(factor.type, Price) for factor in factors) else 0)


class ExactSum(_ExactElement):
    """The sum of a number, or of a product of two, with neither rounding nor overflow.

    As in any sum, a row that lacks one of them does not count; of no rows at all the sum is 0.
    """

    name = "exact_sum"
    inherit_cache = True


class ExactProduct(_ExactElement):
    """The product of two numbers that are not NULL; orders rows exactly too."""

    name = "exact_product"
    inherit_cache = True


@compiles(ExactSum)
def _sum_decimals(element: ExactSum, compiler: SQLCompiler, **kw: Any) -> str:
    # DECIMAL(18,6) times BIGINT, summed, is DECIMAL(59,6): room for 10^22 rows of the largest values.
    return f"COALESCE(SUM({' * '.join(compiler.process(factor, **kw) for factor in element.clauses)}), 0)"


@compiles(ExactSum, "sqlite")
def _sum_in_parts(element: ExactSum, compiler: SQLCompiler, **kw: Any) -> str:
    """Sum in parts: one product alone can have 123 bits, and SQLite's integers have 63 and a sign."""
    halves = [_halves(compiler.process(factor, **kw)) for factor in element.clauses]
    sums = []
    for parts in product(*halves):
        shift = sum(shift for shift, _ in parts)
        value = " * ".join(part for _, part in parts)
        # Below 2^63 each, so that 2^31 rows cannot overflow the sums of their 32-bit halves.
        low, high = f"SUM(({value}) & {2**32 - 1})", f"SUM(({value}) >> 32)"
        sums += [f"COALESCE({low}, 0) || '<<{shift}'", f"COALESCE({high}, 0) || '<<{shift + 32}'"]
    return " || ' ' || ".join(sums)


@compiles(ExactProduct)
def _multiply_decimals(element: ExactProduct, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({' * '.join(compiler.process(factor, **kw) for factor in element.clauses)})"


@compiles(ExactProduct, "sqlite")
def _multiply_in_parts(element: ExactProduct, compiler: SQLCompiler, **kw: Any) -> str:
    """Carry by hand; both words have all their digits, so that the texts are in the numbers' order."""
    one, other = (dict(_halves(compiler.process(factor, **kw))) for factor in element.clauses)
    low, high = f"({one[0]} * {other[0]})", f"({one[31]} * {other[31]})"
    middle = [f"({one[31]} * {other[0]})", f"({one[0]} * {other[31]})"]
    carry = " + ".join([f"({low} >> 31)", *(f"({word} & {_LOW_BITS})" for word in middle)])
    upper = " + ".join([high, *(f"({word} >> 31)" for word in middle), f"(({carry}) >> 31)"])
    lower = f"((({carry}) & {_LOW_BITS}) << 31) | ({low} & {_LOW_BITS})"
    return f"printf('%019d<<62 %019d<<0', {upper}, {lower})"


def _halves(number: str) -> list[tuple[int, str]]:
    return [(0, f"({number} & {_LOW_BITS})"), (31, f"({number} >> 31)")]
