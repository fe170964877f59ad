"""Bounds work that would starve other requests: a few threads do it, a few wait, the rest are refused."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from common.refusals import Unavailable


class Turns:
    """Turns at a piece of work."""

    def __init__(self, running: int, waiting: int, seconds: float, refusal: type[Unavailable]) -> None:
        """Let `running` threads in and `waiting` more wait for up to `seconds`; others get `refusal`."""
        self.running = running
        self._admitted = threading.BoundedSemaphore(running + waiting)
        self._running = threading.BoundedSemaphore(running)
        self._seconds = seconds
        self._refusal = refusal

    def require_room(self) -> None:
        """Raise the refusal if `turn` would at this moment: before what would be done in vain."""
        if not self._admitted.acquire(blocking=False):
            raise self._refusal
        self._admitted.release()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises the refusal if there's none to be had."""
        if not self._admitted.acquire(blocking=False):
            raise self._refusal
        try:
            if not self._running.acquire(timeout=self._seconds):
                raise self._refusal
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()
