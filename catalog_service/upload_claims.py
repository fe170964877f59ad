"""Tells whether the process that runs an upload still lives, without a clock: by a lock that dies with it.

Whoever runs an upload holds a claim on its number from before anybody can see the upload until its end is
written down. So one that is said to be running, and on which there is no claim, never came to its end.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, Function, create_engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.ingest.checked_file import Progress
from catalog_service.lock_names import lock_name
from catalog_service.models import Upload
from common.database import engine_options, prepare_engine

_LONGEST_UPLOAD_SECONDS = 24 * 3600
_RECORD_BYTES = 128


class Claim(Protocol):
    """A claim on the number of an upload that runs."""

    def tell(self, progress: Progress) -> None:
        """Let others know how far the upload has come. What can't be told is lost."""

    def release(self) -> None:
        """Give the claim up. What fails on the way changes nothing about the upload, and raises nothing."""


class UploadClaims(Protocol):
    """The claims of all processes."""

    def take(self, number: int) -> Claim:
        """Claim a number that was never given before."""

    def is_taken(self, number: int) -> bool:
        """Tell whether a living process has a claim on this number."""

    def progress(self, number: int) -> Progress | None:
        """Give what the claim's holder told, unless that stands in the upload's row."""


def make_claims_engine(url: URL, claims: int) -> Engine:
    """Make the engine for so many claims of a process at once."""
    options = engine_options(url, claims, isolation_level="AUTOCOMMIT")
    # The server ends connections that have long been silent.
    options["connect_args"]["init_command"] += f", wait_timeout = {_LONGEST_UPLOAD_SECONDS}"
    engine = create_engine(url, **options, skip_autocommit_rollback=True)
    prepare_engine(engine)
    return engine


class MySqlClaims:
    """Claims by GET_LOCK, each on a connection of its own: the server frees it when the connection ends."""

    def __init__(self, engine: Engine) -> None:
        """Claim on the connections of an engine of `make_claims_engine`."""
        self._engine = engine

    def take(self, number: int) -> Claim:
        """Claim as UploadClaims says. Raises SQLAlchemy's errors."""
        connection = self._engine.connect()
        try:
            got = connection.scalar(select(func.get_lock(_name(number), 0)))
        except BaseException:
            _end(connection)
            raise
        if got != 1:
            connection.close()
            raise ClaimRefused(number)
        return _MySqlClaim(connection, number)

    def is_taken(self, number: int) -> bool:
        """Tell as UploadClaims says. Raises SQLAlchemy's errors."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.is_free_lock(_name(number)))) != 1

    def progress(self, number: int) -> Progress | None:
        """Give nothing: it stands in the row."""
        return None


class ClaimRefused(Exception):
    """Somebody has a claim on a number that was just made: two databases of one name on one server."""


class _MySqlClaim:
    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number

    def tell(self, progress: Progress) -> None:
        stage, bytes_read, rows = progress
        told = update(Upload).where(Upload.number == self._number)
        # If more is wrong than this connection, the upload itself will find out.
        with suppress(SQLAlchemyError):
            try:
                self._connection.execute(told.values(stage=stage, bytes_read=bytes_read, rows_read=rows))
            except SQLAlchemyError:
                self._claim_anew()

    def release(self) -> None:
        try:
            self._connection.execute(select(func.release_lock(_name(self._number))))
            self._connection.close()
        except SQLAlchemyError:
            _end(self._connection)

    def _claim_anew(self) -> None:
        """Connect again: the upload goes on, and must not be taken for dead."""
        self._connection.invalidate()
        # What SQLAlchemy asks for before it connects again.
        self._connection.rollback()
        self._connection.execute(select(func.get_lock(_name(self._number), 0)))


def _name(number: int) -> Function[str]:
    return lock_name(f"upload.{number}.")


def _end(connection: Connection) -> None:
    connection.invalidate()
    connection.close()


class FileClaims:
    """Claims by locked files (flock), for where all processes are on one machine.

    The progress stands in the file: SQLite has one writer at a time, and that is the load.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the files in a folder that all processes share."""
        self._folder = folder

    def take(self, number: int) -> Claim:
        """Claim as UploadClaims says. Raises OSError."""
        path = self._path(number)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(descriptor)
            raise
        return _FileClaim(path, descriptor)

    def is_taken(self, number: int) -> bool:
        """Tell as UploadClaims says."""
        path = self._path(number)
        with _opened(path) as descriptor:
            if descriptor is None:
                return False
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            # Its holder died. A number is never given again, so nobody will want the file.
            path.unlink(missing_ok=True)
            return False

    def progress(self, number: int) -> Progress | None:
        """Give what was told last."""
        try:
            return Progress(*json.loads(self._path(number).read_bytes()))
        except (OSError, ValueError):
            return None

    def _path(self, number: int) -> Path:
        return self._folder / f"upload-{number}.lock"


class _FileClaim:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def tell(self, progress: Progress) -> None:
        # Of one length and in one write, so that nobody reads a part of it.
        with suppress(OSError):
            os.pwrite(self._descriptor, json.dumps(progress).encode().ljust(_RECORD_BYTES), 0)

    def release(self) -> None:
        # A file that is left is removed by the next who asks for it.
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
