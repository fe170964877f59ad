"""Waiting for what happens in its own time."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object], seconds: float = 90, pause: float = 0.01) -> None:
    """Ask every `pause` seconds until something holds. Raises AssertionError if it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(pause)
