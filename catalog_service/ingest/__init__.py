"""The ingest engine: a product CSV, checked cell by cell, loaded as a whole or not at all. It knows no web.

Stages, each a module: `source` unpacks and decodes, `header` and `records` parse, `checks` checks by the rules
of `columns`, `runs` sorts, `checked_file` puts these in line. `engine` runs them, large files in a `child`
process that is `worker`, and hands the rows to a store.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog_service.ingest.checked_file import Progress
    from catalog_service.ingest.engine import ingest
    from catalog_service.ingest.failures import (
        IngestError,
        InvalidFile,
        MissingColumn,
        NoRows,
        NotCsv,
        OutcomeUnknown,
        RejectedRows,
        SpoolUnavailable,
        StoreBusy,
        StoreUnavailable,
        TooLarge,
        Unavailable,
        WorkerDied,
        WrongEncoding,
    )
    from catalog_service.ingest.limits import Limits
    from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
    from catalog_service.ingest.report import Code, Report, RowError
    from catalog_service.ingest.sqlite_store import SqliteStore
    from catalog_service.ingest.store import Store

_FAILURES = (
    "IngestError InvalidFile MissingColumn NoRows NotCsv OutcomeUnknown RejectedRows SpoolUnavailable StoreBusy "
    "StoreUnavailable TooLarge Unavailable WorkerDied WrongEncoding"
)
_MODULES = {
    "checked_file": "Progress",
    "engine": "ingest",
    "failures": _FAILURES,
    "limits": "Limits",
    "mysql_store": "MySqlStore make_ingest_engine",
    "report": "Code Report RowError",
    "sqlite_store": "SqliteStore",
    "store": "Store",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [  # noqa: PLE0604
    *_HOMES
]


# The worker is a module of this package and starts without site packages, so that nothing is imported here
# before it is asked for: SQLAlchemy alone would cost it ten times its own start.
def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
