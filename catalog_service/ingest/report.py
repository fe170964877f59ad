"""What an upload is told about its file: the errors, each at its place, and the totals."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

KEPT_ERRORS = 100
"""How many errors a report lists, those of the lowest lines; its totals count all of them."""
SHOWN_CHARACTERS = 80
"""How much of a refused cell an error repeats."""


class Code(StrEnum):
    """Why something was refused. The list is closed: clients may rely on it."""

    BLANK = "blank"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    NOT_AN_INTEGER = "not_an_integer"
    NEGATIVE = "negative"
    OUT_OF_RANGE = "out_of_range"
    TOO_MANY_DECIMALS = "too_many_decimals"
    NUL = "nul_character"
    NOT_UTF8 = "not_utf8"
    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    DUPLICATE = "duplicate"
    TEXT_AFTER_QUOTE = "text_after_quote"
    UNCLOSED_QUOTE = "unclosed_quote"
    CARRIAGE_RETURN = "carriage_return"
    CELL_TOO_LONG = "cell_too_long"
    RECORD_TOO_LONG = "record_too_long"
    NO_ROWS = "no_rows"
    NOT_CSV = "not_csv"
    WRONG_ENCODING = "wrong_encoding"
    DAMAGED_GZIP = "damaged_gzip"
    BAD_SEPARATOR = "bad_separator"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    EXISTS = "exists"
    UNKNOWN_PRODUCT = "unknown_product"
    CHANGED_SINCE = "changed_since"


# Named tuples and not dataclasses in what the worker imports: `dataclasses` costs it 16 ms at every start.
class RowError(NamedTuple):
    """One thing that is wrong with a file."""

    line: int
    """The line of the file on which the record begins, counted from 1, blank lines and all."""
    column: str | None
    """The column's name, or None where the whole record is meant."""
    value: str | None
    """The cell, cut and made visible by `shown`."""
    code: Code
    message: str
    """A sentence for a person."""


class Report(NamedTuple):
    """What became of a file's rows."""

    rows: int
    """The rows that passed every check."""
    rejected_total: int
    """The rows that did not."""
    errors: Sequence[RowError]
    """The errors of the lowest lines, in their order, at most KEPT_ERRORS."""
    totals_by_code: Mapping[str, int]
    """How often each code occurs in the whole file; a row may have several errors."""
    totals_by_column: Mapping[str, int]
    """How many errors each column has in the whole file; those of whole records are not among them."""
    columns: Sequence[str]
    """All columns of the file."""
    ignored_columns: Sequence[str]
    """A warning: the columns of the file that the catalog has no place for."""

    @property
    def errors_total(self) -> int:
        """The number of errors in the whole file."""
        return sum(self.totals_by_code.values())

    def with_findings(self, findings: "Findings") -> "Report":
        """Add what the database's side found wrong with rows that had passed the file's."""
        errors = sorted([*self.errors, *findings.lowest()], key=lambda error: error.line)
        return self._replace(
            rows=self.rows - findings.rejected_total,
            rejected_total=self.rejected_total + findings.rejected_total,
            errors=errors[:KEPT_ERRORS],
            totals_by_code=Counter(self.totals_by_code) + findings.totals_by_code,
            totals_by_column=Counter(self.totals_by_column) + findings.totals_by_column,
        )


Cells = Sequence[str] | Mapping[str, str]
"""A row's cells, in the order of its file, or by their columns."""


class RejectsSink(Protocol):
    """Takes rejected rows."""

    def add(self, cells: Cells, errors: Sequence[RowError]) -> None:
        """Take one."""


class Findings:
    """Collects errors, in any order and in bounded memory."""

    def __init__(self, rejects: RejectsSink) -> None:
        """Begin with none; every rejected row is handed on to `rejects`."""
        self.rejected_total = 0
        self.totals_by_code: Counter[str] = Counter()
        self.totals_by_column: Counter[str] = Counter()
        self._rejects = rejects
        self._kept: list[RowError] = []

    def __bool__(self) -> bool:
        """Whether anything was refused."""
        return self.rejected_total > 0

    def reject(self, *errors: RowError, cells: Cells = ()) -> None:
        """Note all the errors of one rejected row; `cells` are its own, where it could be taken apart."""
        self._rejects.add(cells, errors)
        self.rejected_total += 1
        self.totals_by_column.update([error.column for error in errors if error.column])
        self.totals_by_code.update([error.code for error in errors])
        self._kept += errors
        if len(self._kept) > 10 * KEPT_ERRORS:
            self._kept = list(self.lowest())

    def lowest(self) -> Sequence[RowError]:
        """Give the errors of the lowest lines, in their order; those of one line as they were noted."""
        return sorted(self._kept, key=lambda error: error.line)[:KEPT_ERRORS]


def shown(value: str) -> str:
    """Make a cell safe to show: cut to SHOWN_CHARACTERS, with invisible characters written as escapes."""
    visible = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in value[:SHOWN_CHARACTERS]
    )
    return visible + "…" if len(value) > SHOWN_CHARACTERS else visible
