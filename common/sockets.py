"""Looking at a socket without reading from it."""

import select
import socket


def has_input(sock: socket.socket, milliseconds: int = 0) -> bool:
    """Tell whether something can be read, data or the connection's end; wait for it for some time.

    By poll, since select knows no descriptor above 1,023.
    """
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(milliseconds))
