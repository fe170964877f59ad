"""Requests are counted by route and status, and no client can make up labels."""

import re

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from prometheus_client import Histogram

from common.metrics import register_metrics


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
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


def test_a_request_is_answered_also_if_it_can_not_be_counted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Histogram, "observe", no_room)
    assert client.get("/tea/green").status_code == 418
