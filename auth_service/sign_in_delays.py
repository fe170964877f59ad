"""Slows down who guesses passwords: after a few wrong ones, each further try has to wait longer.

What is counted belongs to a username and the network that the tries come from, so that a stranger elsewhere
can't keep the owner out (docs/decisions/0020-guessing.md).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Delete, Update, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth_service.allowances import Allowance
from auth_service.changes import change
from auth_service.housekeeping import remove_now_and_then
from auth_service.models import FailedSignIns
from auth_service.transactions import repeated_after_deadlock
from common.tokens import LEEWAY_SECONDS

FREE_FAILURES = 4
"""Wrong passwords in a row that cost nothing: people mistype."""
LONGEST_DELAY_SECONDS = 300
FADES_AFTER = timedelta(minutes=15)
"""A count that nothing was added to for so long is forgotten; longer than any delay."""
MOST_DOUBLINGS = 9
FORGOTTEN_AT_ONCE = 20
CLOCKS_DIFFER = timedelta(seconds=LEEWAY_SECONDS)
"""How far the clock of another replica may be ahead."""
TRIES_TO_COUNT = 5
"""Who loses the race to count this often has seen as many others count, so a delay has begun."""


class Failures(NamedTuple):
    """Wrong passwords in a row, and when the last one was tried."""

    number: int
    last_at: datetime

    def delay(self, now: datetime) -> bool:
        """Tell whether the next try has to wait still; not for a clock that was wrong at the last one."""
        if self.last_at - now > CLOCKS_DIFFER:
            return False
        return now < self.last_at + delay_after(self.number)

    def next_number(self, now: datetime) -> int:
        """Give the number with one more."""
        return 1 if self.last_at + FADES_AFTER <= now else self.number + 1


def delay_after(failures: int) -> timedelta:
    """Give how long the next try has to wait after so many failures in a row."""
    doublings = failures - FREE_FAILURES - 1
    if doublings < 0:
        return timedelta(0)
    return timedelta(seconds=min(2 ** min(doublings, MOST_DOUBLINGS), LONGEST_DELAY_SECONDS))


def guesser_id(username_key: bytes, network: str) -> bytes:
    """Name who tries a username from a network, so that neither has to be stored."""
    return sha256(network.encode("ascii") + b"\0" + username_key).digest()


class SignInDelays:
    """The wrong passwords of late."""

    def __init__(
        self,
        session: Callable[[], Session],
        allowance: Allowance,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`session` gives the database session of the request in hand.

        `allowance` is what a network has for all accounts together.
        """
        self.session = session
        self.allowance = allowance
        self.clock = clock

    @repeated_after_deadlock
    def accept(self, guesser: bytes) -> bool:
        """Tell whether a right password may be taken now, and if so forget the wrong ones before it.

        While a delay lasts it may not: it has to be answered as a wrong one is. Commits what it changes.
        """
        found = self._find(guesser)
        if found is None:
            return True
        if found.delay(self.clock()):
            return False
        self._change(delete(FailedSignIns), guesser, found)
        self.session().commit()
        return True

    def count(self, guesser: bytes) -> bool:
        """Count a wrong password in a new transaction, and leave that open for the caller to commit.

        While a delay lasts none is counted, and this is False: who keeps trying waits no longer for it.
        """
        for _ in range(TRIES_TO_COUNT):
            # What was read before is old once somebody else has counted.
            self.session().rollback()
            found = self._find(guesser)
            if found is not None and found.delay(self.clock()):
                return False
            if self._store_next(guesser, found):
                self.allowance.spend()
                old = FailedSignIns.failed_at < self.clock() - FADES_AFTER
                remove_now_and_then(FailedSignIns.guesser, old, FORGOTTEN_AT_ONCE)
                return True
        return False

    def _find(self, guesser: bytes) -> Failures | None:
        columns = select(FailedSignIns.failures, FailedSignIns.failed_at)
        row = self.session().execute(columns.where(FailedSignIns.guesser == guesser)).one_or_none()
        return row and Failures(row.failures, row.failed_at)

    def _store_next(self, guesser: bytes, found: Failures | None) -> bool:
        now = self.clock()
        if found is not None:
            changed = update(FailedSignIns).values(failures=found.next_number(now), failed_at=now)
            return self._change(changed, guesser, found)
        self.session().add(FailedSignIns(guesser=guesser, failures=1, failed_at=now))
        try:
            self.session().flush()
        except IntegrityError:
            return False
        return True

    def _change(self, statement: Update | Delete, guesser: bytes, found: Failures) -> bool:
        """Tell whether a row was changed that is still as it was found."""
        unchanged = (FailedSignIns.failures == found.number, FailedSignIns.failed_at == found.last_at)
        return change(self.session(), statement.where(FailedSignIns.guesser == guesser, *unchanged)) == 1
