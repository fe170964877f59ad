"""Logins a second, and how /protected fares while many sign in at once."""

import json
from collections import Counter
from statistics import median
from typing import Any

from bench.comparison import Figure, in_turn, ratio
from bench.session import Session

COUNT = 200
CLIENTS = 8
"""As many as wait for their turn without one being refused."""
CROWD = 200
_LOGINS, _BCRYPT = "logins/s", "bare bcrypt/s"
_COST = "from os import environ; print(environ['BCRYPT_ROUNDS'])"


def run(session: Session) -> list[Figure]:
    """Measure logins against bcrypt alone, and the 95th percentile of /protected in quiet and in a crowd."""
    cost = session.stack.execute("auth_service", "python", "-c", _COST).stdout.strip()
    sides = {
        _LOGINS: lambda: COUNT / float(_run(session, "logins", COUNT, CLIENTS)["seconds"]),
        _BCRYPT: lambda: COUNT / float(_run(session, "bcrypt", COUNT, cost)["seconds"]),
    }
    samples = in_turn(session.rounds(), sides)
    what = f"rate of logins through the gateway / bare bcrypt on the same cores, both of cost {cost}"
    return [ratio(what, samples, _LOGINS, _BCRYPT, "at least 0.95"), _crowd(session)]


def _crowd(session: Session) -> Figure:
    results = [_run(session, "crowd", CROWD) for _ in range(session.rounds())]
    logins, protected = _answers(results, "logins"), _answers(results, "protected")
    what = f"/protected while {CROWD} log in at once, 95th percentile (answered {protected}; logins {logins})"
    samples = {
        "in quiet, ms": [result["quiet"] for result in results],
        "in the crowd, ms": [result["busy"] for result in results],
    }
    return Figure(what, median(samples["in the crowd, ms"]), samples, unit="ms")


def _answers(results: list[Any], kind: str) -> str:
    """Write how often each status was answered, as `140 times 200, 60 times 503`."""
    statuses = sum((Counter(result[kind]) for result in results), Counter[str]())
    return ", ".join(f"{count} times {status}" for status, count in sorted(statuses.items()))


def _run(session: Session, what: str, *arguments: object) -> Any:
    environment = {
        "ADDRESS": "gateway:8080",
        "USERNAME": session.client.username,
        "PASSWORD": session.client.password,
        "TOKEN": session.client.log_in(),
    }
    command = ("python", "-m", "bench.containers.logins", what, *map(str, arguments))
    return json.loads(session.stack.execute("load", *command, environment=environment).stdout)
