"""How many requests there were and how long they took, over all processes of a service.

Each process counts in memory, and writes what it has to a file of its own once a second
(docs/decisions/0031-metrics.md).
"""

import atexit
import fcntl
import json
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0)
"""Seconds; an upload may take minutes."""
SHARE_SECONDS = 1.0
FOLDER_VARIABLE = "METRICS_FOLDER"
"""Names the folder by which a service's processes share their numbers, where there are several."""


class Labels(NamedTuple):
    """What requests are told apart by; never what a client could make up."""

    method: str
    route: str
    """As the address's pattern."""
    status: int


Numbers = list[float]
"""Requests of each of BUCKETS and none of those before, then of those that took longer, then all seconds."""
Times = dict[Labels, Numbers]

_NONE = (0,) * (len(BUCKETS) + 1) + (0.0,)


class SharedTimes:
    """What several processes have counted, each in a file of its own, and what those that have ended had."""

    def __init__(self, folder: Path) -> None:
        """Share by the files of a folder that nothing else uses."""
        self.folder = folder

    def write(self, process: int, times: Times) -> None:
        """Put what a process has counted in the place of what it had before. Raises OSError."""
        self._write(str(process), times)

    def total(self) -> Times:
        """Add up what all have counted. Raises OSError."""
        with self._locked():
            return _sum(*map(_read, self.folder.glob("*.json")))

    def keep(self, process: int) -> None:
        """Put the file of a process that has ended into the one of all that have. Raises OSError."""
        ended = self.folder / "ended.json"
        its_own = self.folder / f"{process}.json"
        with self._locked():
            self._write(ended.stem, _sum(*map(_read, filter(Path.exists, (ended, its_own)))))
            for left in (its_own, its_own.with_suffix(".new")):
                left.unlink(missing_ok=True)

    def _write(self, name: str, times: Times) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps([[labels, numbers] for labels, numbers in times.items()]))
        new.replace(self.folder / f"{name}.json")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Else one process's numbers could be read twice, or not at all, while they are put elsewhere.
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class RequestTimes:
    """What this process has counted, and all of them together have."""

    def __init__(self, shared: SharedTimes | None) -> None:
        """Share with the service's other processes, if there are any."""
        self._shared = shared
        self._times: Times = {}
        self._counting = threading.Lock()
        self._sharing = threading.Lock()
        self._has_news = threading.Event()
        self._sharer: threading.Thread | None = None

    def observe(self, labels: Labels, seconds: float) -> None:
        """Count a request."""
        bucket = bisect_left(BUCKETS, seconds)
        with self._counting:
            numbers = self._times.get(labels) or self._times.setdefault(labels, [*_NONE])
            numbers[bucket] += 1
            numbers[-1] += seconds
        if self._shared is not None and not self._has_news.is_set():
            self._has_news.set()
            # No request waits for a file that is being written.
            if self._sharer is None:
                self._start_sharing()

    def total(self) -> Times:
        """Add up what all processes have counted, this one until now. Raises OSError."""
        if self._shared is None:
            return self._copy()
        self._share(self._shared)
        return self._shared.total()

    def _copy(self) -> Times:
        with self._counting:
            return {labels: numbers[:] for labels, numbers in self._times.items()}

    def _share(self, shared: SharedTimes) -> None:
        with self._sharing:
            shared.write(os.getpid(), self._copy())

    def _start_sharing(self) -> None:
        """Start the thread that shares, unless it's there; where none is to be had, a later request will."""
        with self._sharing:
            if self._sharer is None:
                sharer = threading.Thread(target=self._share_now_and_then, name="metrics", daemon=True)
                with suppress(RuntimeError):
                    sharer.start()
                    self._sharer = sharer
                    atexit.register(self._share_if_possible)

    def _share_now_and_then(self) -> None:
        while self._has_news.wait():
            time.sleep(SHARE_SECONDS)
            self._has_news.clear()
            self._share_if_possible()

    def _share_if_possible(self) -> None:
        # With a full disk the numbers stay here, and are written a second after some later request.
        if self._shared is not None:
            with suppress(OSError):
                self._share(self._shared)


def _read(file: Path) -> Times:
    return {Labels(*labels): numbers for labels, numbers in json.loads(file.read_text())}


def _sum(*several: Times) -> Times:
    total: Times = {}
    for times in several:
        for labels, numbers in times.items():
            total[labels] = [sum(pair) for pair in zip(total.get(labels, _NONE), numbers, strict=True)]
    return total
