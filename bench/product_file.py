"""Product CSVs of any size, always the same for the same arguments."""

import csv
import io
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from catalog_service.ingest.columns import COLUMNS

SEED = 20_261_122
CATEGORIES = 20
_NAMES = 5_000
_SIZED = 0.3
"""The share of names with a comma, some of them with quotes as well."""
_BLOCK_ROWS = 10_000
_SIZES = ("small", "medium", "large", "extra large", "500 ml", '27"', "set of 4", "1,5 l")
_THINGS = ("Kettle", "Lamp", "Notebook", "Äpfel", "Crème brûlée", "緑茶", "Škoda wheel", "Headphones", "Rope")
_WORDS = ("Plain", "Nordic", "Compact", "Señor", "Classic", "Eco", "Deluxe", "Günther's", "Daily")
_MASK = 2**64 - 1


def write_product_file(path: Path, rows: int, *, ascending: bool, variant: int = 0) -> None:
    """Write `rows` products, with ids in random or ascending order, about 60 bytes each.

    Two variants have the same ids in the same order, and every row differs in its price.
    """
    seeded = random.Random(SEED)
    product_id = _ascending_id if ascending else _random_id
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        records = _records(seeded, rows, product_id, variant)
        while block := list(islice(records, _BLOCK_ROWS)):
            file.write("".join(block))


def _records(
    seeded: random.Random, rows: int, product_id: Callable[[int], str], variant: int
) -> Iterator[str]:
    names = _quoted_names(seeded)
    categories = [f"Category {number:02d}" for number in range(CATEGORIES)]
    for number in range(rows):
        chance = seeded.getrandbits(40)
        name = names[chance % _NAMES]
        category = categories[(chance >> 13) % CATEGORIES]
        price, cents, sold = (chance >> 18) % 400 + variant, (chance >> 20) % 100, (chance >> 24) % 5000
        rating, reviews = (chance >> 30) % 50 / 10, (chance >> 32) % 256
        yield f"{product_id(number)},{name},{category},{price}.{cents:02d},{sold},{rating},{reviews}\n"


def _ascending_id(number: int) -> str:
    return f"{number:016d}"


def _random_id(number: int) -> str:
    """Give a number's id: splitmix64 gives each number another one, so that no id comes twice."""
    mixed = (number + SEED) * 0x9E3779B97F4A7C15 & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
    return f"{mixed ^ mixed >> 31:016x}"


def _quoted_names(seeded: random.Random) -> list[str]:
    """Make names as the csv module writes them: those with a comma or a quote stand in quotes."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for _ in range(_NAMES):
        word, thing, size = (seeded.choice(kind) for kind in (_WORDS, _THINGS, _SIZES))
        writer.writerow([f"{word} {thing}, {size}" if seeded.random() < _SIZED else f"{word} {thing}"])
    return written.getvalue().splitlines()
