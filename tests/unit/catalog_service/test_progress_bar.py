"""On a terminal an upload by command line shows how far it has come."""

import io
import re
import time

from catalog_service.ingest.checked_file import Progress
from catalog_service.progress_bar import ProgressBar


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self) -> bool:
        """Be a terminal."""
        return True

    @property
    def last(self) -> str:
        """What stands on the line at the end."""
        return self.getvalue().rstrip("\n").rpartition("\r")[2]


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_the_bar_shows_rows_their_rate_and_how_far_the_file_is_read() -> None:
    terminal, clock = Terminal(), Clock()
    bar = ProgressBar(1000, terminal, clock)
    bar(Progress("checking", 0, 0))
    clock.now = 2
    bar(Progress("checking", 250, 5000))
    bar.close()

    assert "checking" in terminal.last
    assert "25%" in terminal.last
    assert "5,000 rows, 2,500 a second" in terminal.last


def test_loading_has_a_bar_of_its_own_by_the_rows_that_were_checked() -> None:
    terminal, clock = Terminal(), Clock()
    bar = ProgressBar(1000, terminal, clock)
    bar(Progress("checking", 1000, 8000))
    clock.now = 10
    bar(Progress("loading", 1000, 0))
    clock.now = 14
    bar(Progress("loading", 1000, 6000))
    bar.close()

    assert "loading" in terminal.last
    assert "75%" in terminal.last
    assert "6,000 rows, 1,500 a second" in terminal.last


def test_the_bar_shows_the_time_left() -> None:
    terminal = Terminal()
    bar = ProgressBar(12, terminal)
    bar(Progress("checking", 1, 1))
    # click estimates once a second, by its own clock.
    time.sleep(1.1)
    bar(Progress("checking", 2, 2))
    bar.close()

    assert re.search(r"16%  00:00:\d\d", terminal.last)
