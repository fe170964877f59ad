"""Work that would starve others is done by a few threads at once, and waited for by a few more."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from common.refusals import Unavailable
from common.turns import Turns

SOON = 5.0
"""Seconds that a test waits for what happens at once."""


class Crowded(Unavailable):
    """The refusal of these tests."""


class Work:
    """Work that takes its turns and ends when it's told to."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.may_end = threading.Event()
        self.lock = threading.Lock()
        self.running = 0
        self.most_running = 0

    def __call__(self) -> str:
        with self.turns.turn():
            with self.lock:
                self.running += 1
                self.most_running = max(self.most_running, self.running)
            self.may_end.wait(SOON)
            with self.lock:
                self.running -= 1
        return "done"

    def wait_until_running(self, number: int) -> None:
        deadline = time.monotonic() + SOON
        while self.running < number:
            assert time.monotonic() < deadline
            time.sleep(0.001)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=32) as made:
        yield made


def outcomes(futures: list[Future[str]]) -> list[str]:
    return sorted(
        type(future.exception(SOON)).__name__ if future.exception(SOON) else "done" for future in futures
    )


def test_no_more_threads_work_at_once_than_there_are_turns(pool: ThreadPoolExecutor) -> None:
    work = Work(Turns(running=3, waiting=20, seconds=SOON, refusal=Crowded))
    futures = [pool.submit(work) for _ in range(20)]
    work.wait_until_running(3)
    time.sleep(0.05)
    work.may_end.set()
    assert outcomes(futures) == ["done"] * 20
    assert work.most_running == 3


def test_whoever_finds_the_queue_full_is_refused_at_once(pool: ThreadPoolExecutor) -> None:
    work = Work(Turns(running=2, waiting=3, seconds=SOON, refusal=Crowded))
    futures = [pool.submit(work) for _ in range(20)]
    refused = [future for future in futures if not pool_is_waiting_for(future)]
    assert len(refused) == 15
    work.may_end.set()
    assert outcomes(futures) == ["Crowded"] * 15 + ["done"] * 5


def pool_is_waiting_for(future: Future[str]) -> bool:
    try:
        future.exception(0.5)
    except TimeoutError:
        return True
    return False


def test_nobody_waits_longer_than_was_said(pool: ThreadPoolExecutor) -> None:
    work = Work(Turns(running=1, waiting=1, seconds=0.1, refusal=Crowded))
    first = pool.submit(work)
    work.wait_until_running(1)
    started = time.monotonic()
    assert outcomes([pool.submit(work)]) == ["Crowded"]
    assert 0.09 < time.monotonic() - started < 2
    work.may_end.set()
    assert outcomes([first]) == ["done"]


def test_a_turn_is_given_back_also_by_work_that_fails_and_by_one_that_waited_in_vain() -> None:
    turns = Turns(running=1, waiting=0, seconds=0.01, refusal=Crowded)
    for _ in range(3):
        with pytest.raises(RuntimeError), turns.turn():
            raise RuntimeError
    with turns.turn(), pytest.raises(Crowded), turns.turn():
        pass
    with turns.turn():
        pass


def test_who_waited_in_vain_leaves_the_queue(pool: ThreadPoolExecutor) -> None:
    turns = Turns(running=1, waiting=1, seconds=0.05, refusal=Crowded)
    work = Work(turns)
    first = pool.submit(work)
    work.wait_until_running(1)
    for _ in range(3):
        assert outcomes([pool.submit(work)]) == ["Crowded"]
    work.may_end.set()
    assert outcomes([first, pool.submit(work)]) == ["done", "done"]


def test_room_is_asked_for_without_taking_it(pool: ThreadPoolExecutor) -> None:
    turns = Turns(running=1, waiting=0, seconds=SOON, refusal=Crowded)
    for _ in range(3):
        turns.require_room()
    work = Work(turns)
    first = pool.submit(work)
    work.wait_until_running(1)
    with pytest.raises(Crowded):
        turns.require_room()
    work.may_end.set()
    assert outcomes([first]) == ["done"]
    turns.require_room()
