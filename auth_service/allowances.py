"""Bounds what one network may do in a row, however many accounts it does it with.

Each time takes one from an allowance, which comes back one by one: a bucket that leaks at a steady rate
(docs/decisions/0020-guessing.md). The gateway limits requests; this limits what came of them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from typing import ClassVar

from sqlalchemy import case, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from auth_service.client_addresses import client_network
from auth_service.housekeeping import remove_now_and_then
from auth_service.models import SpentAllowance
from auth_service.reads import reading
from common.refusals import Refusal

FORGOTTEN_AT_ONCE = 20


class AllowanceSpent(Refusal):
    """The client's network has done this too often of late."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    comes_back: ClassVar[timedelta]
    """After how long one that was used may be used again."""

    def __init__(self, milliseconds: int) -> None:
        """Say after how long it may be done once more."""
        super().__init__(milliseconds)
        self.milliseconds = milliseconds

    def headers(self) -> Mapping[str, str]:
        """Say when to come back."""
        return {"Retry-After": str(ceil(self.milliseconds / 1000))}


class TooManyAccounts(AllowanceSpent):
    """Many accounts were made from the client's address of late."""

    msg = "Too many accounts were made from your address. Try again later."
    comes_back = timedelta(seconds=1.5)


class TooManyWrongPasswords(AllowanceSpent):
    """Many passwords from the client's address were wrong of late."""

    msg = "Too many wrong passwords came from your address. Try again later."
    comes_back = timedelta(seconds=3)


class Allowance:
    """How often each network may do one thing."""

    def __init__(
        self,
        session: Callable[[], Session],
        refusal: type[AllowanceSpent],
        at_once: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Let a network do it `at_once` times, and then again as what was used comes back.

        `session` gives the database session of the request in hand. 0 times is no bound at all.
        """
        self.session = session
        self.refusal = refusal
        self.at_once = at_once
        self.clock = clock
        self._period = refusal.comes_back // timedelta(milliseconds=1)

    def require(self) -> None:
        """Raise the refusal if the client's network has nothing left."""
        if not self.at_once:
            return
        with reading() as session:
            spent_until = session.scalar(
                select(SpentAllowance.spent_until).where(SpentAllowance.id == self._id())
            )
        if spent_until is None:
            return
        wait = spent_until - self._now() - (self.at_once - 1) * self._period
        if wait > 0:
            # More is spent by a clock alone that was wrong then.
            raise self.refusal(min(wait, self._period))

    def spend(self) -> None:
        """Take one from the client's network's, in the transaction in hand."""
        if not self.at_once:
            return
        now, column = self._now(), SpentAllowance.spent_until
        row = {"id": self._id(), "spent_until": now + self._period}
        longer = {"spent_until": case((column > now, column), else_=now) + self._period}
        if self.session().get_bind().dialect.name == "mysql":
            self.session().execute(mysql.insert(SpentAllowance).values(row).on_duplicate_key_update(longer))
        else:
            self.session().execute(
                sqlite.insert(SpentAllowance).values(row).on_conflict_do_update(["id"], set_=longer)
            )
        remove_now_and_then(SpentAllowance.id, column <= now, FORGOTTEN_AT_ONCE)

    def _id(self) -> bytes:
        return sha256(f"{self.refusal.__name__}\0{client_network()}".encode("ascii")).digest()

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)
