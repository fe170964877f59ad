"""Reads among 1,000,000 products: how long each takes, and how many are answered a second."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from statistics import mean, median, quantiles
from typing import NamedTuple

from bench.comparison import Figure, in_turn
from bench.mysql import ACCOUNT, SERVICE_TABLE
from bench.session import Session
from bench.sources import REPORTS, Source, filtered, pages, product, report, searches, stored_ids
from bench.wrk import rate

ROWS = 1_000_000
PAGE_NUMBER = 1_000
COLUMNS = ("product_id", "price")
SECONDS = 3
WARM_UP_SECONDS = 1
REPORT_TIMES = 3
_PATHS = "/tmp/paths.txt"  # noqa: S108
_SCRIPT = ("--script", "/app/bench/containers/paths.lua")
_GATEWAY, _HELLO_ADDRESS = "gateway:8080", "gateway:8082"
_SERVICE, _ALONE, _HELLO, _COLD = "gateway", "PyMySQL", "bare Flask", "gateway, first ask"


class Times(NamedTuple):
    """How long reads took that came one after another, and how many a second were answered."""

    p50: float
    """In milliseconds, as the next."""
    p95: float
    rate: float


Samples = Mapping[str, Sequence[Times]]


def run(session: Session) -> list[Figure]:
    """Measure each read beside a bare Flask's hello and beside its own statements by PyMySQL alone."""
    session.mysql.empty(SERVICE_TABLE)
    session.client.upload(session.products(ROWS))
    session.mysql.execute(f"GRANT SELECT ON catalog.* TO {ACCOUNT}")
    ids = stored_ids(session, ROWS)
    figures: list[Figure] = []
    for source in (product(ids), filtered(), *searches()):
        figures += _read(session, source)[0]
    for column in COLUMNS:
        figures += _paged(session, column)
    for kind in REPORTS:
        figures += _reported(session, report(kind), ids[0])
    return figures


def _paged(session: Session, column: str) -> Iterator[Figure]:
    """Measure three pages, and how the later ones compare with the first."""
    sources = list(pages(session, column, ROWS, PAGE_NUMBER))
    figures, measured = _read(session, *sources)
    yield from figures
    first, *others = (source.name for source in sources)
    for other in others:
        behind = {f"{name}, p50, ms": [one.p50 for one in measured[name]] for name in (other, first)}
        yield Figure(f"{other}: p50 / {first}", _ratio(measured, other, first, "p50"), behind)


def _read(session: Session, *sources: Source) -> tuple[list[Figure], Samples]:
    """Measure sources in turn, and give the samples by their names too."""
    sides = {_HELLO: partial(_hello, session, sources[0].connections)}
    for source in sources:
        sides[source.name] = partial(_busy, session, source)
        sides[f"{source.name} {_ALONE}"] = partial(_alone, session, source, source.times)
    measured = in_turn(session.rounds(), sides)
    figures = []
    for source in sources:
        alone = measured[f"{source.name} {_ALONE}"]
        samples = {_SERVICE: measured[source.name], _HELLO: measured[_HELLO], _ALONE: alone}
        figures += [_time(source.name, _SERVICE, samples), _rate(source.name, samples)]
    return figures, measured


def _reported(session: Session, source: Source, product_id: str) -> Iterator[Figure]:
    """Measure a report on products that have just changed, and on those that haven't."""
    cold = source._replace(times=REPORT_TIMES)
    sides = {
        _COLD: partial(_asked, session, "cold", cold, {"PRODUCT": f"/products/{product_id}"}),
        _SERVICE: partial(_busy, session, source),
        _HELLO: partial(_hello, session, source.connections),
        _ALONE: partial(_alone, session, source, REPORT_TIMES),
    }
    samples = in_turn(session.rounds(), sides)
    yield _time(f"{source.name}, after a change", _COLD, samples)
    yield _time(f"{source.name}, asked again", _SERVICE, samples)
    yield _rate(f"{source.name}, asked again", samples)


def _time(name: str, side: str, samples: Samples) -> Figure:
    what = f"{name}: p50 / the same statements by PyMySQL alone"
    behind = _behind(samples, (side, _ALONE, _HELLO), ("p50", "p95"))
    return Figure(what, _ratio(samples, side, _ALONE, "p50"), behind)


def _rate(name: str, samples: Samples) -> Figure:
    what = f"{name}: requests a second / a bare Flask's hello through the gateway"
    behind = _behind(samples, (_SERVICE, _HELLO, _ALONE), ("rate",))
    return Figure(what, _ratio(samples, _SERVICE, _HELLO, "rate"), behind)


def _ratio(samples: Samples, side: str, yardstick: str, what: str) -> float:
    pairs = zip(samples[side], samples[yardstick], strict=True)
    return median(float(getattr(one, what)) / float(getattr(other, what)) for one, other in pairs)


def _behind(samples: Samples, sides: Iterable[str], kinds: Sequence[str]) -> dict[str, list[float]]:
    units = {"rate": "a second"}
    return {
        f"{side}, {units.get(kind, f'{kind}, ms')}": [getattr(one, kind) for one in samples[side]]
        for side in sides
        for kind in kinds
    }


def _busy(session: Session, source: Source) -> Times:
    """Ask one after another, and then by many connections at once for the rate."""
    alone = _asked(session, "http", source, {})
    paths = session.folder / "paths.txt"
    paths.write_text("".join(f"{path}\n" for path in source.paths), encoding="utf-8")
    session.stack.copy(paths, "load", _PATHS)
    address = f"http://{_GATEWAY}"
    # A report that none of a process's threads knows yet is refused to more than ten who ask for it at once.
    rate(session, address, *_SCRIPT, seconds=WARM_UP_SECONDS, connections=2)
    measured = rate(session, address, *_SCRIPT, seconds=SECONDS, connections=source.connections)
    return alone._replace(rate=measured)


def _hello(session: Session, connections: int) -> Times:
    hello = Source("hello", ["/hello"], [])
    alone = _asked(session, "http", hello, {"ADDRESS": _HELLO_ADDRESS})
    address = f"http://{_HELLO_ADDRESS}/hello"
    return alone._replace(rate=rate(session, address, seconds=SECONDS, connections=connections))


def _asked(session: Session, way: str, source: Source, environment: Mapping[str, str]) -> Times:
    given = {"ADDRESS": _GATEWAY, "TOKEN": session.client.log_in(), **environment}
    return _in_container(session, way, source.paths, source.times, given)


def _alone(session: Session, source: Source, times: int) -> Times:
    given = {"ACCOUNT": ACCOUNT, "PASSWORD": session.mysql.password}
    return _in_container(session, "pymysql", source.statements, times, given)


def _in_container(
    session: Session, way: str, plan: Sequence[object], times: int, environment: Mapping[str, str]
) -> Times:
    command = ("python", "-m", "bench.containers.reads", way)
    given = {"PLAN": json.dumps(plan), "TIMES": str(times), **environment}
    took: list[float] = json.loads(session.stack.execute("load", *command, environment=given).stdout)
    return Times(median(took), quantiles(took, n=20, method="inclusive")[-1], 1000 / mean(took))
