"""How an upload is to be loaded."""

from enum import StrEnum
from typing import Any, NamedTuple

from catalog_service.ingest.limits import Limits


class Mode(StrEnum):
    """What becomes of a row by whether its product is stored already."""

    UPSERT = "upsert"
    """Make the products that are new, change those that are stored."""
    INSERT = "insert"
    """Make products; a row of a stored one is an error."""
    UPDATE = "update"
    """Change products; a row of one that is not stored is an error."""


class OnError(StrEnum):
    """What becomes of a file with bad rows."""

    REJECT = "reject"
    """Nothing of it is loaded."""
    SKIP = "skip"
    """Its good rows are loaded."""


class Blank(StrEnum):
    """What a blank cell of a numeric column means."""

    ERROR = "error"
    NULL = "null"
    """The value is not known."""
    KEEP = "keep"
    """The stored value stays as it is."""


class Options(NamedTuple):
    """The options of one upload."""

    mode: Mode = Mode.UPSERT
    on_error: OnError = OnError.REJECT
    blank: Blank = Blank.ERROR
    dry_run: bool = False
    """Whether to do all but the writing."""


class Plan(NamedTuple):
    """What an upload is to do, and how much it may take."""

    options: Options = Options()
    limits: Limits = Limits()


def plan_from(values: list[Any]) -> Plan:
    """Read a plan that was written as JSON."""
    (mode, on_error, blank, dry_run), limits = values
    return Plan(Options(Mode(mode), OnError(on_error), Blank(blank), bool(dry_run)), Limits(*limits))
