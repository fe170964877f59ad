"""1,000,000 rows into the embedded program, which keeps them in SQLite."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.client import Client
from bench.comparison import Figure, LoadedOtherwise, Skipped, in_turn, ratio
from bench.session import Session
from bench.stack import ADDRESS, REPOSITORY
from bench.stack import run as run_command

MILLION = 1_000_000
START_SECONDS = 60
_UPLOAD, _IMPORT = "POST /upload, s", "sqlite3 .import, s"
# The same durability and journal as the program's.
_PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"


def run(session: Session) -> list[Figure]:
    """Measure against `sqlite3`'s own .import of the same file into an equal empty table. Raises Skipped."""
    if not shutil.which("sqlite3"):
        raise Skipped("there's no sqlite3 command on this machine")
    file = session.products(MILLION)
    sides = {_UPLOAD: lambda: _upload(session, file), _IMPORT: lambda: _import(session, file)}
    samples = in_turn(session.rounds(), sides)
    what = "embedded, SQLite, 1,000,000 rows, random ids: time of POST /upload / sqlite3's .import"
    return [ratio(what, samples, _UPLOAD, _IMPORT, "at most 1.5")]


def _upload(session: Session, file: Path) -> float:
    with _embedded(session.folder) as (_, port), Client(ADDRESS, port) as client:
        return client.upload(file)


def _import(session: Session, file: Path) -> float:
    with _embedded(session.folder) as (data, _):
        schema = run_command("sqlite3", str(data / "catalog.db"), ".schema products").stdout
    with tempfile.TemporaryDirectory(dir=session.folder) as folder:
        database = str(Path(folder) / "yardstick.db")
        # The file has no revisions, and .import takes no column's default.
        run_command("sqlite3", database, f"{_PRAGMAS}{schema}ALTER TABLE products DROP COLUMN revision;")
        begin = time.perf_counter()
        run_command("sqlite3", database, "-cmd", _PRAGMAS, f".import --csv --skip 1 {file} products")
        seconds = time.perf_counter() - begin
        # It skips what it can't take and calls that a success.
        loaded = run_command("sqlite3", database, "SELECT count(*) FROM products").stdout
        if int(loaded) != MILLION:
            raise LoadedOtherwise(f"sqlite3's .import loaded {loaded} rows")
        return seconds


@contextmanager
def _embedded(folder: Path) -> Iterator[tuple[Path, int]]:
    """Run the embedded program on an empty data folder."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        port = _free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.embedded"],
            cwd=REPOSITORY,
            env={**os.environ, "PORT": str(port), "DATA_DIR": data, "LOG_LEVEL": "ERROR"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_it_answers(port)
            yield Path(data), port
        finally:
            process.terminate()
            process.wait()


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{ADDRESS}:{port}/.well-known/jwks.json", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the embedded program did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
