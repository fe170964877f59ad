"""Requests are counted by route and status, and no client can make up labels."""

import re

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families

from common.logs import register_request_log
from common.metrics import register_metrics


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    register_request_log(app)
    register_metrics(app)

    @app.get("/tea/<kind>")
    def tea(kind: str) -> Response:
        return Response(kind, status=418)

    return app.test_client()


def counted(client: FlaskClient) -> dict[str, int]:
    """Give the counts of requests by their labels."""
    found = re.findall(
        r"^http_request_duration_seconds_count\{(.*)\} (\d+)\.0$", client.get("/metrics").text, re.MULTILINE
    )
    return {labels: int(count) for labels, count in found}


def added(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    of_others = 'method="GET",route="/metrics",status="200"'
    return {
        labels: count - before.get(labels, 0)
        for labels, count in after.items()
        if count > before.get(labels, 0) and labels != of_others
    }


def test_requests_are_counted_by_their_route_and_not_by_their_address(client: FlaskClient) -> None:
    before = counted(client)
    for kind in ("green", "black"):
        client.get(f"/tea/{kind}")
    assert added(before, counted(client)) == {'method="GET",route="/tea/<kind>",status="418"': 2}


def test_what_no_route_answers_has_one_label(client: FlaskClient) -> None:
    before = counted(client)
    for method, path in (("GET", "/coffee"), ("BREW", "/coffee"), ("BREW", "/tea/green")):
        client.open(path, method=method)
    assert added(before, counted(client)) == {
        'method="unknown",route="unknown",status="404"': 2,
        'method="unknown",route="unknown",status="405"': 1,
    }


def test_times_are_told_as_a_cumulative_histogram(client: FlaskClient) -> None:
    for kind in ("green", "black"):
        client.get(f"/tea/{kind}")
    (family,) = text_string_to_metric_families(client.get("/metrics").text)
    assert (family.name, family.type) == ("http_request_duration_seconds", "histogram")
    of_tea = [sample for sample in family.samples if sample.labels["route"] == "/tea/<kind>"]
    edges = [sample.labels["le"] for sample in of_tea if sample.name.endswith("_bucket")]
    counts = [sample.value for sample in of_tea if sample.name.endswith("_bucket")]
    assert (edges[0], edges[-2:]) == ("0.001", ["600.0", "+Inf"])
    assert counts == sorted(counts)
    assert counts[-1] == 2
    (seconds,) = (sample.value for sample in of_tea if sample.name.endswith("_sum"))
    assert 0 < seconds < 2


def test_the_answer_is_what_prometheus_reads(client: FlaskClient) -> None:
    assert client.get("/metrics").content_type == CONTENT_TYPE_LATEST
