"""Uploads whose process is killed: what the tests on SQLite and on MySQL have in common."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalog_service.stored_uploads import State
from catalog_service.uploads import NoSuchUpload
from tests.unit.uploads_on import UploadsOn, file_of, request

REPOSITORY = Path(__file__).parents[2]
NOTICED_SECONDS = 10
"""How long a server may take to see that a connection's other end is dead."""


@contextmanager
def process_stopped_at(
    point: str, url: str, spool_dir: Path, program: str = "tests.unit.uploads_on"
) -> Iterator["subprocess.Popen[str]"]:
    """Upload in a process that stays at a point, until it is killed."""
    command = [sys.executable, "-m", program, url, str(spool_dir), point]
    process = subprocess.Popen(  # noqa: S603 - the arguments are the tests' own
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{point}\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def check_an_upload_that_is_killed(
    on: UploadsOn, url: str, spool_dir: Path, point: str, outcome: State | None
) -> None:
    """Kill an upload at a point, see what becomes of it, and send it again."""
    with process_stopped_at(point, url, spool_dir) as process:
        if point != "claimed":
            alive = State.SUCCEEDED if point == "committed" else State.RUNNING
            assert on.uploads.find("ada", "key").state is alive
        process.kill()
        process.wait()
    assert state_after_death(on) is outcome
    assert set(on.stored()) == ({"a", "b"} if outcome is State.SUCCEEDED else set())

    answer = on.uploads.upload(request(), file_of("a", "b"))

    assert (answer.status, answer.body) == (200, '{"msg":"Data uploaded successfully"}')
    assert answer.replayed is (outcome is State.SUCCEEDED)
    assert on.importer.loads == (0 if outcome is State.SUCCEEDED else 1)
    number = on.records.newest("ada", None, 9)[0].number
    assert on.stored() == {"a": number, "b": number}
    assert len(on.uploads.page("ada", None, 9).items) == 1


def state_after_death(on: UploadsOn) -> State | None:
    """Give the state of the upload of `request` once its process is known to be dead; None without one."""
    deadline = time.monotonic() + NOTICED_SECONDS
    while time.monotonic() < deadline:
        try:
            state = on.uploads.find("ada", "key").state
        except NoSuchUpload:
            return None
        if state is not State.RUNNING:
            return state
        time.sleep(0.05)
    pytest.fail("the upload of a dead process still runs")


OUTCOMES = {
    "claimed": None,
    "begun": State.INTERRUPTED,
    "loading": State.INTERRUPTED,
    "completed": State.INTERRUPTED,
    "committed": State.SUCCEEDED,
}
"""What is found of an upload that was killed at each point."""
