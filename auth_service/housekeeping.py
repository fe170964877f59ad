"""Removes rows that nobody needs any more, a few at a time, beside the work that adds new ones."""

import time
from collections.abc import Callable
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from auth_service.changes import change
from auth_service.models import db

LOOK_AGAIN_SECONDS = 60


class Housekeeping:
    """Knows of each table when to look for old rows in it again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Look at every table at its first time."""
        self.clock = clock
        self._due_at: dict[object, float] = {}

    def remove_now_and_then(
        self, key: InstrumentedAttribute[Any], old: ColumnElement[bool], most: int
    ) -> None:
        """Do `remove_a_few` once a minute, and each time while there are more."""
        now, table = self.clock(), key.class_
        if now >= self._due_at.get(table, now):
            more = remove_a_few(key, old, most) == most
            self._due_at[table] = now if more else now + LOOK_AGAIN_SECONDS


def remove_now_and_then(key: InstrumentedAttribute[Any], old: ColumnElement[bool], most: int) -> None:
    """Do it by the housekeeping of the app in hand."""
    housekeeping: Housekeeping = current_app.extensions["housekeeping"]
    housekeeping.remove_now_and_then(key, old, most)


def remove_a_few(key: InstrumentedAttribute[Any], old: ColumnElement[bool], most: int) -> int:
    """Delete up to `most` rows that are `old`, in the transaction in hand, and tell how many were found.

    `key` is their primary key.
    """
    # Looked for without locks: those would also hold the place where new rows go. And in no order: with one,
    # MySQL may well read the whole table by its key.
    candidates = db.session.scalars(select(key).where(old).limit(most)).all()
    if candidates:
        # What another transaction is at is left to it, so that nobody waits.
        free = db.session.scalars(
            select(key).where(key.in_(candidates), old).with_for_update(skip_locked=True)
        ).all()
        change(db.session(), delete(key.class_).where(key.in_(free), old))
    return len(candidates)


def remove_all(key: InstrumentedAttribute[Any], which: ColumnElement[bool], at_once: int) -> None:
    """Delete rows that nobody else adds to or changes meanwhile, by statements for `at_once` of them each.

    A statement for very many would take longer than one may. `key` is the rows' primary key.
    """
    some = select(key).where(which).limit(at_once)
    while found := db.session.scalars(some).all():
        change(db.session(), delete(key.class_).where(key.in_(found)))
