"""What a service tells Prometheus: how many requests, how they ended, and how long they took.

gunicorn's workers share their numbers by files, so that it doesn't matter which of them is asked
(docs/decisions/0031-metrics.md).
"""

import os
import time
from contextlib import suppress
from http import HTTPStatus

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import METRICS_PATH
from common.worker_environment import METRICS_FOLDER, WORKER_NUMBER

_WORKER = os.environ.get(WORKER_NUMBER)
if _WORKER is not None:
    # By process ids, each worker that ever ended would leave a file.
    values.ValueClass = values.MultiProcessValue(lambda: _WORKER)  # type: ignore[no-untyped-call]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600)
"""Seconds; an upload may take minutes."""
UNKNOWN = "unknown"
"""Stands for any address and method that no route answers: a client must not make labels at will."""

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time from a request's first line to the first byte of its answer.",
    ["method", "route", "status"],
    buckets=BUCKETS,
)


def register_metrics(app: Flask) -> None:
    """Observe each request of an app, and add the route that tells of them."""

    @app.before_request
    def begin() -> None:
        g.request_began = time.perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        route, seconds = request.url_rule, time.perf_counter() - g.request_began
        method, rule = (request.method, route.rule) if route else (UNKNOWN, UNKNOWN)
        # No room left to count it is no reason to refuse it.
        with suppress(OSError):
            REQUESTS.labels(method, rule, response.status_code).observe(seconds)
        return response

    metrics = ServiceBlueprint("metrics", __name__, authentication=Authentication.PUBLIC)

    @metrics.get(METRICS_PATH, doc_ui=False)
    def tell() -> Response:
        return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(metrics)
    # Opens this process's file, for which there may be no descriptor left later.
    REQUESTS.labels("GET", METRICS_PATH, HTTPStatus.OK.value)


def _registry() -> CollectorRegistry:
    # Without gunicorn there is one process, which needs no files.
    if METRICS_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
