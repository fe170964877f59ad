"""The tables of an app under test."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask_sqlalchemy import SQLAlchemy


@contextmanager
def with_tables(app: Flask) -> Iterator[Flask]:
    """Make an app's tables, and close its connections at the end."""
    db: SQLAlchemy = app.extensions["sqlalchemy"]
    with app.app_context():
        db.create_all()
    yield app
    close_connections(app)


def close_connections(app: Flask) -> None:
    """Close what an app's engines hold open, once nobody polls in the background any more."""
    if "revoked_tokens" in app.extensions:
        app.extensions["revoked_tokens"].stop()
    db: SQLAlchemy = app.extensions["sqlalchemy"]
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
