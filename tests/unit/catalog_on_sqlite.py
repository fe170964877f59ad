"""Makes the catalog service on a SQLite file, for tests that call it without a server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from pydantic import HttpUrl

from catalog_service.app import create_app
from catalog_service.key_set import Keys
from catalog_service.settings import CatalogSettings
from tests.unit.signing import OneKey


def make_catalog_service(
    folder: Path,
    fetch_keys: Callable[[], Keys] | None = None,
    fetch_revoked: Callable[[], frozenset[str]] | None = None,
    **changes: Any,
) -> Flask:
    """Make the catalog service on a database file that may have no tables yet; it trusts the tests' key."""
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    given = {
        "database_url": f"sqlite:///{folder}/catalog.db",
        "jwks_url": HttpUrl("http://127.0.0.1:9/.well-known/jwks.json"),
        "spool_dir": spool,
    }
    settings = CatalogSettings(**{**given, **changes})
    return create_app(settings, fetch_keys or (lambda: OneKey().keys), fetch_revoked or frozenset)
