"""Log lines as JSON, one for each request, all with the gateway's request id."""

import logging
import re
import time
import uuid
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)

log = logging.getLogger(__name__)


class RequestIdFilter(logging.Filter):
    """Adds the id of the request in hand to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drop a record, only complete it."""
        record.request_id = g.get("request_id") if has_request_context() else None
        return True


def log_configuration(level: str) -> dict[str, Any]:
    """Give `logging.config.dictConfig` what sends everything to standard error as JSON lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": RequestIdFilter}},
        "formatters": {
            "json": {
                "()": JsonFormatter,
                "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
                "rename_fields": {
                    "asctime": "time",
                    "levelname": "level",
                    "name": "logger",
                    "message": "msg",
                },
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"propagate": True}, "gunicorn.access": {"propagate": False}},
    }


def register_request_log(app: Flask) -> None:
    """Give each request of an app an id, log how it ended, and send the id back."""

    @app.before_request
    def begin() -> None:
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[REQUEST_ID_HEADER] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        log.info(
            "%s %s",
            request.method,
            request.path,
            extra={
                "service": app.name,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - g.started) * 1000, 1),
            },
        )
        return response
