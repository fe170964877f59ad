"""Measuring a thing and its yardstick in turn, so that a machine that drifts drifts for both."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

T = TypeVar("T")

Samples = Sequence[float]
Side = Callable[[], float]
"""Does something once and gives what it measured."""


class Figure(NamedTuple):
    """One result of a line."""

    what: str
    value: float
    samples: Mapping[str, Samples]
    """What was measured in each round, by its name with its unit."""
    wanted: str = ""
    """The limit that is set for the value; empty if there's none."""
    unit: str = ""
    """The value's unit; a ratio has none."""


class Skipped(Exception):
    """A line can't be measured on this machine; the message says why."""


class LoadedOtherwise(Exception):
    """One of the sides did not load what the file holds, so that the times say nothing."""


def in_turn(rounds: int, sides: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Measure every side once in each round, each round beginning with another one."""
    names = list(sides)
    samples: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(sides[name]())
    return samples


def ratio(what: str, samples: Mapping[str, Samples], thing: str, yardstick: str, wanted: str = "") -> Figure:
    """Give the median of the rounds' ratios: each is of two neighbours in time."""
    ratios = [one / other for one, other in zip(samples[thing], samples[yardstick], strict=True)]
    return Figure(what, median(ratios), {name: samples[name] for name in (thing, yardstick)}, wanted)
