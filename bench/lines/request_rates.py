"""Requests a second: each as a share of what a bare Flask does under the same gunicorn settings."""

from functools import partial
from typing import Literal

from bench.comparison import Figure, in_turn, ratio
from bench.session import Session
from bench.wrk import rate

WARM_UP_SECONDS = 2
ROWS = 1_000
_HELLO = "a bare Flask's hello"
_SCRIPT = ("--script", "/app/bench/containers/product_ids.lua")
_SOURCES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # name: (address behind the gateway, address of the service, more options of wrk)
    _HELLO: ("http://gateway:8082/hello", "http://hello:8000/hello", ()),
    "/protected": ("http://gateway:8080/protected", "http://auth-service:8000/protected", ()),
    "token check in the catalog": (
        "http://gateway:8082/token_check",
        "http://token-check:8000/token_check",
        (),
    ),
    "one product by id": ("http://gateway:8080", "http://catalog-service:8001", _SCRIPT),
}
_WANTED = {"token check in the catalog": "at least 0.8", "one product by id": "at least 0.45"}


def run(session: Session) -> list[Figure]:
    """Measure every source, directly and through the gateway, with wrk in a container of its own."""
    session.client.upload(session.products(ROWS, ascending=True))
    return _figures(session, "through the gateway", 0) + _figures(session, "direct", 1)


def _figures(session: Session, way: str, column: Literal[0, 1]) -> list[Figure]:
    sides = {}
    for name, source in _SOURCES.items():
        rate(session, source[column], *source[2], seconds=WARM_UP_SECONDS)
        sides[f"{name}, requests/s"] = partial(rate, session, source[column], *source[2])
    return _shares(in_turn(session.rounds(), sides), way)


def _shares(samples: dict[str, list[float]], way: str) -> list[Figure]:
    wanted = _WANTED if way == "direct" else {}
    return [
        ratio(
            f"{name}, {way}: rate / {_HELLO}",
            samples,
            f"{name}, requests/s",
            f"{_HELLO}, requests/s",
            wanted.get(name, ""),
        )
        for name in _SOURCES
        if name != _HELLO
    ]
