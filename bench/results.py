"""Keeps the last results of each line: as JSON, and as a table in Markdown."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from bench.comparison import Figure

FOLDER = Path(__file__).parent / "results"
_HEAD = (
    "| line | figure | wanted | what | medians behind it | rounds | measured, load before and after |\n"
    "|---|---|---|---|---|---|---|\n"
)
Record = dict[str, Any]


def record(figures: list[Figure], environment: Mapping[str, str], measured: Mapping[str, Any]) -> Record:
    """Make what is kept of one line."""
    return {**measured, "environment": dict(environment), "figures": [figure._asdict() for figure in figures]}


def keep(line: str, result: Record, order: list[str], folder: Path = FOLDER) -> None:
    """Replace a line's last result and write both files anew."""
    path = folder / "results.json"
    kept: dict[str, Record] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    kept[line] = result
    kept = {name: kept[name] for name in order if name in kept}
    folder.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_table(kept, folder)


def write_table(kept: Mapping[str, Record], folder: Path = FOLDER) -> None:
    """Write all lines' last results as Markdown."""
    (folder / "results.md").write_text("\n".join(_pages(kept)), encoding="utf-8")


def rows(line: str, result: Record) -> Iterator[str]:
    """Write a line as rows of the table."""
    when = f"{result['measured']}, {result['load_before']} and {result['load_after']}"
    if result.get("skipped"):
        yield f"| {line} | skipped | | {result['skipped']} | | | {when} |"
    for figure in result["figures"]:
        value = f"**{_number(figure['value'])}** {figure['unit']}".rstrip()
        behind = "; ".join(f"{name}: {_number(median(values))}" for name, values in figure["samples"].items())
        rounds = max(map(len, figure["samples"].values()))
        yield f"| {line} | {value} | {figure['wanted']} | {figure['what']} | {behind} | {rounds} | {when} |"


def _pages(kept: Mapping[str, Record]) -> Iterator[str]:
    """Write one table for each machine and set of versions, as figures of two don't compare."""
    yield "# The last results of each line\n"
    for environment, group in groupby(kept.items(), lambda item: item[1]["environment"]):
        yield "; ".join(f"{name}: {value}" for name, value in environment.items()) + "\n"
        yield _HEAD + "\n".join(row for line, result in group for row in rows(line, result)) + "\n"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004
