"""Starts and stops the embedded program, the one that `make run` starts, for tests."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 20


@contextmanager
def embedded_program(data_dir: Path, **settings: str) -> Iterator[str]:
    """Run the program on a free port with its data in `data_dir` and these settings, and give its address.

    What it prints is appended to `program.log` there. Raises AssertionError when it does not start.
    """
    port = _free_port()
    log = data_dir / "program.log"
    # A cheap bcrypt, here only: four rounds cost a millisecond, the twelve of production a third of a second.
    environment = os.environ | {"PORT": str(port), "DATA_DIR": str(data_dir), "BCRYPT_ROUNDS": "4"}
    # Hundreds of tests share one address.
    environment |= {"SIGNUPS_PER_ADDRESS": "0", "WRONG_PASSWORDS_PER_ADDRESS": "0"} | settings
    with log.open("ab") as output:
        program = subprocess.Popen(
            [sys.executable, "-m", "gateway.embedded"],
            cwd=_REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        base_url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(base_url, program, log)
        yield base_url
    finally:
        _stop(program)


def run_command(data_dir: Path, *arguments: str) -> str:
    """Give what a command of the program's auth service prints; raises AssertionError if it fails."""
    done = subprocess.run(  # noqa: S603 - the tests' own commands
        [sys.executable, "-m", "flask", "--app", "gateway.embedded:auth_service", *arguments],
        cwd=_REPOSITORY,
        env=os.environ | {"DATA_DIR": str(data_dir), "BCRYPT_ROUNDS": "4"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def booted_workers(data_dir: Path) -> list[int]:
    """Give the processes of all workers that the program with its data there has started so far."""
    log = (data_dir / "program.log").read_text()
    return [int(worker) for worker in re.findall(r"Booting worker with pid: (\d+)", log)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_it_answers(base_url: str, program: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert program.poll() is None, f"the program ended with {program.returncode}:\n{log.read_text()}"
        try:
            if requests.get(f"{base_url}/.well-known/jwks.json", timeout=2).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"nothing answered at {base_url} in {_START_SECONDS} s:\n{log.read_text()}")


def _stop(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    try:
        program.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
        raise
