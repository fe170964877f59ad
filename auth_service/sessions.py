"""Sessions: what a sign-in begins, refreshing carries on, and a sign-out ends."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from auth_service import audit
from auth_service.account_locks import lock_account, lock_in_any_state, lock_unchanged
from auth_service.changes import change
from auth_service.housekeeping import remove_a_few, remove_all
from auth_service.issued_tokens import RecordedToken, issue, revoke, revoke_of_session, revoke_of_user
from auth_service.models import RefreshToken, SignInSession, User, new_id
from auth_service.tokens import choose_signing_key
from auth_service.transactions import repeated_after_deadlock
from common.refusals import Refusal
from common.tokens import TOKEN_LIFETIME_SECONDS, InvalidToken

REFRESH_TOKEN_BYTES = 32
GRACE = timedelta(seconds=10)
"""How long a refresh token that was spent gives another pair: two tabs may use it at the same moment."""

FORGOTTEN_AT_ONCE = 3_000
"""Sessions, and tokens, deleted at most when a session begins, and by one statement when the account goes.

A session gets 2,880 tokens in 30 days.
"""


class InvalidCredentials(Refusal):
    """Sign-in failed; whether by the username or the password is not told."""

    status = HTTPStatus.UNAUTHORIZED
    msg = "Invalid username or password"


class AccountChanged(InvalidCredentials):
    """The account was disabled, deleted or given another password while somebody signed in to it."""


class Grant(NamedTuple):
    """What a sign-in or a refresh gives."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token lives."""
    refresh_expires_in: int
    """Seconds that the session lasts still, and with it any refresh token."""


