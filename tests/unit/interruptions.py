"""Stops one request at a chosen step of its work on the database, while another one runs."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, event

BLOCKED_SECONDS = 0.3
"""How long the other one is waited for; it then waits itself, for a lock that the first one holds."""
LONGEST_WAIT = 20.0

One = TypeVar("One")
Other = TypeVar("Other")


class Interrupted:
    """Runs two pieces of work, the second of which begins before a chosen step of the first."""

    def __init__(self, engine: Engine, step: int) -> None:
        """Choose the step, which is a statement or a commit; the first has the number 1."""
        self.engine = engine
        self.step = step
        self.steps = 0

    @property
    def reached(self) -> bool:
        """Whether the first piece of work had as many steps."""
        return self.steps >= self.step

    def run(self, work: Callable[[], One], meanwhile: Callable[[], Other]) -> tuple[One, Other]:
        """Give what both gave; `meanwhile` runs at the end if the step is never reached."""
        with ThreadPoolExecutor(1) as pool:
            begun: list[Future[Other]] = []

            def interrupt() -> None:
                begun.append(pool.submit(meanwhile))
                wait(begun, BLOCKED_SECONDS)

            with self._at_the_step(interrupt):
                one = work()
            other = begun[0] if begun else pool.submit(meanwhile)
            return one, other.result(LONGEST_WAIT)

    @contextmanager
    def _at_the_step(self, interrupt: Callable[[], None]) -> Iterator[None]:
        thread = threading.get_ident()

        def count(*_arguments: Any) -> None:
            if threading.get_ident() == thread:
                self.steps += 1
                if self.steps == self.step:
                    interrupt()

        for name in ("before_cursor_execute", "commit"):
            event.listen(self.engine, name, count)
        try:
            yield
        finally:
            for name in ("before_cursor_execute", "commit"):
                event.remove(self.engine, name, count)
