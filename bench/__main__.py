"""``python -m bench``: measures every line, or those named, prints the results and keeps them."""

import argparse
import os
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from bench import results
from bench.comparison import Figure, Skipped
from bench.lines import LINES
from bench.machine import load_average
from bench.session import Session
from bench.stack import Stack

LINE_SECONDS = 3600
"""The longest that a line may take, starting the stack included."""
PROJECT = "ecommerce-bench"
PORT = 18081


class OutOfTime(Exception):
    """A line took longer than it may."""


def main() -> None:
    """Measure, and remove the stack whatever happens. Exits with 1 if a line failed."""
    arguments = _arguments()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGTERM, _interrupt)
    stack = Stack(
        os.environ.get("COMPOSE_PROJECT_NAME") or PROJECT, int(os.environ.get("GATEWAY_PORT") or PORT)
    )
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Session(stack, Path(folder), arguments.rounds) as session,
    ):
        failed = [name for name in arguments.lines if not _measure(name, session)]
    if failed:
        sys.exit(f"These lines failed: {', '.join(failed)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"{', '.join(LINES)} (default: all)")
    parser.add_argument("--rounds", type=int, help="instead of 5, and of 3 above 1,000,000 rows")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.lines if name not in LINES]:
        parser.error(f"there is no line {', '.join(unknown)}")
    arguments.lines = arguments.lines or list(LINES)
    return arguments


def _measure(name: str, session: Session) -> bool:
    begin, load = time.monotonic(), load_average()
    figures: list[Figure] = []
    skipped = ""
    signal.alarm(LINE_SECONDS)
    try:
        figures = LINES[name](session)
    except Skipped as reason:
        skipped = str(reason)
    except Exception as error:  # noqa: BLE001 - the other lines can still be measured
        _say(f"{name} failed: {type(error).__name__}: {error}")
        return False
    finally:
        signal.alarm(0)
    measured = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "seconds": round(time.monotonic() - begin),
        "load_before": load,
        "load_after": load_average(),
        "skipped": skipped,
    }
    result = results.record(figures, session.environment(), measured)
    results.keep(name, result, list(LINES))
    for row in results.rows(name, result):
        _say(row)
    return True


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTime(f"it took longer than {LINE_SECONDS} s")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    sys.exit("ended by a signal")


if __name__ == "__main__":
    main()
