"""The catalog's memory while it takes in 1,000,000 and 5,000,000 rows."""

from statistics import median

from bench.comparison import Figure
from bench.memory import MemoryWatch, Peaks
from bench.mysql import SERVICE_TABLE
from bench.session import Session

MILLION = 1_000_000
MANY = 5 * MILLION


def run(session: Session) -> list[Figure]:
    """Measure the peaks of the container and of the checking process."""
    few, many = list[Peaks](), list[Peaks]()
    for _ in range(session.rounds(MANY)):
        few.append(_peaks(session, MILLION))
        many.append(_peaks(session, MANY))
    growth = median(after.programs - before.programs for before, after in zip(few, many, strict=True))
    programs = {
        "1,000,000 rows, MiB": [peaks.programs for peaks in few],
        "5,000,000 rows, MiB": [peaks.programs for peaks in many],
    }
    return [
        _peak("container, its programs", [peaks.programs for peaks in many], "at most 256 MiB"),
        Figure(
            "container, its programs, above that at 1,000,000 rows", growth, programs, "at most 20 MiB", "MiB"
        ),
        _peak("checking process", [peaks.child for peaks in many]),
        _peak("checking process, 1,000,000 rows", [peaks.child for peaks in few]),
        _peak("container as docker stats has it, with cached files", [peaks.docker_stats for peaks in many]),
    ]


def _peaks(session: Session, rows: int) -> Peaks:
    file = session.products(rows)
    session.mysql.empty(SERVICE_TABLE)
    with MemoryWatch(session.stack) as watch:
        session.client.upload(file)
    return watch.peaks


def _peak(what: str, peaks: list[float], wanted: str = "") -> Figure:
    rows = "" if "rows" in what else ", 5,000,000 rows"
    return Figure(f"peak memory{rows}: {what}", median(peaks), {"MiB": peaks}, wanted, "MiB")
