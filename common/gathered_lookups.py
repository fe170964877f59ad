"""Asks for many keys at once what many threads ask for one by one."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

PATIENCE_SECONDS = 0.05

Answer = TypeVar("Answer")


class _Group(Generic[Answer]):
    """Keys that are asked for together."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.answers: Future[Mapping[str, Answer]] = Future()


class GatheredLookups(Generic[Answer]):
    """Lookups by key, one question at a time for all threads.

    A thread that finds a question under way gathers the keys of those who come after it, and asks for all of
    them at once when that question is answered. So a lookup begins after it was asked for and sees what was
    stored before. An answer that is late is not waited for: others get no slower by one that hangs.
    """

    def __init__(
        self, look_up: Callable[[Sequence[str]], Mapping[str, Answer]], patience: float = PATIENCE_SECONDS
    ) -> None:
        """Ask by `look_up`, which any thread calls, and which gives answers to those keys that have one.

        `patience` is how many seconds keys are gathered, at most.
        """
        self._look_up = look_up
        self._patience = patience
        self._turn = threading.Lock()
        self._changing = threading.Lock()
        self._gathering: _Group[Answer] | None = None

    def find(self, key: str) -> Answer | None:
        """Give a key's answer, or None. Raises what `look_up` does, to all who were asked for together."""
        with self._changing:
            leads = self._gathering is None
            group = self._gathering = self._gathering or _Group()
            group.keys.append(key)
        if leads:
            self._answer(group)
        return group.answers.result().get(key)

    def _answer(self, group: _Group[Answer]) -> None:
        has_turn = self._turn.acquire(timeout=self._patience)
        with self._changing:
            self._gathering = None
        try:
            group.answers.set_result(self._look_up(list(dict.fromkeys(group.keys))))
        except BaseException as error:  # noqa: BLE001 - who waits has to be told
            group.answers.set_exception(error)
        finally:
            if has_turn:
                self._turn.release()
