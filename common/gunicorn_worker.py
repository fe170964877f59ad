"""gunicorn's threaded worker, with the two manners it lacks: errors in JSON, and a stop that drops nobody."""

import json
import socket
import uuid
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

from common.logs import REQUEST_ID_HEADER
from common.refusals import Refusal


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

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn can't read with 400 in JSON, whatever was wrong with it."""
        request_id = uuid.uuid4()
        self.log.info("a request that can't be read, %s: %s", request_id, type(exc).__name__)
        body = json.dumps({"msg": Refusal.msg})
        head = (
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{REQUEST_ID_HEADER}: {request_id}\r\n\r\n"
        )
        util.write_nonblock(client, (head + body).encode())
