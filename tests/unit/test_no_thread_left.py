"""F42: where the system has no thread left to give, what there is already serves on."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gunicorn.config import Config

from catalog_service.key_set import KeySet
from catalog_service.revoked_tokens import RevokedTokens
from common.gunicorn_worker import Worker
from tests.unit.signing import KID, PRIVATE_KEY

REFRESH_SECONDS, STALE_SECONDS = 60, 900
KEY = PRIVATE_KEY.public_key()
NO_MEMORY_HAS_IT = 2**46


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Have the system refuse every thread, for the size of its stack."""
    before = threading.stack_size(NO_MEMORY_HAS_IT)
    try:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            threading.Thread(target=print).start()
        yield
    finally:
        threading.stack_size(before)


def test_a_key_set_that_should_be_fetched_anew_serves_on() -> None:
    now = [0.0]
    keys = KeySet(lambda: {KID: KEY}, REFRESH_SECONDS, STALE_SECONDS, 30, clock=lambda: now[0])
    assert keys.find(KID) == KEY
    now[0] += REFRESH_SECONDS + 1

    with no_thread_left():
        assert keys.find(KID) == KEY


def test_revoked_tokens_are_known_and_polled_once_there_is_a_thread_again() -> None:
    revoked = RevokedTokens(lambda: frozenset({"a"}), 3_600, STALE_SECONDS)

    with no_thread_left():
        assert revoked.is_revoked("a")
        assert not revoked.is_revoked("b")
    before = threading.active_count()
    # As after the time at which the next fetch was expected.
    revoked._expected_until = float("-inf")  # noqa: SLF001
    assert revoked.is_revoked("a")
    assert threading.active_count() == before + 1
    revoked.stop()


def test_a_worker_needs_no_further_thread_once_it_serves() -> None:
    settings = Config()
    settings.set("threads", 8)
    worker = Worker(1, os.getpid(), [], None, 30, settings, logging.getLogger(__name__))
    pool = worker.get_thread_pool()

    all_at_once = threading.Barrier(8)
    with no_thread_left():
        turns = [pool.submit(all_at_once.wait, 5) for _ in range(8)]
        assert sorted(turn.result() for turn in turns) == list(range(8))
    pool.shutdown()
    worker.tmp.close()
