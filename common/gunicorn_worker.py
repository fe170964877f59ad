"""gunicorn's threaded worker, with the manners it lacks.

Errors in JSON, a stop that drops nobody, and threads that stay with who has more to ask.
"""

import json
import socket
import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn import glogging, util
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidHeader,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

from common.client_socket import SILENCE_SECONDS, ClientSocket, bounded
from common.errors import NO_ROOM, SENTENCES
from common.logs import REQUEST_ID_HEADER
from common.refusals import Refusal
from common.sockets import has_input

STAY_MILLISECONDS = 10
START_SECONDS = 10
READ_ON_SECONDS = 30
"""How long a client may go on sending what was refused."""
READ_ON_BYTES = 64 * 1024
NO_ROOM_SECONDS = 0.05
"""How long a worker waits for a descriptor, before it tries to accept a connection again."""
LEAVE_SECONDS = 2
"""How long a client may take to hang up after its last answer."""

_ANSWERS: dict[type[BaseException], tuple[HTTPStatus, str]] = {
    LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "The request's address is too long."),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's headers are too large or too many.",
    ),
    ExpectationFailed: (HTTPStatus.EXPECTATION_FAILED, "The request's expectation can't be met."),
    UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,
        "The request's method or transfer encoding is not supported.",
    ),
}
"""Status and sentence, which are the gateway's, of what is not just a request that is not well formed."""


class Logger(glogging.Logger):
    """Writes no access log, for which much is gathered: the services log each request themselves."""

    access_log_enabled = False


class _WholeReader(LengthReader):
    """Reads a body of a known length, which has to come whole (RFC 9112, section 8)."""

    def read(self, size: int) -> bytes:
        """Give so much, or what is left. Raises NoMoreData if the client has closed the connection before."""
        wanted = min(self.length, size)
        data: bytes = super().read(size)
        if len(data) < wanted:
            raise NoMoreData(data)
        return data


class Worker(ThreadWorker):
    """Answers broken requests as the services do, and stops listening when it stops accepting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a worker as ThreadWorker does."""
        super().__init__(*args, **kwargs)
        self._queued: deque[Any] = deque()
        self._may_stay = threading.BoundedSemaphore(max(self.cfg.threads // 2, 1))

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Make the threads, all of them now.

        gunicorn makes one when a request finds none that is free. If the system has none to give then, that
        ends the worker, and with it every request that it has accepted.
        """
        pool: ThreadPoolExecutor = super().get_thread_pool()
        # Each waits for the last one, so that none is free for two turns.
        all_started = threading.Barrier(self.cfg.threads)
        turns = [pool.submit(all_started.wait, START_SECONDS) for _ in range(self.cfg.threads)]
        for turn in turns:
            turn.result()
        return pool

    def accept(self, listener: Any) -> None:
        """Accept a connection, or let it wait while the system has no descriptor for it.

        In gunicorn that ends the worker, and with it every request that it has accepted.
        """
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            time.sleep(NO_ROOM_SECONDS)

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to the threads."""
        self._queued.append(conn)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Handle a connection's request, and its next ones if they come at once.

        gunicorn hands a connection back to the thread that watches all of them after each request, and from
        there to some thread again. That takes as long as a small answer. Up to half of the threads stay with
        theirs for a moment instead, if nobody waits for a thread.
        """
        self._queued.popleft()
        if not isinstance(conn.sock, ClientSocket):
            conn.sock = bounded(conn.sock)
            # Without a descriptor, as gunicorn waits with one. The gateway sends its request at once.
            conn.data_ready = has_input(conn.sock, STAY_MILLISECONDS)
        goes_on = self._handle_next(conn)
        while goes_on is True and self._has_next(conn):
            goes_on = self._handle_next(conn)
        if goes_on is False:
            _take_leave(conn.sock)
        return goes_on

    def _handle_next(self, conn: Any) -> Any:
        conn.sock.begin_request()
        return super().handle(conn)

    def _has_next(self, conn: Any) -> bool:
        if self._queued or not self.alive or not self._may_stay.acquire(blocking=False):
            return False
        try:
            return has_input(conn.sock, STAY_MILLISECONDS)
        finally:
            self._may_stay.release()

    def set_accept_enabled(self, enabled: bool | None) -> None:  # noqa: FBT001 - as inherited
        """Start or stop accepting; a worker that is to stop takes in who is waiting, then hangs up.

        gunicorn keeps its listening sockets open until its last connection is closed, seconds later. The
        kernel goes on taking connections meanwhile, which nobody answers and all are reset at the end.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def _accept_all(self, listener: Any) -> None:
        waiting = True
        while waiting:
            connections = self.nr_conns
            self.accept(listener)
            waiting = self.nr_conns > connections

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Handle a request, unless it lacks the Host that HTTP/1.1 asks for (RFC 9112, section 3.2)."""
        if req.version >= (1, 1) and "HOST" not in dict(req.headers):
            raise InvalidHeader("HOST")
        if isinstance(req.body.reader, LengthReader):
            req.body.reader = _WholeReader(req.body.reader.unreader, req.body.reader.length)
        if _is_read(req.body):
            return super().handle_request(req, conn)
        # What the kernel is told for a connection looks to an app like a want of processes.
        conn.sock.settimeout(SILENCE_SECONDS)
        goes_on = super().handle_request(req, conn)
        return _read_on(req.body) and goes_on

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer in JSON what gunicorn can't read, and what no handler of the app's has caught by 500."""
        request_id = uuid.uuid4()
        if isinstance(exc, ParseException):
            self.log.info("a request that can't be read, %s: %s", request_id, type(exc).__name__)
            status, sentence = _ANSWERS.get(type(exc), (HTTPStatus.BAD_REQUEST, Refusal.msg))
        else:
            self.log.critical("a request that broke the app, %s", request_id, exc_info=exc)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            sentence = SENTENCES[status]
        body = json.dumps({"msg": sentence})
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
            f"Content-Length: {len(body)}\r\n{REQUEST_ID_HEADER}: {request_id}\r\n\r\n"
        )
        util.write_nonblock(client, (head + body).encode())


def _take_leave(client: socket.socket) -> None:
    """Let a client take its last answer, and hang up.

    gunicorn waits for that in the one thread that looks after all connections.
    """
    deadline = time.monotonic() + LEAVE_SECONDS
    with suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        client.settimeout(LEAVE_SECONDS)
        while client.recv(READ_ON_BYTES) and time.monotonic() < deadline:
            pass
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _is_read(body: Any) -> bool:
    return isinstance(body.reader, LengthReader) and body.reader.length == 0


def _read_on(body: Any) -> bool:
    """Read what an app has left of a body, and tell whether all of it came.

    gunicorn reads 64 KiB of it and then closes, after it has said that the connection is kept: the gateway
    would send the next request into the close. A client that is cut off while it sends never sees its answer.
    """
    deadline = time.monotonic() + READ_ON_SECONDS
    with suppress(OSError, ParseException):
        while body.read(READ_ON_BYTES):
            if time.monotonic() > deadline:
                return False
    return not body.failed
