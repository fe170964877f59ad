"""Looking at a socket without reading from it."""

import fcntl
import resource
import socket
import time

from common.sockets import has_input

BEYOND_SELECT = 1_500
"""A descriptor that select() doesn't take."""


def test_data_and_the_end_are_something_to_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not has_input(ours)
        theirs.sendall(b"x")
        assert has_input(ours)
        assert ours.recv(1) == b"x"
        assert not has_input(ours)
        theirs.close()
        assert has_input(ours)


def test_it_waits_as_long_as_it_is_told() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        started = time.monotonic()
        assert not has_input(ours, milliseconds=50)
        assert time.monotonic() - started >= 0.045


def test_a_process_may_have_any_number_of_files_open() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], BEYOND_SELECT + 100), before[1]))
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket(fileno=fcntl.fcntl(ours, fcntl.F_DUPFD, BEYOND_SELECT)) as high:
        theirs.sendall(b"x")
        assert high.fileno() >= BEYOND_SELECT
        assert has_input(high)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
