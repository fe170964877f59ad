"""Log lines as JSON, one for each request, all with the gateway's request id."""

import logging
import os
import re
import sys
import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)

FLUSH_SECONDS = 0.1
"""How long a line of no urgency may wait for others."""
MOST_LINES = 10_000
"""How many may wait: beyond, whoever logs has to wait for standard error to be read."""

log = logging.getLogger(__name__)


class BatchingHandler(logging.Handler):
    """Writes lines to standard error, many at a time; what is a warning or worse is written at once.

    A line by itself costs as much as a small answer, twice: here, and in the engine that takes it from the
    container. A process that is killed takes the lines of the last FLUSH_SECONDS with it; the gateway has
    a line for each request too.
    """

    def __init__(self) -> None:
        """Write to what is standard error now."""
        super().__init__()
        self._stream = sys.stderr
        self._is_closed = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lines: deque[str] = deque()
        self._has_lines = threading.Event()
        # One that a signal's handler may take again, in whatever it interrupts.
        self._writing = threading.RLock()
        self._writer: threading.Thread | None = None

    def _begin_if_forked(self) -> None:
        """Begin anew in a child process.

        The lines of before the fork are the parent's to write. And its thread may have held the locks at that
        moment, which nobody would let go here.
        """
        if self._process != os.getpid():
            self._begin()

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record, without the lock that all threads would wait for while one formats its own."""
        if not self.filter(record):
            return False
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        try:
            self._begin_if_forked()
            self._lines.append(self.format(record) + "\n")
            if record.levelno >= logging.WARNING or len(self._lines) > MOST_LINES or not self._has_writer():
                self.flush()
            elif not self._has_lines.is_set():
                self._has_lines.set()
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)

    def flush(self) -> None:
        """Write all lines that wait."""
        self._begin_if_forked()
        with self._writing:
            self._has_lines.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._stream.write("".join(lines))
                self._stream.flush()

    def close(self) -> None:
        """Write all lines that wait, and end the thread; what comes later is written at once."""
        self._is_closed = True
        self.flush()
        self._has_lines.set()
        super().close()

    def _has_writer(self) -> bool:
        """Tell whether a thread writes what waits; start it, unless the system has none to give."""
        if self._writer is None and not self._is_closed:
            with self._writing, suppress(RuntimeError):
                self._start_writer()
        return self._writer is not None and not self._is_closed

    def _start_writer(self) -> None:
        if self._writer is None:
            writer = threading.Thread(target=self._write, name="log", daemon=True)
            writer.start()
            self._writer = writer

    def _write(self) -> None:
        while self._has_lines.wait() and not self._is_closed:
            time.sleep(FLUSH_SECONDS)
            self.flush()


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
        "handlers": {"stderr": {"()": BatchingHandler, "formatter": "json", "filters": ["request_id"]}},
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
