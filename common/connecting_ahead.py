"""Opens database connections when a worker starts.

Else the first crowd waits until they are: to open one takes ten times as long as to ask by it.
"""

import logging
from collections.abc import Iterable
from contextlib import ExitStack
from threading import Thread
from typing import cast

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

_EXTENSION = "connecting_ahead"

log = logging.getLogger(__name__)


def connect_ahead(app: Flask, *engines: Engine) -> None:
    """Have the workers that serve an app open all connections that these engines may have."""
    app.extensions[_EXTENSION] = engines


def open_connections(app: object) -> None:
    """Open what a WSGI app wants open, beside its first requests. It works without, too."""
    engines = getattr(app, "extensions", {}).get(_EXTENSION, ())
    Thread(target=_fill, args=(engines,), name=_EXTENSION, daemon=True).start()


def _fill(engines: Iterable[Engine]) -> None:
    try:
        for engine in engines:
            with ExitStack() as held:
                for _ in range(cast(QueuePool, engine.pool).size()):
                    held.enter_context(engine.connect())
    except SQLAlchemyError as error:
        log.info("not all connections were opened ahead: %s", type(error).__name__)
