"""gunicorn's workers count together, and go on where one that was killed has stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

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
        return sorted(file.name for file in self.folder.glob("metrics-*/*.db"))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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


def test_what_a_killed_worker_has_counted_stays_in_the_sum(program: Program) -> None:
    wait_until(lambda: program.files() == ["histogram_0.db", "histogram_1.db"])
    (before,) = program.counts()
    program.ask(20)
    assert program.counts() == {before + 20}

    killed = program.workers()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(program.workers()) == 2 and killed not in program.workers())
    program.ask(20)

    assert program.counts() == {before + 40}
    assert program.files() == ["histogram_0.db", "histogram_1.db"]


def test_the_files_go_with_the_program(program: Program) -> None:
    assert program.files()
    program.process.terminate()
    program.process.wait(SOON)
    assert list(program.folder.iterdir()) == []
