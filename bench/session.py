"""What the lines share while they run: the stack, a person signed in, the product files."""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from bench.client import Client
from bench.machine import machine, stack_versions
from bench.mysql import MySql
from bench.product_file import write_product_file
from bench.stack import ADDRESS, Stack

ROUNDS = 5
ROUNDS_OF_LARGE_FILES = 3
LARGE = 1_000_001
"""Rows from which fewer rounds are measured."""


class Session:
    """One run of the benchmarks. What a line asks for first is made then, and removed at the end."""

    def __init__(self, stack: Stack, folder: Path, rounds: int | None = None) -> None:
        """Use a stack that is not started yet and a folder; `rounds` is for a quick look."""
        self.folder = folder
        self._stack = stack
        self._rounds = rounds
        self._closing = ExitStack()
        # Now, as the images are built from what is there now.
        self._machine = machine()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the stack, if it was started."""
        self._closing.close()

    def rounds(self, rows: int = 0) -> int:
        """Give how often a line of so many rows measures each side."""
        return self._rounds or (ROUNDS_OF_LARGE_FILES if rows >= LARGE else ROUNDS)

    @cached_property
    def stack(self) -> Stack:
        """The stack, running."""
        return self._closing.enter_context(self._stack)

    @cached_property
    def mysql(self) -> MySql:
        """The stack's MySQL."""
        return MySql(self.stack)

    @cached_property
    def client(self) -> Client:
        """A person at the gateway."""
        return self._closing.enter_context(Client(ADDRESS, self.stack.port))

    def products(self, rows: int, *, ascending: bool = False, variant: int = 0) -> Path:
        """Give a product file of `rows` rows, as `write_product_file` describes it."""
        path = self.folder / f"{rows}-{'ascending' if ascending else 'random'}-{variant}.csv"
        if not path.exists():
            write_product_file(path, rows, ascending=ascending, variant=variant)
        return path

    def environment(self) -> dict[str, str]:
        """Name the machine, and the versions in the containers if they were used."""
        used = "stack" in vars(self)
        return self._machine | (stack_versions(self.stack, self.mysql.version()) if used else {})
