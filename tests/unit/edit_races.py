"""Changes of one product that meet each other and uploads, on any database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from catalog_service.product_edits import ProductEdits
from catalog_service.products import StoredProduct
from common.refusals import Refusal

AT_ONCE = 6
CELLS = {
    "product_name": "Kettle",
    "category": "Kitchen",
    "price": "1",
    "quantity_sold": "0",
    "rating": None,
    "review_count": "7",
}


class Mismatch(Refusal):
    """The precondition does not hold."""


def anything(_tag: str | None) -> None:
    """Ask for nothing."""


def asks_for(wanted: str | None) -> Callable[[str | None], None]:
    """Ask for a tag, or for no product."""

    def check(tag: str | None) -> None:
        if tag != wanted:
            raise Mismatch

    return check


def at_once(work: Callable[[int], object]) -> list[object]:
    """Let threads begin at the same time, and give what each returned or refused."""
    barrier = threading.Barrier(AT_ONCE)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        except Mismatch as refusal:
            return refusal

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def check_one_of_many_creates(edits: ProductEdits, find: Callable[[str], StoredProduct]) -> None:
    for turn in range(3):
        key = f"new {turn}"
        puts = at_once(lambda n: edits.put(key, {**CELLS, "price": str(n)}, asks_for(None)))  # noqa: B023 - done before the next
        made = [put for put in puts if not isinstance(put, Mismatch)]
        assert len(made) == 1
        assert made[0].product == find(key)  # type: ignore[attr-defined]


def check_one_of_many_changes_what_it_saw(edits: ProductEdits, find: Callable[[str], StoredProduct]) -> None:
    edits.put("seen", CELLS, anything)
    for _ in range(3):
        tag = find("seen").tag
        price = find("seen").price
        assert price is not None
        changed = at_once(lambda n: edits.patch("seen", {"price": str(price + n + 1)}, asks_for(tag)))  # noqa: B023
        done = [one for one in changed if not isinstance(one, Mismatch)]
        assert done == [find("seen")]


def check_no_unconditional_change_is_lost(edits: ProductEdits, find: Callable[[str], StoredProduct]) -> None:
    edits.put("shared", CELLS, anything)
    columns = ("product_name", "category", "price", "quantity_sold", "rating", "review_count")
    at_once(lambda n: edits.patch("shared", {columns[n]: "9"}, anything))
    assert find("shared") == StoredProduct("shared", "9", "9", Decimal(9), 9, 9.0, 9)
