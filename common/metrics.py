"""What a service tells Prometheus: how many requests, how they ended, and how long they took."""

import os
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import METRICS_PATH
from common.request_times import BUCKETS, FOLDER_VARIABLE, Labels, RequestTimes, SharedTimes

UNKNOWN = "unknown"
"""Stands for any address and method that no route answers: a client must not make labels at will."""


class RequestCollector(Collector):
    """Requests as one of Prometheus' histograms."""

    def __init__(self, times: RequestTimes) -> None:
        """Tell of these."""
        self.times = times

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Give the histogram as it is now. Raises OSError."""
        family = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time from a request's first line to the first byte of its answer.",
            labels=Labels._fields,
        )
        edges = [*map(floatToGoString, BUCKETS), "+Inf"]
        for labels, (*counts, seconds) in sorted(self.times.total().items()):
            buckets = list(zip(edges, accumulate(counts), strict=True))
            family.add_metric([str(label) for label in labels], buckets=buckets, sum_value=seconds)
        yield family


def register_metrics(app: Flask) -> None:
    """Count each request of an app, timed by its request log, and add the route that tells of them."""
    folder = os.environ.get(FOLDER_VARIABLE)
    times = RequestTimes(SharedTimes(Path(folder)) if folder else None)

    @app.after_request
    def observe(response: Response) -> Response:
        route = request.url_rule
        method, rule = (request.method, route.rule) if route else (UNKNOWN, UNKNOWN)
        times.observe(Labels(method, rule, response.status_code), time.perf_counter() - g.started)
        return response

    registry = CollectorRegistry()
    registry.register(RequestCollector(times))
    metrics = ServiceBlueprint("metrics", __name__, authentication=Authentication.PUBLIC)

    @metrics.get(METRICS_PATH, doc_ui=False)
    def tell() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(metrics)
