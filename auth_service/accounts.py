"""Signing up, signing in, and what people do to their own accounts."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth_service.account_locks import lock_unchanged
from auth_service.allowances import Allowance
from auth_service.audit import Account, Action, record
from auth_service.changes import change
from auth_service.client_addresses import client_network
from auth_service.models import ApiKey, User, new_id
from auth_service.password_policy import PasswordPolicy
from auth_service.passwords import PasswordHasher
from auth_service.reads import reading
from auth_service.sessions import InvalidCredentials, Sessions
from auth_service.sign_in_delays import SignInDelays, guesser_id
from auth_service.transactions import repeated_after_deadlock
from auth_service.usernames import UnfitUsername, username_key
from common.refusals import Refusal
from common.tokens import InvalidToken

TAKEN = re.compile(r"for key '(users\.)?uq_users_username_key'|UNIQUE constraint failed: users\.username_key")
"""How MySQL and SQLite name the constraint that a second account of one name violates."""

log = logging.getLogger(__name__)


class UsernameTaken(Refusal):
    """Signup failed because the username is already taken."""

    msg = "Username already exists"


class WrongCurrentPassword(Refusal):
    """A change of one's own account failed because the password that has to confirm it is wrong."""

    msg = "The current password is wrong"


class SignUpClosed(Refusal):
    """Signup failed because administrators alone make accounts here."""

    status = HTTPStatus.FORBIDDEN
    msg = "Sign-up is closed. Ask an administrator for an account."


class NewAccounts(NamedTuple):
    """What the operator decided about accounts that are made."""

    open_to_all: bool
    scope: str
    """What one may do at first, as the `scope` claim has it."""
    policy: PasswordPolicy
    """Also for the new passwords of old accounts."""
    allowance: Allowance
    """What each network may make."""


