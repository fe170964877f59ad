"""A network between a program and its server that is severed at a chosen message."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum, auto

from sqlalchemy import URL
from werkzeug.test import TestResponse

_MESSAGE_BYTES = 1024 * 1024
_MOST_MESSAGES = 150


class Lost(Enum):
    """What is lost when the network is severed."""

    MESSAGE = auto()
    """What the program sends, so that the server never hears of it."""
    ANSWER = auto()
    """What the server answers, so that the program can't know whether it was heard."""


class Network:
    """Passes on what programs and a server say, late if need be; when severed it ends every connection.

    A message is what a program sends at a time, whatever it says: nobody can tell on an encrypted connection.
    """

    def __init__(self, url: URL) -> None:
        """Lead to a database's server."""
        self._server = (url.host or "", url.port or 3306)
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        self.url = url.set(host=host, port=port).render_as_string(hide_password=False)
        """Where programs reach the database."""
        self._connected: list[socket.socket] = []
        self._lock = threading.Lock()
        self._messages = 0
        self._fatal: int | None = None
        self._lost = Lost.MESSAGE
        self.late_seconds = 0.0
        """How long each answer of the server is on its way."""
        self.piece_bytes = _MESSAGE_BYTES
        """How much of an answer comes at a time."""
        threading.Thread(target=self._accept, daemon=True).start()

    def sever_at(self, message: int, lost: Lost) -> None:
        """Sever it at a message, counted from 1 and from now on; nobody can connect until `heal`."""
        with self._lock:
            self._messages, self._fatal, self._lost = 0, message, lost

    @property
    def is_severed(self) -> bool:
        """Whether the message at which it was to be severed was sent."""
        return self._fatal is not None and self._messages >= self._fatal

    def heal(self) -> None:
        """Let everybody connect again."""
        with self._lock:
            self._fatal = None

    def close(self) -> None:
        """End all connections, and let nobody connect any more."""
        # Closing alone would not wake the thread that waits for programs.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                program, _ = self._listener.accept()
                if self.is_severed:
                    program.close()
                    continue
                server = socket.create_connection(self._server)
                self._connected += [program, server]
                for work, source, target in (
                    (self._pass_messages, program, server),
                    (self._pass_answers, server, program),
                ):
                    threading.Thread(target=work, args=(source, target), daemon=True).start()

    def _pass_messages(self, program: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while message := program.recv(_MESSAGE_BYTES):
                with self._lock:
                    self._messages += 1
                    if not self.is_severed or (self._messages, self._lost) == (self._fatal, Lost.ANSWER):
                        server.sendall(message)
                    if self.is_severed:
                        self._end_all()
        _end(server)

    def _pass_answers(self, server: socket.socket, program: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := server.recv(self.piece_bytes):
                time.sleep(self.late_seconds)
                if self.is_severed:
                    break
                program.sendall(answer)
        _end(program)

    def _end_all(self) -> None:
        while self._connected:
            _end(self._connected.pop())


def _end(end: socket.socket) -> None:
    # Each is still being waited at in another thread, which its closing would not wake.
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def severed(network: Network, lost: Lost, request: Callable[[int], TestResponse]) -> Iterator[TestResponse]:
    """Give a request's answers when the network is severed at its first message, at its second, and so on.

    The last answer is that of a request that was not severed. `request` gets the number of the message.

    Raises AssertionError unless each is 503 in JSON, or what that last one is.
    """
    request(0)
    statuses = set()
    for message in range(1, _MOST_MESSAGES):
        network.sever_at(message, lost)
        answer = request(message)
        was_severed = network.is_severed
        network.heal()
        assert answer.status_code != 503 or set(answer.get_json()) == {"msg"}
        statuses.add(answer.status_code)
        yield answer
        if not was_severed:
            assert message > 1, "it sent no message at all"
            assert statuses == {503, answer.status_code}
            return
        # Connections that are open already are what most requests find.
        assert request(0).status_code != 503
    raise AssertionError("a request without end")