class Sessions:
    """The sessions of all accounts, each a family of refresh tokens (RFC 9700, section 4.14.2)."""

    def __init__(self, session: Callable[[], Session], lifetime: timedelta) -> None:
        """`session` gives the database session of the request in hand; a sign-in lasts for `lifetime`."""
        self.session = session
        self.lifetime = lifetime

    @repeated_after_deadlock
    def begin(self, user: User) -> Grant:
        """Begin a session.

        `user` is the account as it was when its password was verified, detached from the database session:
        if another password was set meanwhile, no session begins.

        Raises AccountChanged, DamagedKey.
        """
        choose_signing_key()
        if not lock_unchanged(user):
            self.session().rollback()
            raise AccountChanged
        now = datetime.now(UTC)
        scope, finished = self._scope_and_finished(user.id, now)
        self._forget(finished)
        family = SignInSession(id=new_id(), user_id=user.id, started_at=now, expires_at=now + self.lifetime)
        self.session().add(family)
        audit.record(audit.Action.SIGNED_IN, actor=user, subject=user)
        return self._grant(user, scope, family.id, family.expires_at)

    @repeated_after_deadlock
    def refresh(self, refresh_token: str) -> Grant:
        """Spend a refresh token and give the next pair, with the account's scopes of now.

        One that was spent before the grace, and so may be in a thief's hands, ends its session.

        Raises InvalidToken, DamagedKey.
        """
        choose_signing_key()
        token_hash = _hash(refresh_token)
        family = self._session_of(token_hash)
        if not lock_account(family.user_id) or not self._lock_session(family.id):
            self.session().rollback()
            raise InvalidToken
        user = self.session().get_one(User, family.user_id)
        if not self._spend(token_hash):
            self.end(family.id)
            audit.record(audit.Action.REFRESH_REUSED, subject=user)
            self.session().commit()
            raise InvalidToken
        return self._grant(user, user.scope, family.id, family.expires_at)

    @repeated_after_deadlock
    def sign_out(self, account: audit.Account, token: RecordedToken) -> None:
        """End the session that a token of an account was issued to; an API key's is revoked by itself."""
        lock_in_any_state(account.id)
        if token.session_id is None:
            revoke(token.token_id)
        else:
            self.end(token.session_id)
        audit.record(audit.Action.SIGNED_OUT, actor=account, subject=account)
        self.session().commit()

    @repeated_after_deadlock
    def sign_out_everywhere(self, account: audit.Account) -> None:
        """End all sessions of an account, and revoke its API keys' tokens too."""
        self.end_all(account.id)
        audit.record(audit.Action.SIGNED_OUT_EVERYWHERE, actor=account, subject=account)
        self.session().commit()

    def end(self, session_id: str) -> None:
        """End a session and revoke its access tokens, in the transaction in hand."""
        self._end(SignInSession.id == session_id)
        revoke_of_session(session_id)

    def end_all(self, user_id: str) -> None:
        """End an account's sessions and revoke all its access tokens, in the transaction in hand."""
        lock_in_any_state(user_id)
        self._end(SignInSession.user_id == user_id)
        revoke_of_user(user_id)

    def delete_all(self, user_id: str) -> None:
        """Delete an account's sessions, and revoke all its access tokens, in the transaction in hand.

        Lock the account's row first.
        """
        revoke_of_user(user_id)
        families = select(SignInSession.id).where(SignInSession.user_id == user_id)
        remove_all(RefreshToken.token_hash, RefreshToken.session_id.in_(families), FORGOTTEN_AT_ONCE)
        remove_all(SignInSession.id, SignInSession.user_id == user_id, FORGOTTEN_AT_ONCE)

    def _grant(self, account: audit.Account, scope: str, session_id: str, expires_at: datetime) -> Grant:
        """Give a pair of tokens, and commit; `scope` was read under the lock of the account's row."""
        session = self.session()
        refresh_token = secrets.token_urlsafe(REFRESH_TOKEN_BYTES)
        session.add(RefreshToken(token_hash=_hash(refresh_token), session_id=session_id))
        access_token = issue(account, scope, session_id=session_id)
        session.commit()
        left = expires_at - datetime.now(UTC)
        return Grant(access_token, refresh_token, TOKEN_LIFETIME_SECONDS, round(left.total_seconds()))

    def _session_of(self, token_hash: bytes) -> SignInSession:
        """Give a refresh token's session, detached: only its end ever changes. Raises InvalidToken."""
        session = self.session()
        family = session.scalar(
            select(SignInSession)
            .join(RefreshToken, RefreshToken.session_id == SignInSession.id)
            .where(RefreshToken.token_hash == token_hash)
        )
        if family is not None:
            session.expunge(family)
        session.rollback()
        if family is None:
            raise InvalidToken
        return family

    def _end(self, which: ColumnElement[bool]) -> None:
        now = datetime.now(UTC)
        going_on = (SignInSession.ended_at.is_(None), SignInSession.expires_at > now)
        ended = update(SignInSession).where(which, *going_on).values(ended_at=now, expires_at=now)
        change(self.session(), ended)

    def _lock_session(self, session_id: str) -> bool:
        """Lock a session until the transaction ends, and tell whether it goes on."""
        locked = change(
            self.session(),
            update(SignInSession)
            .where(
                SignInSession.id == session_id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > datetime.now(UTC),
            )
            .values(id=session_id),
        )
        return locked == 1

    def _spend(self, token_hash: bytes) -> bool:
        """Note that a token is spent, and tell whether that's new, or not older than the grace."""
        now = datetime.now(UTC)
        unspent = RefreshToken.spent_at.is_(None)
        if change(
            self.session(),
            update(RefreshToken).where(RefreshToken.token_hash == token_hash, unspent).values(spent_at=now),
        ):
            return True
        spent_at = self.session().scalar(
            select(RefreshToken.spent_at).where(RefreshToken.token_hash == token_hash)
        )
        # Never long before, by a clock that was wrong then.
        return spent_at is not None and abs(now - spent_at) <= GRACE

    def _scope_and_finished(self, user_id: str, now: datetime) -> tuple[str, set[str]]:
        """Give what an account may do now, and by the same trip some sessions of it that are over.

        Not so many that its sign-in would take too long. Lock the account's row first: what it may do may
        have changed since it was read last.
        """
        over = SignInSession.expires_at <= now
        rows = (
            self.session()
            .execute(
                select(User.scope, SignInSession.id)
                .outerjoin(SignInSession, and_(SignInSession.user_id == User.id, over))
                .where(User.id == user_id)
                .limit(FORGOTTEN_AT_ONCE)
            )
            .all()
        )
        return rows[0].scope, {row.id for row in rows if row.id is not None}

    def _forget(self, finished: set[str]) -> None:
        """Delete sessions that are over. The tokens of one are refused without it, too."""
        if not finished:
            return
        of_these = RefreshToken.session_id.in_(finished)
        remove_a_few(RefreshToken.token_hash, of_these, FORGOTTEN_AT_ONCE)
        left = set(self.session().scalars(select(RefreshToken.session_id).where(of_these).distinct()))
        change(self.session(), delete(SignInSession).where(SignInSession.id.in_(finished - left)))


def _hash(refresh_token: str) -> bytes:
    return sha256(refresh_token.encode("utf-8")).digest()
