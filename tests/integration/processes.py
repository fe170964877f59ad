"""Does something in several processes at once, each of which may be killed on its way."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

# A forked process has everything imported; the work itself has to open connections of its own.
FORK = multiprocessing.get_context("fork")
SECONDS = 120


def _run(work: Callable[[], str], start: Barrier, results: "SimpleQueue[str]") -> None:
    start.wait(SECONDS)
    try:
        results.put(work())
    except BaseException:
        results.put(traceback.format_exc())
        raise


def in_processes(number: int, work: Callable[[], str]) -> list[str]:
    """Give what the work gave in each of so many processes that started at the same moment.

    Raises AssertionError with a process's traceback if it failed.
    """
    start, results = FORK.Barrier(number), FORK.SimpleQueue()
    processes = [FORK.Process(target=_run, args=(work, start, results)) for _ in range(number)]
    for process in processes:
        process.start()
    given = [results.get() for _ in processes]
    for process in processes:
        process.join(SECONDS)
    assert [process.exitcode for process in processes] == [0] * number, "\n".join(given)
    return given


def killed_within(work: Callable[[], str]) -> bool:
    """Tell whether a process that does the work was killed by `kill_this_process`, or came to its end."""
    process = FORK.Process(target=work)
    process.start()
    process.join(SECONDS)
    assert process.exitcode in {0, -signal.SIGKILL}, f"the process ended with {process.exitcode}"
    return process.exitcode != 0


def kill_this_process() -> None:
    """End the process as the kernel does when there's no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
