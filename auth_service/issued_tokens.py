"""Access tokens that are out: recorded when they are issued, so that each of them can be revoked.

Nothing here commits: a token is out, or revoked, exactly if what it is part of is done.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple, cast

from flask import g
from sqlalchemy import ColumnElement, Engine, func, select, update
from sqlalchemy.orm import Session

from auth_service.audit import Account
from auth_service.changes import change
from auth_service.housekeeping import remove_now_and_then
from auth_service.models import IssuedToken, db, new_id
from auth_service.tokens import TOKEN_LIFETIME, sign_access_token
from common.refusals import Refusal
from common.single_rows import RowByKey

# A verifier accepts a token for the leeway beyond its end, by a clock that may be minutes behind this one.
KEPT_AFTER_END = TOKEN_LIFETIME
FORGOTTEN_AT_ONCE = 20
"""How many tokens' rows are deleted, at most, when one is added."""


class SessionNeeded(Refusal):
    """The token was issued to an API key, and this is for people who are signed in."""

    status = HTTPStatus.FORBIDDEN
    msg = "This needs a signed-in session."


class RecordedToken(NamedTuple):
    """What is known of a token that was issued."""

    token_id: str
    session_id: str | None
    """The session that it was issued to; None for an API key's."""


_RECORDED = select(IssuedToken.session_id, IssuedToken.revoked_at.is_not(None))


class RecordedTokens:
    """What a token check in this service asks: the token's row, which says at once that it's revoked."""

    def __init__(self, engine: Engine) -> None:
        """Ask by an engine of `make_reading_engine`."""
        self.rows = RowByKey(engine, _RECORDED, IssuedToken.token_id)

    def is_revoked(self, token_id: str) -> bool:
        """Tell whether a token is not to be accepted, and keep what is known of it for the request."""
        row = self.rows.find(token_id)
        if row is None:
            return True
        session_id, is_revoked = row
        g.recorded_token = RecordedToken(token_id, session_id)
        return bool(is_revoked)


def current_token() -> RecordedToken:
    """Give what is known of the request's verified token."""
    return cast(RecordedToken, g.recorded_token)


def current_session() -> str:
    """Give the id of the session that the request's token was issued to. Raises SessionNeeded."""
    session_id = current_token().session_id
    if session_id is None:
        raise SessionNeeded
    return session_id


def issue(
    account: Account, scope: str, *, session_id: str | None = None, api_key_id: str | None = None
) -> str:
    """Sign and record a token for an account, which is good for `scope`.

    Choose the signing key first, then lock the account's row, and read under the lock what the token says.
    """
    token_id, issued_at = new_id(), datetime.now(UTC)
    token = sign_access_token(
        user_id=account.id,
        username=account.username,
        scope=scope,
        token_id=token_id,
        issued_at=issued_at,
    )
    db.session.add(
        IssuedToken(
            token_id=token_id,
            user_id=account.id,
            expires_at=issued_at + TOKEN_LIFETIME,
            session_id=session_id,
            api_key_id=api_key_id,
        )
    )
    expired = IssuedToken.expires_at <= datetime.now(UTC) - KEPT_AFTER_END
    remove_now_and_then(IssuedToken.token_id, expired, FORGOTTEN_AT_ONCE)
    return token


def revoke(token_id: str) -> None:
    """Revoke one token."""
    _revoke(IssuedToken.token_id == token_id)


def revoke_of_user(user_id: str) -> None:
    """Revoke all of an account's tokens, its API keys' too. Lock the account's row first."""
    _revoke(IssuedToken.user_id == user_id)


def revoke_of_session(session_id: str) -> None:
    """Revoke the tokens of a session that has ended."""
    _revoke(IssuedToken.session_id == session_id)


def revoke_of_api_key(api_key_id: str) -> None:
    """Revoke the tokens of an API key. Lock or delete the key's row first."""
    _revoke(IssuedToken.api_key_id == api_key_id)


def revoked_and_unexpired() -> list[str]:
    """List the revoked tokens that a verifier might still accept by their times, in order."""
    end = datetime.now(UTC) - KEPT_AFTER_END
    with Session(db.engine) as session:
        listed = select(IssuedToken.token_id).where(
            IssuedToken.revoked_at.is_not(None), IssuedToken.expires_at > end
        )
        return sorted(session.scalars(listed))


def _revoke(which: ColumnElement[bool]) -> None:
    # By a statement and not by objects: it sees what was committed meanwhile. And without asking for those
    # that are not revoked yet: MySQL would look by that index, too, and lock other people's rows.
    revoked_at = func.coalesce(IssuedToken.revoked_at, datetime.now(UTC))
    change(db.session(), update(IssuedToken).where(which).values(revoked_at=revoked_at))
