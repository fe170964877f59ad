"""Fixtures that give each test a real MySQL: one server a session, one empty schema a test.

``TEST_MYSQL_URL``, an administrator's SQLAlchemy URL, names a server to use. Without it a ``mysql:9.7``
container is started and removed at the end. Where neither is to be had the tests are skipped, or fail if
``REQUIRE_MYSQL=1`` or ``REQUIRE_DOCKER=1`` (for where a green run must mean that they ran).
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.integration.severed_network import Network

IMAGE = "mysql:9.7"
START_SECONDS = 180
CONFIGURATION = Path(__file__).parents[2] / "db" / "conf.d"

MySQLClient = Callable[[str, "str | Path"], str]


@dataclass(frozen=True)
class MySQLServer:
    """A running server: its administrator's URL, and its container's name if the tests started it."""

    url: URL
    container: str | None = None


def _unavailable(reason: str) -> NoReturn:
    if "1" in {os.environ.get("REQUIRE_MYSQL"), os.environ.get("REQUIRE_DOCKER")}:
        pytest.fail(f"a MySQL is required, but {reason}", pytrace=False)
    pytest.skip(f"needs a MySQL: {reason}")


def _docker(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the arguments are this file's own
        ["docker", *arguments],  # noqa: S607 - whichever docker the developer's PATH has
        capture_output=True,
        text=True,
        timeout=600,  # the first run may pull the image
        check=False,
        env={**os.environ, **environment},
    )


def _run_container(name: str, password: str, port: int | None, mounts: Sequence[str]) -> None:
    started = _docker(
        "run", "--detach", "--name", name, "--publish", f"127.0.0.1:{port or ''}:3306",
        "--env", "MYSQL_ROOT_PASSWORD", *mounts, IMAGE, "--local-infile=1",
        MYSQL_ROOT_PASSWORD=password,
    )  # fmt: skip
    if started.returncode != 0:
        _unavailable(f"`docker run {IMAGE}` failed: {started.stderr.strip()}")


def _published_port(name: str) -> int:
    return int(_docker("port", name, "3306/tcp").stdout.splitlines()[0].rpartition(":")[2])


def _is_running(server: MySQLServer) -> bool:
    state = _docker("inspect", "--format", "{{.State.Running}}", server.container or "")
    return server.container is None or state.stdout.strip() == "true"


def _wait_until_it_answers(server: MySQLServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return _execute(server, "SELECT 1")
        except OperationalError as error:
            answer = _docker("logs", "--tail", "20", server.container or "")
            ended = not _is_running(server)
            if ended or time.monotonic() > deadline:
                log = answer.stdout + answer.stderr
                pytest.fail(f"MySQL did not start: {error}\n{log}", pytrace=False)
        time.sleep(0.5)


@contextmanager
def _container(port: int | None = None, mounts: Sequence[str] = ()) -> Iterator[MySQLServer]:
    name, password = f"integration-mysql-{secrets.token_hex(4)}", secrets.token_hex(16)
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    Path(folder.name).chmod(0o1777)
    # The second is the tmpdir, which db/Dockerfile makes in the image that is deployed. A tmpfs would lose
    # its mode when the container is started again.
    usual = (f"--volume={CONFIGURATION}:/etc/mysql/conf.d:ro", f"--volume={folder.name}:/var/lib/mysql-tmp")
    try:
        _run_container(name, password, port, mounts or usual)
        url = URL.create("mysql+pymysql", "root", password, "127.0.0.1", _published_port(name))
        server = MySQLServer(url.set(query={"charset": "utf8mb4"}), name)
        _wait_until_it_answers(server)
        yield server
    finally:
        _docker("rm", "--force", "--volumes", name)
        folder.cleanup()


class MortalServer:
    """A server of its own that a test may kill, and start again."""

    def __init__(self, server: MySQLServer) -> None:
        """Take over a server that stays at its port."""
        self.server = server

    def new_schema(self) -> str:
        """Make an empty schema and give its URL, password included."""
        schema = f"test_{secrets.token_hex(6)}"
        _execute(self.server, f"CREATE DATABASE {schema}")
        return self.server.url.set(database=schema).render_as_string(hide_password=False)

    def execute(self, script: str) -> None:
        """Run a script inside its container, as root. Raises AssertionError if it fails."""
        done = _docker("exec", self.server.container or "", "bash", "-ec", script)
        assert done.returncode == 0, done.stderr

    def kill(self) -> None:
        """End it as the kernel does when there's no memory left."""
        assert _docker("kill", "--signal", "KILL", self.server.container or "").returncode == 0

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        assert _docker("start", self.server.container or "").returncode == 0
        _wait_until_it_answers(self.server)


