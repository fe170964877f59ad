"""What is valid in each column: the one definition, for single cells and for whole blocks of them.

The columns are the contract's; the limits are those of the products table.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from catalog_service.ingest.options import Blank
from catalog_service.ingest.report import Code

SEPARATOR = "\0"
"""Joins the cells of a block. No cell may hold it, so that it can't be confused with one."""
LARGEST_INTEGER = 2**63 - 1
LONGEST = {"product_id": 64, "product_name": 255, "category": 128}
"""The most characters of a text."""
_ZEROS = 20  # leading zeros are harmless, but not in thousands
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class Digits(NamedTuple):
    """The most digits of a number."""

    whole: int
    """Before the point."""
    decimals: int


DIGITS = {"price": Digits(12, 6), "rating": Digits(15, 17)}


class Rule(NamedTuple):
    """What a column accepts."""

    column: str
    cell: re.Pattern[str]
    """Matches a valid cell."""
    block: re.Pattern[str]
    """Matches valid cells that SEPARATOR joins; composed from the cell's own pattern."""
    diagnosis: Callable[[str], Code]
    """Says why a cell is not valid."""
    sentences: Mapping[Code, str]

    def problem(self, cell: str) -> Code | None:
        """Say what is wrong with a cell, or None."""
        return None if self.cell.fullmatch(cell) else self.diagnosis(cell)


def optional(rule: Rule) -> Rule:
    """Let a column's cells be blank too."""
    return _matching(rule, f"(?:{rule.cell.pattern})?+")


def _matching(rule: Rule, pattern: str) -> Rule:
    # Possessive: a block that fails is not tried in other ways, whatever it holds.
    block = f"{pattern}(?:{SEPARATOR}{pattern})*+"
    return rule._replace(cell=re.compile(pattern), block=re.compile(block))


def _rule(column: str, pattern: str, diagnosis: Callable[[str], Code], sentences: Mapping[Code, str]) -> Rule:
    sentences = {Code.BLANK: f"{column} must not be blank.", **sentences}
    unmatched = re.compile("")
    return _matching(Rule(column, unmatched, unmatched, diagnosis, sentences), pattern)


def _text(column: str) -> Rule:
    """Accept at least one code point, and as many as LONGEST says."""
    longest = LONGEST[column]

    def diagnosis(cell: str) -> Code:
        return Code.TOO_LONG if cell else Code.BLANK

    sentences = {Code.TOO_LONG: f"{column} must have at most {longest} characters."}
    return _rule(column, rf"[^{SEPARATOR}]{{1,{longest}}}+", diagnosis, sentences)


def _decimal(column: str, example: str) -> Rule:
    """Accept plain ASCII decimals, not negative, without sign, exponent, blanks or thousands separators."""
    digits, decimals = DIGITS[column]
    whole = rf"[1-9][0-9]{{0,{digits - 1}}}+"
    positive = rf"(?:{whole}|0{{1,{_ZEROS}}}+(?:{whole})?+)(?:\.[0-9]{{1,{decimals}}}+)?+"
    minus_zero = rf"-0{{1,{_ZEROS}}}+(?:\.0{{1,{decimals}}}+)?+"

    def diagnosis(cell: str) -> Code:
        problem = _number_problem(cell, Code.NOT_A_NUMBER)
        too_fine = len(cell.partition(".")[2]) > decimals
        return problem or (Code.TOO_MANY_DECIMALS if too_fine else Code.OUT_OF_RANGE)

    sentences = {
        Code.NOT_A_NUMBER: f"{column} must be a plain number such as {example}.",
        Code.NEGATIVE: f"{column} must not be negative.",
        Code.TOO_MANY_DECIMALS: f"{column} must have at most {decimals} decimals.",
        Code.OUT_OF_RANGE: f"{column} must have at most {digits} digits before the decimal point.",
    }
    return _rule(column, f"(?:{positive}|{minus_zero})", diagnosis, sentences)


def _integer(column: str) -> Rule:
    """Accept ASCII integers from 0 to LARGEST_INTEGER."""
    largest = str(LARGEST_INTEGER)
    shorter = rf"[1-9][0-9]{{0,{len(largest) - 2}}}+(?![0-9])"
    # As many digits as the largest: equal to it up to some digit and lower in that one, or equal to the end.
    lower = [
        rf"{largest[:place]}[{int(place == 0)}-{int(digit) - 1}][0-9]{{{len(largest) - place - 1}}}"
        for place, digit in enumerate(largest)
        if int(digit) > int(place == 0)
    ]
    whole = f"(?:{'|'.join([shorter, *lower, largest])})"
    pattern = rf"(?:{whole}|0{{1,{_ZEROS}}}+{whole}?+|-0{{1,{_ZEROS}}}+)"

    def diagnosis(cell: str) -> Code:
        problem = _number_problem(cell, Code.NOT_AN_INTEGER)
        return problem or (Code.NOT_AN_INTEGER if "." in cell else Code.OUT_OF_RANGE)

    sentences = {
        Code.NOT_AN_INTEGER: f"{column} must be a whole number such as 12.",
        Code.NEGATIVE: f"{column} must not be negative.",
        Code.OUT_OF_RANGE: f"{column} must be at most {LARGEST_INTEGER}.",
    }
    return _rule(column, pattern, diagnosis, sentences)


def _number_problem(cell: str, not_a_number: Code) -> Code | None:
    """Name what is wrong with a number, if it is more than its size."""
    if not cell.strip():
        return Code.BLANK
    if not _PLAIN_NUMBER.fullmatch(cell):
        return not_a_number
    return Code.NEGATIVE if cell.startswith("-") and cell.strip("-0.") else None


RULES = (
    _text("product_id"),
    _text("product_name"),
    _text("category"),
    _decimal("price", "12.50"),
    _integer("quantity_sold"),
    _decimal("rating", "4.5"),
    _integer("review_count"),
)
"""The rules in the contract's order of columns."""
RULE_FOR = {rule.column: rule for rule in RULES}
COLUMNS = tuple(RULE_FOR)
TEXT_COLUMNS = 3
"""How many of them, the first, hold text; the others hold numbers."""


def rules(blank: Blank) -> Sequence[Rule]:
    """Give the rules where blank cells mean what `blank` says; no id is blank, and no text unknown."""
    first = {Blank.ERROR: len(RULES), Blank.NULL: TEXT_COLUMNS, Blank.KEEP: 1}[blank]
    return [*RULES[:first], *map(optional, RULES[first:])]
