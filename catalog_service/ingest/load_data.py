"""LOAD DATA LOCAL INFILE from memory: the server gets the bytes in hand, never a file that it names.

MySQL lets the server choose the file that the client sends. PyMySQL sends whatever is asked for; this
connection answers only a request for the name of the upload that it has in hand, and that is no file's.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from pymysql.connections import MySQLResult
from pymysql.constants import COMMAND
from pymysql.err import InterfaceError, MySQLError
from pymysql.protocol import LoadLocalPacketWrapper

from common.database import ImpatientConnection

# PyMySQL offers no other way than these private names; its version is pinned.
# ruff: noqa: SLF001


Rows = Sequence[Sequence[Any]]
"""The rows of a query's answer."""


class Loaded(NamedTuple):
    """What the server says that it did."""

    records: int
    deleted: int
    skipped: int
    warnings: int


class LoadDataConnection(ImpatientConnection):
    """A connection that loads rows out of this process's hand."""

    _upload: tuple[bytes, Iterable[bytes]] | None = None
    _result: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Connect as pymysql.connections.Connection does."""
        super().__init__(*arguments, **{**options, "local_infile": True})

    def load_data(self, statement: str, pieces: Iterable[bytes]) -> Loaded:
        """Execute a LOAD DATA statement, whose `{name}` becomes the upload's name, with the rows in `pieces`.

        Raises pymysql's errors and those of `pieces`; then the transaction may hold a part of the rows.
        """
        name = secrets.token_hex(16)
        self._upload = (name.encode(), pieces)
        try:
            self.query(statement.format(name=name))
        finally:
            self._upload = None
        # "Records: 2  Deleted: 0  Skipped: 0  Warnings: 0", in whatever language the server speaks, and
        # behind a byte of length, which may look like a digit.
        message: bytes = self._result.message[1:]
        return Loaded(*map(int, re.findall(rb"\d+", message)))

    def begin_query(self, statement: str) -> Callable[[], Rows]:
        """Send a query and don't wait; the function that it gives does, and has to be called before another.

        Both raise pymysql's errors.
        """
        self._execute_command(COMMAND.COM_QUERY, statement.encode())
        return self._rows

    def _rows(self) -> Rows:
        self._read_query_result()
        rows: Rows = self._result.rows
        return rows

    def pieces_of(self, name: bytes) -> Iterable[bytes]:
        """Give what the server asks for. Raises InterfaceError for any name but the upload's."""
        if self._upload is None or self._upload[0] != name:
            raise InterfaceError("The server asked for a file that is not being loaded.")
        return self._upload[1]

    def _read_query_result(self, unbuffered: bool = False) -> Any:  # noqa: FBT001, FBT002 - as inherited
        self._result = None
        result = _LoadDataResult(self)
        result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return result.affected_rows


class _LoadDataResult(MySQLResult):
    """A statement's result that answers a request for a file by the connection's rules."""

    connection: Any

    def _read_load_local_packet(self, first_packet: Any) -> None:
        connection = self.connection
        try:
            for piece in connection.pieces_of(LoadLocalPacketWrapper(first_packet).filename):
                connection.write_packet(piece)
        except BaseException:
            # The server waits for the end; without it the connection could not even roll back.
            if connection.open:
                with suppress(MySQLError):
                    _end(connection)
            raise
        answer: Any = super()
        answer._read_ok_packet(_end(connection))


def _end(connection: Any) -> Any:
    connection.write_packet(b"")
    return connection._read_packet()
