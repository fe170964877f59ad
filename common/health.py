"""`/healthz` (alive) and `/readyz` (can serve): for the machinery around a service, not for its clients."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text

from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import ALIVE_PATH, READY_PATH
from common.refusals import RETRY_AFTER

log = logging.getLogger(__name__)

Check = Callable[[], object]
"""Something that the service can't serve without; it raises if that is missing."""


def register_health(app: Flask, checks: Mapping[str, Check]) -> None:
    """Add the two routes to an app; it is ready when no check raises."""
    health = ServiceBlueprint("health", __name__, authentication=Authentication.PUBLIC)

    @health.get(ALIVE_PATH, doc_ui=False)
    def healthz() -> dict[str, Any]:
        return {"status": "alive"}

    @health.get(READY_PATH, doc_ui=False)
    def readyz() -> tuple[dict[str, Any], HTTPStatus, Mapping[str, str]]:
        missing = [name for name, check in checks.items() if not _passes(name, check)]
        if missing:
            return {"msg": f"Not ready: {', '.join(missing)}."}, HTTPStatus.SERVICE_UNAVAILABLE, RETRY_AFTER
        return {"status": "ready"}, HTTPStatus.OK, {}

    app.register_blueprint(health)


def _passes(name: str, check: Check) -> bool:
    try:
        check()
    except Exception:
        log.warning("not ready: %s", name, exc_info=True)
        return False
    return True


def ping(engine: Engine) -> None:
    """Ask the database for an answer. Raises what the driver raises."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
