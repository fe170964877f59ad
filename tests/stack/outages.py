"""Asks a stack in which something is broken, and waits until it is whole again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.stack.compose import Stack
from tests.waiting import wait_until

HEALED_SECONDS = 10

Ask = Callable[[], requests.Response]


def wait_for(status: int, request: Ask, seconds: float = HEALED_SECONDS) -> requests.Response:
    """Ask until the answer has this status, and give it; until then each must be 503."""
    deadline = time.monotonic() + seconds
    while (answer := request()).status_code != status:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, f"no {status} within {seconds} s: {answer.text}"
        time.sleep(0.1)
    return answer


def assert_unavailable(request: Ask, seconds: float) -> None:
    """Raise AssertionError unless the answer is 503, and comes within this time."""
    started = time.monotonic()
    answer = request()
    took = time.monotonic() - started
    assert answer.status_code == 503, answer.text
    assert took < seconds


def assert_all_unavailable(requests: dict[str, Ask], seconds: float) -> None:
    """Ask all of it at once, each on a connection of its own, and check each as `assert_unavailable` does."""
    with ThreadPoolExecutor(len(requests)) as pool:
        asked = {name: pool.submit(assert_unavailable, ask, seconds) for name, ask in requests.items()}
    failures = {name: str(one.exception()) for name, one in asked.items() if one.exception()}
    assert failures == {}


def wait_for_lock_waits(stack: Stack, number: int) -> None:
    """Wait until so many transactions of MySQL's wait for rows that others have locked."""
    count = 'SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = "LOCK WAIT"'
    wait_until(lambda: int(stack.as_root(count).split()[-1]) >= number, HEALED_SECONDS, pause=0.1)