class Accounts:
    """The accounts of the shop's people."""

    def __init__(
        self,
        session: Callable[[], Session],
        hasher: PasswordHasher,
        delays: SignInDelays,
        sessions: Sessions,
        new: NewAccounts,
    ) -> None:
        """`session` gives the database session of the request in hand."""
        self.session = session
        self.hasher = hasher
        self.delays = delays
        self.sessions = sessions
        self.new = new

    def sign_up(self, username: str, password: str) -> User:
        """Make an account for whoever asks.

        Raises SignUpClosed, TooManyAccounts, UnfitUsername, WeakPassword, PasswordTooLong, UnfitPassword,
        UsernameTaken, TooManyLogins.
        """
        if not self.new.open_to_all:
            raise SignUpClosed
        self.new.allowance.require()
        return self.create(username, password, actor=None)

    def create(self, username: str, password: str, actor: Account | None) -> User:
        """Make an account; `actor` is the administrator who does it. Raises what `sign_up` does."""
        key = username_key(username)
        self.new.policy.check(password, username)
        user = User(
            id=new_id(),
            username=username,
            username_key=key,
            password_hash=self.hasher.hash(password),
            created_at=datetime.now(UTC),
            scope=self.new.scope,
        )
        self._add(user, actor)
        return user

    @repeated_after_deadlock
    def _add(self, user: User, actor: Account | None) -> None:
        session = self.session()
        session.add(user)
        try:
            record(Action.SIGNED_UP, actor=actor or user, subject=user)
            if actor is None:
                self.new.allowance.spend()
            session.commit()
        except IntegrityError as error:
            session.rollback()
            if TAKEN.search(str(error.orig)):
                raise UsernameTaken from error
            raise

    def sign_in(self, username: str, password: str) -> User:
        """Give the account that a username and its password belong to, as it was when they were compared.

        It is detached from the database session, so that what follows can tell whether it has changed.

        Raises InvalidCredentials, after the same work for an unknown username as for a wrong password;
        TooManyLogins, TooManyWrongPasswords.
        """
        # In a crowd most are refused, which must not cost the others a query each.
        self.hasher.require_room()
        self.delays.allowance.require()
        key = _key_of(username)
        user = self._read(User.username_key == key)
        if not self._is_right(user, key, password) or user is None:
            raise InvalidCredentials
        if self.hasher.is_outdated(user.password_hash):
            self._rehash(user, password)
        return user

    def find(self, user_id: str) -> User:
        """Give the account of a token. Raises InvalidToken if it was deleted after the token was checked."""
        user = self._read(User.id == user_id)
        if user is None:
            raise InvalidToken
        return user

    def change_password(self, user_id: str, current: str, new: str) -> None:
        """Give an account another password, and end all its sessions.

        Raises WrongCurrentPassword, WeakPassword, PasswordTooLong, UnfitPassword, InvalidToken,
        TooManyLogins, TooManyWrongPasswords.
        """
        self.delays.allowance.require()
        user = self.find(user_id)
        self.new.policy.check(new, user.username)
        self._confirm(user, current)
        self._set_password(user, self.hasher.hash(new))

    @repeated_after_deadlock
    def _set_password(self, user: User, password_hash: str) -> None:
        self._lock_unchanged(user)
        session = self.session()
        session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))
        self.sessions.end_all(user.id)
        record(Action.PASSWORD_CHANGED, actor=user, subject=user)
        session.commit()

    def delete(self, user_id: str, password: str) -> None:
        """Remove an account and all that is its own here; its username is free again, its id is not.

        Raises WrongCurrentPassword, InvalidToken, TooManyLogins, TooManyWrongPasswords.
        """
        self.delays.allowance.require()
        user = self.find(user_id)
        self._confirm(user, password)
        self._delete(user)

    @repeated_after_deadlock
    def _delete(self, user: User) -> None:
        self._lock_unchanged(user)
        self.sessions.delete_all(user.id)
        session = self.session()
        change(session, delete(ApiKey).where(ApiKey.user_id == user.id))
        change(session, delete(User).where(User.id == user.id))
        record(Action.ACCOUNT_DELETED, actor=user, subject=user)
        session.commit()

    def _read(self, which: ColumnElement[bool]) -> User | None:
        # By itself: a connection held while bcrypt works would be missed by others.
        with reading() as session:
            return session.scalar(select(User).where(which))

    def _confirm(self, user: User, password: str) -> None:
        if not self._is_right(user, user.username_key, password, actor=user):
            raise WrongCurrentPassword

    def _lock_unchanged(self, user: User) -> None:
        if not lock_unchanged(user):
            self.session().rollback()
            raise InvalidToken

    def _is_right(self, user: User | None, key: bytes, password: str, actor: Account | None = None) -> bool:
        """Tell whether a password opens an account, and may: whoever guesses is made to wait.

        The same work is done for an unknown account, a wrong password, and one that comes too soon.
        """
        stored = user.password_hash if user and user.disabled_at is None else None
        matches = self.hasher.verify(stored, password)
        guesser = guesser_id(key, client_network())
        # Asked after the comparison: of many guesses at once each would else find that none has failed yet.
        if matches and self.delays.accept(guesser):
            return True
        self._note_refusal(guesser, user, actor, matches=matches)
        return False

    @repeated_after_deadlock
    def _note_refusal(
        self, guesser: bytes, user: User | None, actor: Account | None, *, matches: bool
    ) -> None:
        counted = not matches and self.delays.count(guesser)
        record(Action.SIGN_IN_FAILED, actor=actor, subject=user, too_soon=not counted)
        self.session().commit()

    def _rehash(self, user: User, password: str) -> None:
        renewed = self.hasher.hash(password)
        if self._store_renewed(user, renewed):
            log.info("rehashed a password with more rounds")
        else:
            # By another sign-in at the same moment; or the password was changed.
            renewed = self.find(user.id).password_hash
            if not self.hasher.verify(renewed, password):
                raise InvalidCredentials
        user.password_hash = renewed

    @repeated_after_deadlock
    def _store_renewed(self, user: User, renewed: str) -> bool:
        session = self.session()
        if not lock_unchanged(user):
            session.rollback()
            return False
        session.execute(update(User).where(User.id == user.id).values(password_hash=renewed))
        session.commit()
        return True


def _key_of(username: str) -> bytes:
    """Give the key of a username; the empty one for a name that nobody can have."""
    try:
        return username_key(username)
    except UnfitUsername:
        return b""
