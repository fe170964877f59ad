"""What many threads look up at the same time is asked for together, and each gets its own answer."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from common.gathered_lookups import GatheredLookups
from tests.waiting import wait_until

SOON = 5.0
"""Seconds that a test waits for what happens at once."""


class Shelf:
    """Upper-case letters by lower-case ones, given out when the test says so."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.answers = threading.Semaphore(0)
        self.missing: set[str] = set()
        self.failures: list[Exception] = []

    def look_up(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(sorted(keys))
        assert self.answers.acquire(timeout=SOON)
        if self.failures:
            raise self.failures.pop()
        return {key: key.upper() for key in keys if key not in self.missing}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=16) as made:
        yield made


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def lookups(shelf: Shelf) -> GatheredLookups[str]:
    return GatheredLookups(shelf.look_up, patience=SOON)


def gathered(lookups: GatheredLookups[str]) -> int:
    """Count who waits to be asked for, which nothing else shows."""
    group = lookups._gathering  # noqa: SLF001
    return 0 if group is None else len(group.keys)


def ask_during_another(
    pool: ThreadPoolExecutor, shelf: Shelf, lookups: GatheredLookups[str], keys: str
) -> list[Future[str | None]]:
    """Have keys asked for while a lookup of `z` is under way, and let that one end."""
    first = pool.submit(lookups.find, "z")
    wait_until(lambda: shelf.asked == [["z"]])
    later = [pool.submit(lookups.find, key) for key in keys]
    wait_until(lambda: gathered(lookups) == len(keys))
    shelf.answers.release()
    assert first.result(SOON) == "Z"
    return later


def test_a_lookup_alone_is_asked_for_at_once(shelf: Shelf, lookups: GatheredLookups[str]) -> None:
    shelf.answers.release(2)
    assert lookups.find("a") == "A"
    shelf.missing.add("b")
    assert lookups.find("b") is None
    assert shelf.asked == [["a"], ["b"]]


def test_what_comes_during_a_lookup_is_asked_for_together_after_it(
    pool: ThreadPoolExecutor, shelf: Shelf, lookups: GatheredLookups[str]
) -> None:
    shelf.missing.add("b")
    later = ask_during_another(pool, shelf, lookups, "abca")
    shelf.answers.release()
    assert [future.result(SOON) for future in later] == ["A", None, "C", "A"]
    assert shelf.asked == [["z"], ["a", "b", "c"]]


def test_a_failure_is_told_to_all_whom_it_concerns_and_to_nobody_later(
    pool: ThreadPoolExecutor, shelf: Shelf, lookups: GatheredLookups[str]
) -> None:
    later = ask_during_another(pool, shelf, lookups, "ab")
    shelf.failures.append(OSError("gone"))
    shelf.answers.release(2)
    assert [str(future.exception(SOON)) for future in later] == ["gone", "gone"]
    assert lookups.find("a") == "A"


def test_one_that_hangs_keeps_no_other_from_being_asked(pool: ThreadPoolExecutor, shelf: Shelf) -> None:
    lookups = GatheredLookups(shelf.look_up, patience=0.01)
    hanging = pool.submit(lookups.find, "z")
    wait_until(lambda: shelf.asked == [["z"]])
    other = pool.submit(lookups.find, "a")
    wait_until(lambda: shelf.asked == [["z"], ["a"]])
    shelf.answers.release(2)
    assert (hanging.result(SOON), other.result(SOON)) == ("Z", "A")
