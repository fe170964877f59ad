"""A stack of containers as the tests drive it: by `docker` and `docker compose` alone."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
RESTART_SECONDS = 60
LONG_RUNNERS = ("mysql", "auth_service", "catalog_service", "gateway")
ONE_SHOTS = ("secrets", "auth_migrate", "catalog_migrate")

_KILL = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = "$0" ] && kill -9 "${p#/proc/}"; done; true'
_ROOTS_CLIENT = "MYSQL_PWD=$(cat /run/secrets/mysql_root_password) exec mysql --user=root"


def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Give the standard output of a command; raises AssertionError with what it printed if it fails."""
    done = subprocess.run(  # noqa: S603 - the tests' own commands
        command,
        cwd=REPOSITORY,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, (
        f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def docker_answers() -> bool:
    """Whether there is a Docker that these tests can use."""
    return shutil.which("docker") is not None and (
        subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0  # noqa: S607
    )


def free_port() -> int:
    """Find a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Stack:
    """One compose project of this repository; `settings` is its environment, GATEWAY_PORT among it."""

    project: str
    settings: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ("docker-compose.yml",)

    @classmethod
    def new(cls, *more_files: str, **settings: str) -> "Stack":
        """Give a project of its own name on a free port; it is not started yet."""
        name = f"{os.environ.get('STACK_TEST_PREFIX', 'stack-test')}-{secrets.token_hex(3)}"
        return cls(name, {"GATEWAY_PORT": str(free_port())} | settings, ("docker-compose.yml", *more_files))

    @classmethod
    @contextmanager
    def temporary(cls, *more_files: str, **settings: str) -> Iterator["Stack"]:
        """Give a new project, not started yet, of which nothing is left after the block.

        Skips the test where no Docker answers.
        """
        if not docker_answers():
            pytest.skip("needs a running Docker")
        stack = cls.new(*more_files, **settings)
        try:
            yield stack
        finally:
            stack.remove()

    @classmethod
    def running(cls, project: str) -> "Stack":
        """Give a project that somebody else has started."""
        port = cls(project).address_of_gateway().rpartition(":")[2]
        return cls(project, {"GATEWAY_PORT": port})

    @property
    def base_url(self) -> str:
        """Where the gateway answers, without a slash at the end."""
        return f"http://{self.address_of_gateway()}"

    def address_of_gateway(self) -> str:
        """Give the host's address and port that lead to the gateway."""
        return self.compose("port", "gateway", "8080").strip()

    def compose(self, *arguments: str) -> str:
        """Give what `docker compose` prints; raises AssertionError if it fails."""
        files = [part for file in self.files for part in ("--file", file)]
        return run(
            "docker", "compose", "--project-name", self.project, *files, *arguments, environment=self.settings
        )

    def up(self, *arguments: str) -> None:
        """Start what does not run, as it is defined, and wait until it is healthy."""
        self.compose("up", "--detach", "--wait", *arguments)

    def wait_until_healthy(self, *services: str, seconds: float = 60) -> None:
        """Let these, or all long runners, recover; raises AssertionError if they haven't in that time."""
        deadline = time.monotonic() + seconds
        while states := {*map(self._health, services or LONG_RUNNERS)} - {"healthy"}:
            assert time.monotonic() < deadline, states
            time.sleep(0.5)

    def _health(self, service: str) -> str:
        health: str = self.inspect(service)["State"]["Health"]["Status"]
        return health

    def scale(self, **replicas: int) -> None:
        """Run so many of each named service, and leave what runs already alone."""
        numbers = [part for name, number in replicas.items() for part in ("--scale", f"{name}={number}")]
        self.up("--no-recreate", *numbers)

    def recreate(self, service: str) -> None:
        """Make a service's container anew, if it isn't as this project's files have it."""
        self.up("--no-deps", service)

    def remove(self) -> None:
        """Take down every container, network and volume of the project."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "1", "--rmi", "local")

    def containers(self, service: str) -> list[str]:
        """Give the ids of a service's containers, ended ones too."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspect(self, service: str) -> dict[str, Any]:
        """Give what `docker inspect` tells of the service's first container."""
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", self.containers(service)[0]))
        return found[0]

    def execute(self, service: str, *command: str) -> str:
        """Give what a command prints that is run inside a service's container, as its user."""
        return self.compose("exec", "--no-TTY", service, *command)

    def as_root(self, statement: str) -> str:
        """Give what the mysql client prints for an administrator's statement, which has no single quotes."""
        return self.execute("mysql", "bash", "-c", f"{_ROOTS_CLIENT} --execute='{statement}'")

    def kill(self, service: str, process: str) -> None:
        """End all processes of that name in a service's first container by SIGKILL, from the inside.

        `docker kill` would count as an order to stop, after which no restart policy holds.
        """
        container = self.containers(service)[0]
        # One that was killed is up again only after a pause of Docker's, which grows from kill to kill.
        deadline = time.monotonic() + RESTART_SECONDS
        while run("docker", "inspect", "--format", "{{.State.Status}}", container).strip() != "running":
            assert time.monotonic() < deadline, f"{service} is not up again"
            time.sleep(0.2)
        run("docker", "exec", "--detach", container, "sh", "-c", _KILL, process)

    @contextmanager
    def paused(self, service: str) -> Iterator[None]:
        """Freeze a service's containers for the block."""
        self.compose("pause", service)
        try:
            yield
        finally:
            self.compose("unpause", service)

    @contextmanager
    def locked(self, product_id: str) -> Iterator[None]:
        """Keep a product's row locked for the block: who writes it waits."""
        client = ["docker", "exec", "--interactive", self.containers("mysql")[0], "bash", "-c"]
        session = [*client, f"{_ROOTS_CLIENT} --unbuffered --skip-column-names catalog"]
        with subprocess.Popen(session, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as root:  # noqa: S603
            assert root.stdin is not None
            assert root.stdout is not None
            query = f'SELECT product_id FROM products WHERE product_id = "{product_id}" FOR UPDATE'  # noqa: S608
            root.stdin.write(f"BEGIN; {query};\n")
            root.stdin.flush()
            assert root.stdout.readline() == f"{product_id}\n"
            yield

    @contextmanager
    def most_processes(self, service: str, number: int) -> Iterator[None]:
        """Let a service's only container have so many processes and threads for the block, or start none."""
        (container,) = self.containers(service)
        before = self.inspect(service)["HostConfig"]["PidsLimit"]
        run("docker", "update", "--pids-limit", str(number), container)
        try:
            yield
        finally:
            run("docker", "update", "--pids-limit", str(before), container)

    @contextmanager
    def cut_off(self, service: str, network: str) -> Iterator[None]:
        """Take a service's only container off one of its networks for the block."""
        (container,) = self.containers(service)
        run("docker", "network", "disconnect", self.network(network), container)
        try:
            yield
        finally:
            run("docker", "network", "connect", "--alias", service, self.network(network), container)

    def network(self, name: str) -> str:
        """Give the full name of one of the project's networks."""
        return f"{self.project}_{name}"

    def address(self, service: str, network: str) -> str:
        """Give the IP address of a service's first container in one of the project's networks."""
        return self.addresses(service, network)[0]

    def addresses(self, service: str, network: str) -> list[str]:
        """Give the IP addresses of all the service's containers in one of the project's networks."""
        form = '{{(index .NetworkSettings.Networks "' + self.network(network) + '").IPAddress}}'
        return run("docker", "inspect", "--format", form, *self.containers(service)).split()

    def logs(self, *services: str) -> str:
        """All that the services' containers have printed."""
        return self.compose("logs", "--no-log-prefix", "--no-color", *services)
