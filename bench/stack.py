"""The benchmarks' own stack of containers: started from nothing, and removed with its data."""

import os
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple, Self

REPOSITORY = Path(__file__).parents[1]
ADDRESS = "127.0.0.1"
START_SECONDS = 900
COMMAND_SECONDS = 900
_FILES = ("--file", "docker-compose.yml", "--file", "bench/compose.yml")
# One client sends everything here: limits that are for many would measure themselves.
_SETTINGS = {
    "LOGIN_RATE": "10000r/s",
    "LOGIN_BURST": "10000",
    "SIGNUP_RATE": "10000r/s",
    "SIGNUP_BURST": "10000",
    "CONNECTIONS_PER_ADDRESS": "1000",
    # Hundreds of clients look its name up once, and ask for it by its number.
    "GATEWAY_HOSTS": "*",
}
_NOTHING: Mapping[str, str] = MappingProxyType({})


class CommandFailed(Exception):
    """A command ended with an error; its output says why."""


class Output(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


def run(
    *command: str,
    environment: Mapping[str, str] = _NOTHING,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    seconds: float = COMMAND_SECONDS,
) -> Output:
    """Run a command in the repository's root.

    Raises CommandFailed; subprocess.TimeoutExpired after `seconds`.
    """
    done = subprocess.run(  # noqa: S603 - commands of ours
        command,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdin=stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    output = Output(done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    if done.returncode:
        raise CommandFailed(
            f"{' '.join(command)} ended with {done.returncode}:\n{output.stdout}{output.stderr}"
        )
    return output


class Stack:
    """One compose project. Entering the context starts it, leaving removes it with its volumes and images."""

    def __init__(self, project: str, port: int) -> None:
        """Name the project, and the gateway's port on 127.0.0.1."""
        self.project = project
        self.port = port

    def __enter__(self) -> Self:
        """Start from empty volumes and wait until everything is healthy. Raises CommandFailed."""
        self._remove()
        try:
            self._compose("up", "--build", "--detach", "--wait", seconds=START_SECONDS)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self._remove()

    def execute(
        self,
        service: str,
        *command: str,
        environment: Mapping[str, str] = _NOTHING,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
    ) -> Output:
        """Run a command in a service's container. Raises CommandFailed."""
        # Named alone, so that the values are not in the arguments, which every process can read.
        names = [part for name in environment for part in ("--env", name)]
        arguments = ("--interactive", *names, self.containers[service], *command)
        return run("docker", "exec", *arguments, environment=environment, stdin=stdin)

    def copy(self, path: Path, service: str, target: str) -> None:
        """Copy a file into a container's writable folder, also where its root is read-only."""
        with path.open("rb") as file:
            self.execute(service, "sh", "-c", 'cat >"$0"', target, stdin=file)

    @cached_property
    def containers(self) -> Mapping[str, str]:
        """The container of each service."""
        services = self._compose("ps", "--services").stdout.split()
        return {name: self._compose("ps", "--quiet", name).stdout.strip() for name in services}

    def _remove(self) -> None:
        self._compose("down", "--volumes", "--remove-orphans", "--timeout", "1", "--rmi", "local")

    def _compose(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> Output:
        environment = {**_SETTINGS, "GATEWAY_PORT": str(self.port)}
        command = ("docker", "compose", "--project-name", self.project, *_FILES, *arguments)
        return run(*command, environment=environment, seconds=seconds)
