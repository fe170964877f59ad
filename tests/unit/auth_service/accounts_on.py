"""Makes the accounts of an app, with what a test looks at in the place of their own parts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from auth_service.accounts import Accounts, NewAccounts
from auth_service.allowances import Allowance, AllowanceSpent, TooManyAccounts, TooManyWrongPasswords
from auth_service.models import db
from auth_service.password_policy import PasswordPolicy
from auth_service.sessions import Sessions
from auth_service.sign_in_delays import SignInDelays
from tests.unit.auth_on_sqlite import CHEAP_ROUNDS
from tests.unit.auth_service.hashing import CountingBcrypt, make_hasher

SCOPE = "catalog:read catalog:write"


def make_accounts(
    bcrypt: CountingBcrypt | None = None,
    rounds: int = CHEAP_ROUNDS,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    policy: Literal["none", "nist"] = "none",
    allowed: int = 0,
) -> Accounts:
    """Make the accounts of the app in hand; a network may sign up, and be wrong, as often as `allowed`."""

    def allowance(refusal: type[AllowanceSpent]) -> Allowance:
        return Allowance(db.session, refusal, allowed, clock)

    return Accounts(
        db.session,
        make_hasher(bcrypt, rounds),
        SignInDelays(db.session, allowance(TooManyWrongPasswords), clock),
        Sessions(db.session, timedelta(days=1)),
        NewAccounts(
            open_to_all=True,
            scope=SCOPE,
            policy=PasswordPolicy(policy),
            allowance=allowance(TooManyAccounts),
        ),
    )
