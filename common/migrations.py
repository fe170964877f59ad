"""What a service's `migrations/env.py` runs: its migrations, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

LOCK_SECONDS = 60


def run_migrations(lock_name: str) -> None:
    """Bring the current app's database up to date; a second process that tries at once waits for the first.

    MySQL commits each DDL statement by itself, so that every migration has to be one that can be run again
    after it was cut short.

    Raises TimeoutError if another process holds the lock for LOCK_SECONDS.
    """
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as connection, _lock(connection, lock_name):
        context.configure(connection=connection, target_metadata=db.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


@contextmanager
def _lock(connection: Connection, name: str) -> Iterator[None]:
    if connection.dialect.name != "mysql":
        yield
        return
    # The wait is longer than the driver's deadline for one read, so it is made of short ones.
    for _ in range(LOCK_SECONDS):
        if connection.scalar(text("SELECT GET_LOCK(:name, 1)"), {"name": name}):
            break
    else:
        raise TimeoutError(f"another migration holds {name}")
    connection.commit()
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
