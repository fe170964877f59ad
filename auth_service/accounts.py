"""Signing up and signing in."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth_service.models import User
from auth_service.passwords import PasswordHasher
from auth_service.usernames import UnfitUsername, username_key
from common.refusals import Refusal

log = logging.getLogger(__name__)


class UsernameTaken(Refusal):
    """Signup failed because the username is already taken."""

    msg = "Username already exists"


class InvalidCredentials(Refusal):
    """Sign-in failed; whether by the username or the password is not told."""

    status = HTTPStatus.UNAUTHORIZED
    msg = "Invalid username or password"


class Accounts:
    """The accounts of the shop's people."""

    def __init__(self, session: Callable[[], Session], hasher: PasswordHasher) -> None:
        """`session` gives the database session of the request in hand."""
        self.session = session
        self.hasher = hasher

    def sign_up(self, username: str, password: str) -> User:
        """Make an account.

        Raises UnfitUsername, PasswordTooLong, UnfitPassword, UsernameTaken, TooManyLogins.
        """
        user = User(
            username=username,
            username_key=username_key(username),
            password_hash=self.hasher.hash(password),
            created_at=datetime.now(UTC),
        )
        session = self.session()
        session.add(user)
        try:
            session.commit()
        except IntegrityError as error:
            session.rollback()
            raise UsernameTaken from error
        return user

    def sign_in(self, username: str, password: str) -> User:
        """Give the account that a username and its password belong to.

        Raises InvalidCredentials, after the same work for an unknown username as for a wrong password;
        TooManyLogins.
        """
        user = self._find(username)
        stored = user.password_hash if user else None
        # A connection held while bcrypt works would be missed by others.
        self.session().rollback()
        if not self.hasher.verify(stored, password) or user is None or stored is None:
            raise InvalidCredentials
        if self.hasher.is_outdated(stored):
            self._rehash(user, password)
        return user

    def _find(self, username: str) -> User | None:
        try:
            key = username_key(username)
        except UnfitUsername:
            return None
        return self.session().scalar(select(User).where(User.username_key == key))

    def _rehash(self, user: User, password: str) -> None:
        user.password_hash = self.hasher.hash(password)
        self.session().commit()
        log.info("rehashed a password with more rounds")
