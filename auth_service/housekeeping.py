"""Removes rows that nobody needs any more, a few at a time, beside the work that adds new ones."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from auth_service.changes import change
from auth_service.models import db


def remove_a_few(key: InstrumentedAttribute[Any], old: ColumnElement[bool], most: int) -> None:
    """Delete up to `most` rows that are `old`, in the transaction in hand; `key` is their primary key."""
    # Looked for without locks: those would also hold the place where new rows go. And in no order: with one,
    # MySQL may well read the whole table by its key.
    candidates = db.session.scalars(select(key).where(old).limit(most)).all()
    if not candidates:
        return
    # What another transaction is at is left to it, so that nobody waits.
    free = db.session.scalars(
        select(key).where(key.in_(candidates), old).with_for_update(skip_locked=True)
    ).all()
    change(db.session(), delete(key.class_).where(key.in_(free), old))


def remove_all(key: InstrumentedAttribute[Any], which: ColumnElement[bool], at_once: int) -> None:
    """Delete rows that nobody else adds to or changes meanwhile, by statements for `at_once` of them each.

    A statement for very many would take longer than one may. `key` is the rows' primary key.
    """
    some = select(key).where(which).limit(at_once)
    while found := db.session.scalars(some).all():
        change(db.session(), delete(key.class_).where(key.in_(found)))
