"""gunicorn's settings for both services."""

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from common.logs import log_configuration
from common.worker_environment import METRICS_FOLDER, WORKER_NUMBER

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "common.gunicorn_worker.Worker"
logger_class = "common.gunicorn_worker.Logger"
threads = int(os.environ.get("WEB_THREADS", "16"))
keepalive = 75
timeout = 30
graceful_timeout = int(os.environ.get("GRACEFUL_SECONDS", "30"))
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
    """Make the folder by which workers share their metrics, before one of them imports prometheus_client."""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="metrics-")


def on_exit(_server: Any) -> None:
    """Remove it."""
    shutil.rmtree(os.environ[METRICS_FOLDER], ignore_errors=True)


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the lowest number that no other has: it counts on in the file of one that has ended."""
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in itertools.count() if number not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """Tell the worker its number."""
    os.environ[WORKER_NUMBER] = str(worker.number)
