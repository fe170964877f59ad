"""gunicorn's workers count together, and go on where one that was killed has stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from common.request_times import SHARE_SECONDS
from tests.waiting import wait_until

SOON = 20.0
REPOSITORY = Path(__file__).parents[3]


class Program(NamedTuple):
    """gunicorn with two workers, and its folder for temporary files."""

    process: "subprocess.Popen[bytes]"
    address: str
    folder: Path

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def ask(self, times: int) -> None:
        for _ in range(times):
            assert requests.get(f"{self.address}/tea", timeout=SOON).status_code == 200

    def counts(self) -> set[int]:
        """Ask often enough that each worker has answered, and give all that was told."""
        return {self._count() for _ in range(20)}

    def _count(self) -> int:
        told = requests.get(f"{self.address}/metrics", timeout=SOON).text
        (count,) = re.findall(r'_count\{method="GET",route="/tea",status="200"\} (\d+)\.0', told)
        return int(count)

    def files(self) -> list[str]:
        return sorted(file.name for file in self.folder.glob("metrics-*/*.json"))


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/tea", timeout=SOON).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    command = ["gunicorn", "--config", "python:common.gunicorn_config", "--bind", host]
    with subprocess.Popen(  # noqa: S603 - the tests' own command
        [sys.executable, "-m", *command, "tests.unit.common.counted_app:app"],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(tmp_path), "WEB_WORKERS": "2"},
    ) as process:
        try:
            wait_until(lambda: answers(f"http://{host}"))
            yield Program(process, f"http://{host}", tmp_path)
        finally:
            process.terminate()
            process.wait(SOON)


def all_shared(program: Program) -> set[int]:
    """Wait until each worker has written what it counted, and give what any of them tells then."""
    time.sleep(2 * SHARE_SECONDS)
    return program.counts()


def replace_workers(program: Program, how: int) -> None:
    """End both workers by a signal, and wait until there are others."""
    ended = program.workers()
    for worker in ended:
        os.kill(worker, how)
    wait_until(lambda: len(program.workers()) == 2 and not set(ended) & set(program.workers()))


def test_what_killed_workers_had_counted_stays_in_the_sum(program: Program) -> None:
    (before,) = all_shared(program)
    program.ask(20)
    assert all_shared(program) == {before + 20}

    replace_workers(program, signal.SIGKILL)
    program.ask(20)

    assert all_shared(program) == {before + 40}
    assert program.files() == sorted(["ended.json", *(f"{worker}.json" for worker in program.workers())])


def test_workers_that_are_stopped_leave_what_they_counted_last(program: Program) -> None:
    (before,) = all_shared(program)
    program.ask(20)
    replace_workers(program, signal.SIGTERM)
    assert program.counts() == {before + 20}


def test_the_files_go_with_the_program(program: Program) -> None:
    wait_until(lambda: program.files() != [])
    program.process.terminate()
    program.process.wait(SOON)
    assert list(program.folder.iterdir()) == []
