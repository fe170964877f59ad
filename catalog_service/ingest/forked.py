"""Work that a process does beside its own, in a copy of itself."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn


class ForkedWork:
    """Work in another process. For processes that have one thread alone, as the other one has no others."""

    def __init__(self, work: Callable[[Callable[[], bool]], object]) -> None:
        """Begin. `work` gives what JSON can hold; it is told whether anybody waits for it. Raises OSError."""
        parent = os.getpid()
        answer, pipe = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _do(work, lambda: os.getppid() == parent, pipe)
        os.close(pipe)
        self._answer = os.fdopen(answer, "rb")

    def result(self) -> Any:
        """Wait for what the work gives; None if it failed."""
        with self._answer:
            answer = self._answer.read()
        _, status = os.waitpid(self._process, 0)
        return json.loads(answer) if status == 0 else None

    def abandon(self) -> None:
        """End it, wherever it is."""
        self._answer.close()
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _do(work: Callable[[Callable[[], bool]], object], is_wanted: Callable[[], bool], pipe: int) -> NoReturn:
    try:
        # Who hears the parent waits for the end of these.
        os.close(0)
        os.close(1)
        with os.fdopen(pipe, "wb") as answer:
            answer.write(json.dumps(work(is_wanted)).encode())
    except BaseException:  # noqa: BLE001 - whatever it was, the parent does the work itself
        os._exit(1)
    # Without what the parent has prepared for its own end.
    os._exit(0)
