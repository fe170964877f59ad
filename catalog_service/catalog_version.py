"""Which version of the products this is: what was worked out from a version is good while it stands.

A version is a made-up name, not a number: after a restore from a backup no later version is called as one
that somebody still remembers. Before the first change it is NEVER_CHANGED.
"""

import uuid

from sqlalchemy import Connection, text

NEVER_CHANGED = ""

# On MySQL and SQLite alike. Where the row is missing it makes it, so that nothing has to be filled in before.
_CHANGE = text("REPLACE INTO catalog_version (id, version) VALUES (1, :version)")
_VERSION = text("SELECT version FROM catalog_version WHERE id = 1")


def products_changed(connection: Connection) -> None:
    """Begin a new version, in the transaction in hand, which has changed products.

    To be called last before the COMMIT: from here on other writers wait for it. So transactions become true
    one after the other, and whoever sees a version sees all that was changed up to it and nothing else. Who
    waits for a lock while holding this one could wait for ever.
    """
    connection.execute(_CHANGE, {"version": uuid.uuid4().hex})


def version_in(connection: Connection) -> str:
    """Give the version that the connection's snapshot shows, or, without one, that stands now."""
    version = connection.execute(_VERSION).scalar()
    return NEVER_CHANGED if version is None else str(version)
