"""Asks a stack in which something is broken, and waits until it is whole again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.stack.compose import RESTART_SECONDS, Stack, run
from tests.waiting import wait_until

HEALED_SECONDS = 10

_CGROUP = "/sys/fs/cgroup/memory"
_MEMORY_USED = f"cat {_CGROUP}.current 2>/dev/null || cat {_CGROUP}/memory.usage_in_bytes"
"""Of cgroups in their second or first version."""
_SPARE_BYTES = 32 * 1024 * 1024

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


def run_out_of_memory(stack: Stack, service: str) -> None:
    """Let the kernel end the largest process of a service's only container, as there is no memory left."""
    (container,) = stack.containers(service)
    before = stack.inspect(service)

    def limit(memory: int, with_swap: int) -> None:
        run("docker", "update", f"--memory={memory}", f"--memory-swap={with_swap}", container)

    def ended() -> bool:
        return bool(stack.inspect(service)["State"]["StartedAt"] != before["State"]["StartedAt"])

    most = int(stack.execute(service, "sh", "-c", _MEMORY_USED)) + _SPARE_BYTES
    limit(most, most)
    # tail keeps all of a line in memory.
    eat = f"head -c {8 * _SPARE_BYTES} /dev/zero | tail"
    run("docker", "exec", "--detach", container, "sh", "-c", eat)
    try:
        wait_until(ended, RESTART_SECONDS, pause=0.2)
    finally:
        limit(before["HostConfig"]["Memory"], before["HostConfig"]["MemorySwap"])
