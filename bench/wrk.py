"""Requests a second, by wrk in a container of its own."""

import re

from bench.session import Session

SECONDS = 5
CONNECTIONS = 16
TIMEOUT_SECONDS = 10
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")


class RefusedRequests(Exception):
    """Some requests were answered by an error, so that their rate says nothing."""


def rate(
    session: Session, address: str, *options: str, seconds: int = SECONDS, connections: int = CONNECTIONS
) -> float:
    """Give the requests a second at an address, by a person signed in. Raises RefusedRequests."""
    # Logged in each time, as a token lives for 15 minutes.
    header = f"Authorization: Bearer {session.client.log_in()}"
    load = ("--threads", "2", "--connections", str(connections), "--timeout", f"{TIMEOUT_SECONDS}s")
    output = session.stack.execute(
        "load", "wrk", *load, "--duration", f"{seconds}s", "--header", header, *options, address
    ).stdout
    found = _RATE.search(output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        raise RefusedRequests(f"{address}\n{output}")
    return float(found[1])
