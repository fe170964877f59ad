"""Connections of clients, none of which may hold a thread for ever."""

import errno
import socket
import struct
import time

SILENCE_SECONDS = 10
"""How long a client may leave a thread waiting for more of a request."""
LEAST_BYTES_A_SECOND = 1_000
"""How fast a request has to come on average, once it has left a thread waiting for SILENCE_SECONDS in all."""
UNREAD_SECONDS = 60
"""How long it may leave one waiting for room to answer; the gateway takes a gigabyte before it does."""


class ClientSocket(socket.socket):
    """A client's connection, whose requests have to come at a pace; `bounded` makes one."""

    _waited = 0.0
    _received = 0

    def begin_request(self) -> None:
        """Measure the pace from here."""
        self._waited, self._received = 0.0, 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Give what has come, as every socket does.

        Raises TimeoutError if the request drips: no pause is too long then, but there is no end of them.
        """
        started = time.monotonic()
        received = super().recv(size, flags)
        self._waited += time.monotonic() - started
        self._received += len(received)
        if self._waited > max(SILENCE_SECONDS, self._received / LEAST_BYTES_A_SECOND):
            raise TimeoutError(errno.ETIMEDOUT, "the request comes too slowly")
        return received


def bounded(client: socket.socket) -> ClientSocket:
    """Take over a connection, on which nothing blocks for ever: gunicorn sets no time limit of its own.

    The kernel ends what blocks for too long.
    """
    client = ClientSocket(client.family, client.type, client.proto, fileno=client.detach())
    for option, seconds in ((socket.SO_RCVTIMEO, SILENCE_SECONDS), (socket.SO_SNDTIMEO, UNREAD_SECONDS)):
        client.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
    return client
