"""A TCP proxy before a MySQL that cuts the connection at a chosen message of the client."""

import socket
import threading
from contextlib import suppress
from typing import Self


class CuttingProxy:
    """Forwards every connection to a server. Works message by message, so that it can't serve TLS."""

    def __init__(self, host: str, port: int) -> None:
        """Stand before a server."""
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._text: bytes | None = None
        self._delivered = True
        self._messages_left: int | None = None

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; connections that are open go on."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut_at(self, text: bytes | None, *, delivered: bool = True) -> None:
        """Cut at the message that begins so, after or before the server has it; None: never."""
        self._text, self._delivered, self._messages_left = text, delivered, None

    def cut_after(self, messages: int) -> None:
        """Cut once the server has this many messages, over all connections."""
        self._text, self._delivered, self._messages_left = None, True, messages

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                cut = threading.Event()
                answers = threading.Thread(target=_forward_answers, args=(server, client, cut), daemon=True)
                messages = threading.Thread(
                    target=self._forward_messages, args=(client, server, cut, answers), daemon=True
                )
                answers.start()
                messages.start()

    def _forward_messages(
        self, client: socket.socket, server: socket.socket, cut: threading.Event, answers: threading.Thread
    ) -> None:
        with client, server, suppress(OSError), client.makefile("rb") as reader:
            while head := reader.read(4):
                body = reader.read(int.from_bytes(head[:3], "little"))
                if self._must_cut(body):
                    cut.set()
                    if self._delivered:
                        server.sendall(head + body)
                        answers.join(timeout=1)
                    break
                server.sendall(head + body)
            # Closing alone would wait for the thread that still reads from the other side.
            server.shutdown(socket.SHUT_RDWR)
            client.shutdown(socket.SHUT_RDWR)

    def _must_cut(self, body: bytes) -> bool:
        if self._messages_left is not None:
            self._messages_left -= 1
            return self._messages_left <= 0
        return self._text is not None and body.startswith(self._text)


def _forward_answers(server: socket.socket, client: socket.socket, cut: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            if cut.is_set():
                return  # the answer came, and is lost
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)
