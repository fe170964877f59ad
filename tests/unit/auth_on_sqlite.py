"""Makes the auth service on a SQLite file, for tests that call it without a server."""

from pathlib import Path
from typing import Any

from flask import Flask

from auth_service.app import create_app
from auth_service.settings import AuthSettings

# A cheap bcrypt, in tests alone: four rounds cost a millisecond, the twelve of production 300.
CHEAP_ROUNDS = 4


def make_auth_service(folder: Path, **changes: Any) -> Flask:
    """Make the auth service on a database file that may have no tables yet."""
    passphrase = folder / "passphrase"
    if not passphrase.exists():
        passphrase.write_text("a passphrase of the tests")
    given = {
        "database_url": f"sqlite:///{folder}/auth.db",
        "signing_key_passphrase_file": passphrase,
        "bcrypt_rounds": CHEAP_ROUNDS,
    }
    return create_app(AuthSettings(**{**given, **changes}))
