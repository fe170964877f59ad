"""gunicorn's settings for both services."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from common.connecting_ahead import open_connections
from common.logs import log_configuration
from common.request_times import FOLDER_VARIABLE, SharedTimes
from common.settings import ServerSettings

_settings = ServerSettings.from_environment()

bind = "0.0.0.0:8000"
workers = _settings.web_workers
worker_class = "common.gunicorn_worker.Worker"
logger_class = "common.gunicorn_worker.Logger"
threads = _settings.web_threads
keepalive = 75
timeout = 30
graceful_timeout = _settings.graceful_seconds
max_requests = 100_000
max_requests_jitter = 10_000
# A heartbeat file on a disk that stalls would have the worker killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
limit_request_line = 8190
limit_request_fields = 110
limit_request_field_size = 16_380
# Nobody administers it by a socket, and the file system is read-only.
control_socket_disable = True
logconfig_dict = log_configuration("INFO")


def on_starting(_server: Any) -> None:
    """Make the folder by which workers share what they count."""
    os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="metrics-")


def post_worker_init(worker: Any) -> None:
    """Have a worker's app connect to its database."""
    open_connections(worker.wsgi)


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a worker had counted."""
    # A full disk may cost some numbers, but not the program.
    with suppress(OSError):
        SharedTimes(Path(os.environ[FOLDER_VARIABLE])).keep(worker.pid)


def on_exit(_server: Any) -> None:
    """Remove the folder."""
    shutil.rmtree(os.environ[FOLDER_VARIABLE], ignore_errors=True)
