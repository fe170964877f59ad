"""gunicorn's threaded worker, with the manners it lacks: errors in JSON, and a stop that drops nobody."""

import json
import socket
import uuid
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

from common.logs import REQUEST_ID_HEADER
from common.refusals import Refusal

_TOO_LONG: dict[type[BaseException], tuple[HTTPStatus, str]] = {
    LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "The request's address is too long."),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's headers are too large or too many.",
    ),
}
"""Status and sentence, which are the gateway's."""


class Worker(ThreadWorker):
    """Answers broken requests as the services do, and stops listening when it stops accepting."""

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
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn can't read in JSON: by 414 or 431 if it is too long, else by 400."""
        request_id = uuid.uuid4()
        self.log.info("a request that can't be read, %s: %s", request_id, type(exc).__name__)
        status, sentence = _TOO_LONG.get(type(exc), (HTTPStatus.BAD_REQUEST, Refusal.msg))
        body = json.dumps({"msg": sentence})
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
            f"Content-Length: {len(body)}\r\n{REQUEST_ID_HEADER}: {request_id}\r\n\r\n"
        )
        util.write_nonblock(client, (head + body).encode())
