"""Who finds no descriptor left for a connection waits for one: no worker dies of it."""

import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.contract.embedded_program import booted_workers, embedded_program
from tests.stack.raw_http import connect, read_answer

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

pytestmark = pytest.mark.own_program


@contextmanager
def no_descriptor_left(processes: list[int]) -> Iterator[None]:
    """Let processes open nothing more than they have open now."""
    limits = {process: resource.prlimit(process, resource.RLIMIT_NOFILE) for process in processes}
    for process, (_, hard) in limits.items():
        most = max(int(descriptor.name) for descriptor in Path(f"/proc/{process}/fd").iterdir()) + 1
        resource.prlimit(process, resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        for process, limit in limits.items():
            resource.prlimit(process, resource.RLIMIT_NOFILE, limit)


def test_connections_wait_until_there_are_descriptors_again(tmp_path: Path) -> None:
    """F42."""
    with embedded_program(tmp_path) as address, ExitStack() as connections:
        workers = booted_workers(tmp_path)
        with no_descriptor_left(workers):
            waiting = [connections.enter_context(connect(address)) for _ in range(30)]
            for connection in waiting:
                connection.sendall(REQUEST)
            time.sleep(1)
        answers = [read_answer(connection, seconds=10).status for connection in waiting]

        assert answers == [200] * 30
        assert booted_workers(tmp_path) == workers
