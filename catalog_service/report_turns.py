"""Lets one process at a time work a report out, over all machines."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Function, func, select

from catalog_service.lock_names import lock_name
from common.refusals import Unavailable

WAIT_SECONDS = 6
"""How long a process waits for the one that is at it."""
_LOOK_SECONDS = 0.05


class ReportBusy(Unavailable):
    """The report is being worked out elsewhere, which takes long."""

    msg = "The report is being worked out. Ask for it again in a few seconds."


class ReportTurns:
    """Turns by GET_LOCK, which the server frees when a connection ends; on SQLite by flock."""

    def __init__(self, folder: Path) -> None:
        """Keep the file in a folder that all processes on this machine share."""
        self._path = folder / "reports.lock"

    @contextmanager
    def turn(self, connection: Connection, report: str) -> Iterator[None]:
        """Wait for a turn at a report and hold it, on a connection in no transaction. Raises ReportBusy."""
        if connection.dialect.name == "sqlite":
            with self._locked_file():
                yield
            return
        name = _name(report)
        if connection.scalar(select(func.get_lock(name, WAIT_SECONDS))) != 1:
            raise ReportBusy
        try:
            connection.rollback()
            yield
            connection.execute(select(func.release_lock(name)))
        except BaseException:
            # A pool's reset leaves such locks be.
            connection.invalidate()
            raise

    @contextmanager
    def _locked_file(self) -> Iterator[None]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ReportBusy from None
        time.sleep(_LOOK_SECONDS)


def _name(report: str) -> Function[str]:
    digest = hashlib.sha256(report.encode()).hexdigest()[:24]
    return lock_name(f"report.{digest}.")