def _require_docker() -> None:
    if shutil.which("docker") is None or _docker("info").returncode != 0:
        _unavailable("there is no Docker to start one of its own")


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalServer]:
    """Give a MySQL server of the test's own that has little room, in a container."""
    _require_docker()
    # Read last, as its name comes last; a first start hears no arguments. The binary log has another disk:
    # on a full one MySQL waits for room, and looks for it once a minute.
    configuration = tmp_path_factory.mktemp("small") / "conf.d"
    shutil.copytree(CONFIGURATION, configuration)
    (configuration / "small.cnf").write_text(
        "[mysqld]\ninnodb_redo_log_capacity = 8M\nlog_bin = /var/lib/mysql-tmp/binlog\n"
    )
    mounts = (
        f"--volume={configuration}:/etc/mysql/conf.d:ro",
        "--tmpfs=/var/lib/mysql:size=256m",
        "--tmpfs=/var/lib/mysql-tmp:size=64m,mode=1777",
    )
    with _container(mounts=mounts) as server:
        yield MortalServer(server)


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[MortalServer]:
    """Give a MySQL server of the test's own, in a container."""
    _require_docker()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with _container(port) as server:
        yield MortalServer(server)


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MySQLServer]:
    """Give the session's MySQL server: the one that ``TEST_MYSQL_URL`` names, or a container of its own."""
    if url := os.environ.get("TEST_MYSQL_URL"):
        yield MySQLServer(make_url(url).update_query_dict({"charset": "utf8mb4"}))
    elif shutil.which("docker") is None:
        _unavailable("TEST_MYSQL_URL is not set and there is no docker command")
    elif (answer := _docker("info")).returncode != 0:
        _unavailable(f"TEST_MYSQL_URL is not set and Docker does not answer: {answer.stderr.strip()}")
    else:
        with _container() as server:
            yield server


def _execute(server: MySQLServer, *statements: str) -> None:
    engine = create_engine(server.url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def schema_url(mysql_server: MySQLServer) -> Iterator[str]:
    """Make an empty schema, dropped after the test, and give its SQLAlchemy URL, password included."""
    schema = f"test_{secrets.token_hex(6)}"
    _execute(mysql_server, f"CREATE DATABASE {schema}")
    yield mysql_server.url.set(database=schema).render_as_string(hide_password=False)
    # A transaction that the test left open would otherwise hold the drop for lock_wait_timeout: a year.
    _execute(mysql_server, "SET SESSION lock_wait_timeout = 10", f"DROP DATABASE {schema}")


@pytest.fixture
def network(schema_url: str) -> Iterator[Network]:
    """Give a network that leads to the schema, and can be severed."""
    network = Network(make_url(schema_url))
    yield network
    network.close()


@pytest.fixture
def mysql_client(mysql_server: MySQLServer) -> MySQLClient:
    """Run the real ``mysql`` client, ``mysql_client(schema_url, sql)``, and get what it prints.

    ``sql`` (a text, or a file's path) goes to its standard input as it stands. The output is the client's
    batch format: a heading line and tab-separated rows for each result. A failed statement raises
    :class:`subprocess.CalledProcessError` with the client's message in its notes.
    """
    if mysql_server.container is None and shutil.which("mysql") is None:
        _unavailable("TEST_MYSQL_URL is set but there is no mysql command")
    return lambda schema_url, sql: _run_client(mysql_server, make_url(schema_url), sql)


def _run_client(server: MySQLServer, url: URL, sql: str | Path) -> str:
    user, schema = f"--user={url.username}", url.database or ""
    # Without it the client takes its character set from the locale.
    options = [user, "--default-character-set=utf8mb4", schema]
    command = ["mysql", f"--host={url.host}", f"--port={url.port or 3306}", "--protocol=tcp", *options]
    if server.container is not None:
        docker_exec = ["docker", "exec", "--interactive", "--env", "MYSQL_PWD", server.container]
        command = [*docker_exec, "mysql", *options]
    source = sql.read_bytes() if isinstance(sql, Path) else sql.encode()
    environment = {**os.environ, "MYSQL_PWD": url.password or ""}
    try:
        done = subprocess.run(  # noqa: S603 - as above
            command, input=source, capture_output=True, check=True, timeout=120, env=environment
        )
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr.decode(errors="replace"))
        raise
    return done.stdout.decode()
