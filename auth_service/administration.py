"""What administrators, and operators at the command line, do to other people's accounts."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.account_locks import lock_in_any_state
from auth_service.audit import Account, Action, record
from auth_service.issued_tokens import revoke_of_user
from auth_service.models import User
from auth_service.sessions import Sessions
from auth_service.transactions import repeated_after_deadlock
from auth_service.usernames import UnfitUsername, username_key
from common.authentication import InsufficientScope
from common.cursors import Page, cursor_of, page_of, position_of
from common.refusals import Refusal
from common.scopes import Scope, scope_claim, scopes_in
from common.tokens import InvalidToken


class UnknownAccount(Refusal):
    """There is no such account."""

    status = HTTPStatus.NOT_FOUND
    msg = "There is no account with this id."


class OwnAdministration(Refusal):
    """An administrator would shut themself out, and maybe everybody with them."""

    msg = "Administrators can't disable themselves, nor take users:admin from themselves."


class Administration:
    """The accounts, as those see them who look after them."""

    def __init__(self, session: Callable[[], Session], sessions: Sessions) -> None:
        """`session` gives the database session of the request in hand."""
        self.session = session
        self.sessions = sessions

    def page(self, limit: int, cursor: str | None) -> Page[User]:
        """Give some accounts, by the keys of their usernames, from where a page ended. Raises BadCursor."""
        rows = select(User).order_by(User.username_key).limit(limit + 1)
        if cursor is not None:
            rows = rows.where(User.username_key > position_of(cursor))
        found = self.session().scalars(rows).all()
        return page_of(found, limit, lambda last: cursor_of(last.username_key))

    def find(self, user_id: str) -> User:
        """Give an account. Raises UnknownAccount."""
        user = self.session().get(User, user_id)
        if user is None:
            raise UnknownAccount
        return user

    @repeated_after_deadlock
    def change(
        self, user_id: str, administrator: Account, scopes: Collection[Scope] | None, *, disabled: bool | None
    ) -> User:
        """Set what an account may do, or whether people can sign in to it; None leaves that as it is.

        Raises UnknownAccount, OwnAdministration; InvalidToken or InsufficientScope if the administrator is
        none any more by the time that it is their turn.
        """
        user = self._lock_for(user_id, administrator.id)
        if user.id == administrator.id and (
            disabled or (scopes is not None and Scope.USERS_ADMIN not in scopes)
        ):
            raise OwnAdministration
        if scopes is not None:
            self._set_scopes(user, frozenset(scopes), administrator)
        if disabled is not None:
            self._set_disabled(user, administrator, disabled=disabled)
        self.session().commit()
        return user

    @repeated_after_deadlock
    def grant(self, username: str, scopes: Iterable[Scope]) -> frozenset[Scope]:
        """Give an account more scopes, at the command line; tell which it has then. Raises UnknownAccount."""
        user = self._lock_named(username)
        self._set_scopes(user, scopes_in(user.scope) | frozenset(scopes), actor=None)
        self.session().commit()
        return scopes_in(user.scope)

    @repeated_after_deadlock
    def revoke(self, username: str, scopes: Iterable[Scope]) -> frozenset[Scope]:
        """Take scopes from an account, at the command line; tell which it has left. Raises UnknownAccount."""
        user = self._lock_named(username)
        self._set_scopes(user, scopes_in(user.scope) - frozenset(scopes), actor=None)
        self.session().commit()
        return scopes_in(user.scope)

    def _set_scopes(self, user: User, scopes: frozenset[Scope], actor: Account | None) -> None:
        before, after = user.scope, scope_claim(scopes)
        if after == before:
            return
        user.scope = after
        if not scopes_in(before) <= scopes:
            # Its tokens say more than it may do now. Its sessions go on, and get tokens that say less.
            revoke_of_user(user.id)
        record(Action.SCOPES_CHANGED, actor=actor, subject=user, before=before, after=after)

    def _set_disabled(self, user: User, actor: Account, *, disabled: bool) -> None:
        if disabled == (user.disabled_at is not None):
            return
        user.disabled_at = datetime.now(UTC) if disabled else None
        if disabled:
            self.sessions.end_all(user.id)
        record(Action.ACCOUNT_DISABLED if disabled else Action.ACCOUNT_ENABLED, actor=actor, subject=user)

    def _lock_named(self, username: str) -> User:
        try:
            key = username_key(username)
        except UnfitUsername:
            raise UnknownAccount from None
        found = self.session().scalar(select(User.id).where(User.username_key == key))
        (user,) = self._lock(found or "")
        if user is None:
            raise UnknownAccount
        return user

    def _lock_for(self, user_id: str, administrator_id: str) -> User:
        """Lock an account, and the administrator's with it: of two who disable each other one succeeds."""
        user, administrator = self._lock(user_id, administrator_id)
        if administrator is None or administrator.disabled_at is not None:
            raise InvalidToken
        if Scope.USERS_ADMIN not in scopes_in(administrator.scope):
            raise InsufficientScope(Scope.USERS_ADMIN)
        if user is None:
            raise UnknownAccount
        return user

    def _lock(self, *user_ids: str) -> list[User | None]:
        """Give accounts that nobody else changes until the transaction ends."""
        session = self.session()
        # What was read before the lock may be old by now.
        session.rollback()
        lock_in_any_state(*user_ids)
        return [session.get(User, user_id) for user_id in user_ids]


def administration() -> Administration:
    """Give the administration, which the app's factory has put there."""
    return cast(Administration, current_app.extensions["administration"])
