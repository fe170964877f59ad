"""Requests are counted by what they were and how long they took, and added up over processes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from common.request_times import BUCKETS, SHARE_SECONDS, Labels, RequestTimes, SharedTimes, Times
from tests.waiting import wait_until

TEA = Labels("GET", "/tea", 200)
COFFEE = Labels("GET", "/coffee", 418)
ME, OTHER, THIRD = 1, 2, 3


def times_of(labels: Labels, *seconds: float) -> Times:
    counted = RequestTimes(None)
    for each in seconds:
        counted.observe(labels, each)
    return counted.total()


def requests_in(times: Times) -> dict[Labels, int]:
    return {labels: int(sum(numbers[:-1])) for labels, numbers in times.items()}


@pytest.fixture
def shared(tmp_path: Path) -> SharedTimes:
    return SharedTimes(tmp_path)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.001, 0), (0.0011, 1), (0.3, BUCKETS.index(0.5)), (600.0, 15), (601.0, 16)],
)
def test_a_request_is_in_the_first_bucket_that_holds_its_time(seconds: float, bucket: int) -> None:
    numbers = times_of(TEA, seconds)[TEA]
    assert [index for index, number in enumerate(numbers[:-1]) if number] == [bucket]
    assert numbers[-1] == seconds


def test_processes_are_added_up(shared: SharedTimes) -> None:
    shared.write(ME, times_of(TEA, 0.5, 0.5))
    shared.write(OTHER, times_of(TEA, 0.25) | times_of(COFFEE, 1))
    assert requests_in(shared.total()) == {TEA: 3, COFFEE: 1}
    assert shared.total()[TEA][-1] == 1.25


def test_what_a_process_writes_again_is_not_counted_twice(shared: SharedTimes) -> None:
    for seconds in ([1], [1, 1]):
        shared.write(ME, times_of(TEA, *seconds))
    assert requests_in(shared.total()) == {TEA: 2}


def test_the_numbers_of_ended_processes_stay_in_one_file(shared: SharedTimes) -> None:
    for process in (ME, OTHER, THIRD):
        shared.write(process, times_of(TEA, 1))
    (shared.folder / f"{ME}.new").write_text("[[")
    for process in (ME, OTHER, 4):
        shared.keep(process)
        assert requests_in(shared.total()) == {TEA: 3}
    assert sorted(file.name for file in shared.folder.iterdir()) == ["3.json", "ended.json", "lock"]


def test_what_is_counted_is_shared_without_being_asked_for(shared: SharedTimes) -> None:
    mine = RequestTimes(shared)
    for number in (1, 2):
        mine.observe(TEA, 1)
        wait_until(lambda: requests_in(shared.total()) == {TEA: number})  # noqa: B023


def test_who_is_asked_tells_of_all_and_of_its_own_until_now(shared: SharedTimes) -> None:
    shared.write(OTHER, times_of(TEA, 1))
    mine = RequestTimes(shared)
    mine.observe(TEA, 1)
    assert requests_in(mine.total()) == {TEA: 2}


def test_without_a_thread_or_a_place_to_write_requests_are_counted_all_the_same(
    shared: SharedTimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    mine = RequestTimes(shared)
    with monkeypatch.context() as patched:
        patched.setattr("threading.Thread.start", none_left)
        mine.observe(TEA, 1)
    mine.observe(TEA, 1)
    assert requests_in(mine.total()) == {TEA: 2}

    nowhere = RequestTimes(SharedTimes(shared.folder / "nowhere"))
    nowhere.observe(TEA, 1)
    time.sleep(1.2 * SHARE_SECONDS)
    (shared.folder / "nowhere").mkdir()
    nowhere.observe(TEA, 1)
    assert requests_in(nowhere.total()) == {TEA: 2}


def test_no_request_waits_while_the_numbers_are_written(
    shared: SharedTimes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(*_arguments: object) -> None:
        begun.set()
        may_end.wait(20)

    monkeypatch.setattr(shared, "write", slow)
    mine = RequestTimes(shared)
    mine.observe(TEA, 1)
    assert begun.wait(20)
    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(mine.observe, TEA, 1).result(5)
        finally:
            may_end.set()
