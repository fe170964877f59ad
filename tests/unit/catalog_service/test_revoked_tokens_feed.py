"""The list of revoked tokens is fetched within limits, and only if it has changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog_service.bounded_fetch import FETCH_SECONDS, UnusableAnswer
from catalog_service.revoked_tokens import LARGEST_FEED, RevokedTokens, RevokedTokensFeed
from catalog_service.settings import CatalogSettings
from tests.unit.catalog_service.key_servers import Answer, Handler, done_within, key_server

STALE = 900


def listing(*token_ids: object) -> bytes:
    return json.dumps({"token_ids": token_ids}).encode()


def test_the_list_is_asked_for_by_its_etag_and_sent_once() -> None:
    asked: list[str | None] = []

    def answer(handler: Handler) -> None:
        asked.append(handler.headers["If-None-Match"])
        if asked[-1] == '"1"':
            handler.send(b"", 304, ETag='"1"')
        else:
            handler.send(listing("a"), ETag='"1"')

    with key_server(answer) as server:
        feed = RevokedTokensFeed(server.url)
        assert [feed.fetch() for _ in range(3)] == [{"a"}] * 3
    assert asked == [None, '"1"', '"1"']


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"token_ids": null}', b'{"token_ids": "abc"}', b'{"token_ids": [7]}',
     b'{"token_ids": {}}', b"[" * 100_000, b"\xff", b"<html>"],
)  # fmt: skip
def test_an_answer_that_is_no_list_leaves_the_last_one(body: bytes) -> None:
    bodies = iter([listing("a"), body, body])
    with key_server(lambda handler: handler.send(next(bodies))) as server:
        feed = RevokedTokensFeed(server.url)
        revoked = RevokedTokens(feed.fetch, 3_600, STALE)
        assert revoked.is_revoked("a")
        with pytest.raises(UnusableAnswer):
            feed.fetch()
        revoked.refresh()
        assert revoked.is_revoked("a")
        revoked.stop()


def test_a_long_list_is_read_whole_and_an_endless_one_is_not() -> None:
    many = [f"{number:036}" for number in range(LARGEST_FEED // 45)]
    bodies = iter([listing(*many), listing("x" * LARGEST_FEED)])
    with key_server(lambda handler: handler.send(next(bodies))) as server:
        feed = RevokedTokensFeed(server.url)
        assert feed.fetch() == set(many)
        with pytest.raises(UnusableAnswer, match="too large"):
            feed.fetch()


@pytest.mark.parametrize("status", [201, 204, 304, 401, 404, 500])
def test_another_status_is_no_list(status: int) -> None:
    with key_server(lambda handler: handler.send(listing(), status)) as server, pytest.raises(UnusableAnswer):
        RevokedTokensFeed(server.url).fetch()


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.drip(listing("x" * 1_000), 0.05)


def redirect(handler: Handler) -> None:
    handler.send(b"", 302, Location=handler.server.url)


@pytest.mark.parametrize("answer", [drip, redirect])
def test_a_fetch_ends_in_time_and_goes_nowhere_else(answer: Answer) -> None:
    with key_server(answer) as server, done_within(FETCH_SECONDS + 0.6), pytest.raises(Exception):  # noqa: B017, PT011 - which one is the client's matter
        RevokedTokensFeed(server.url).fetch()
    assert len(server.paths) == 1


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "http://auth_service:8000/revoked-tokens"),
        ({"revoked_tokens_url": "http://elsewhere/list"}, "http://elsewhere/list"),
    ],
)
def test_the_list_is_beside_the_key_set_unless_it_is_elsewhere(
    changes: dict[str, Any], address: str, tmp_path: Path
) -> None:
    settings = CatalogSettings(
        database_url="sqlite://",
        jwks_url="http://auth_service:8000/.well-known/jwks.json",
        spool_dir=tmp_path,
        **changes,
    )
    assert settings.revoked_tokens_address() == address
