"""API keys: with one a program gets tokens in its owner's name, and no other service ever sees it."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.account_locks import lock_account
from auth_service.audit import Action, record
from auth_service.client_credentials import InvalidClient, InvalidScope, TokenRefused, TokenRequest
from auth_service.issued_tokens import issue, revoke_of_api_key
from auth_service.models import ApiKey, User, new_id
from auth_service.tokens import choose_signing_key
from auth_service.transactions import repeated_after_deadlock
from common.refusals import Refusal
from common.scopes import Scope, scope_claim, scopes_in
from common.tokens import InvalidToken

MOST_API_KEYS = 50
SECRET_BYTES = 32
ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What every key's id looks like, and no secret."""
NOBODYS_HASH = bytes(32)
"""What a secret is compared with where there is no such key; no secret is known to have this hash."""


class TooManyApiKeys(Refusal):
    """The account has as many API keys as one may have."""

    msg = f"An account has at most {MOST_API_KEYS} API keys. Revoke one that is not used."


class UnfitScopes(Refusal):
    """An API key may give what its owner has, and has to give something."""

    msg = "An API key gives one or more of the scopes that its owner has."


class UnknownApiKey(Refusal):
    """There is no such API key, or it is somebody else's."""

    status = HTTPStatus.NOT_FOUND
    msg = "There is no API key with this id."


class NewApiKey(NamedTuple):
    """What an API key shall be."""

    name: str
    scopes: Collection[Scope] | None
    """None for its owner's, but for the administration of users."""
    days: int


class GrantedToken(NamedTuple):
    """An access token, and what it is good for."""

    access_token: str
    scope: str


class ApiKeys:
    """The accounts' API keys."""

    def __init__(self, session: Callable[[], Session]) -> None:
        """`session` gives the database session of the request in hand."""
        self.session = session

    @repeated_after_deadlock
    def create(self, owner_id: str, new: NewApiKey) -> tuple[ApiKey, str]:
        """Make an API key, and give its secret, of which only a hash is kept.

        Raises TooManyApiKeys, UnfitScopes, InvalidToken if the owner is no longer there.
        """
        session = self.session()
        with self._locked(owner_id) as owner:
            if owner is None:
                raise InvalidToken
            if len(self.all_of(owner_id)) >= MOST_API_KEYS:
                raise TooManyApiKeys
            key, secret = _new_key(owner, new)
            session.add(key)
            record(
                Action.API_KEY_CREATED,
                actor=owner,
                subject=owner,
                api_key_id=key.id,
                name=key.name,
                scope=key.scope,
            )
            session.commit()
        return key, secret

    def all_of(self, owner_id: str) -> list[ApiKey]:
        """Give an account's API keys, the newest first."""
        newest_first = select(ApiKey).where(ApiKey.user_id == owner_id).order_by(ApiKey.created_at.desc())
        return list(self.session().scalars(newest_first.order_by(ApiKey.id)))

    @repeated_after_deadlock
    def revoke(self, owner_id: str, key_id: str) -> None:
        """Delete one of an account's API keys and revoke the tokens it gave.

        Raises UnknownApiKey, InvalidToken if the owner is no longer there.
        """
        session = self.session()
        with self._locked(owner_id) as owner:
            if owner is None:
                raise InvalidToken
            key = session.get(ApiKey, key_id)
            if key is None or key.user_id != owner_id:
                raise UnknownApiKey
            session.delete(key)
            revoke_of_api_key(key_id)
            record(Action.API_KEY_REVOKED, actor=owner, subject=owner, api_key_id=key_id, name=key.name)
            session.commit()

    def exchange(self, request: TokenRequest) -> GrantedToken:
        """Give a token for an API key; if that is refused, the audit log tells of it.

        Raises InvalidClient, InvalidScope, DamagedKey.
        """
        choose_signing_key()
        try:
            return self._grant(request)
        except TokenRefused as refusal:
            self._record_refusal(request.client_id, refusal.error)
            raise

    @repeated_after_deadlock
    def _grant(self, request: TokenRequest) -> GrantedToken:
        session = self.session()
        known = session.get(ApiKey, request.client_id)
        kept = known.secret_hash if known else NOBODYS_HASH
        matches = hmac.compare_digest(_hash(request.client_secret), kept)
        if known is None or not matches:
            raise InvalidClient
        with self._locked(known.user_id) as owner:
            # Read anew: it may have been revoked while the lock was waited for.
            key, now = session.get(ApiKey, request.client_id), datetime.now(UTC)
            if owner is None or key is None or key.expires_at <= now:
                raise InvalidClient
            scope = _granted(request.scope, scopes_in(key.scope) & scopes_in(owner.scope))
            key.last_used_at = now
            token = issue(owner, scope, api_key_id=key.id)
            session.commit()
        return GrantedToken(token, scope)

    @repeated_after_deadlock
    def _record_refusal(self, client_id: str, error: str) -> None:
        session = self.session()
        key = session.get(ApiKey, client_id)
        # What does not look like an id may be a secret that was put into the wrong field.
        named: dict[str, Any] = {"api_key_id": client_id} if ID.fullmatch(client_id) else {}
        owner = session.get(User, key.user_id) if key else None
        record(Action.TOKEN_REFUSED, subject=owner, error=error, **named)
        session.commit()

    @contextmanager
    def _locked(self, owner_id: str) -> Iterator[User | None]:
        """Keep others from changing an account until the block commits; None for one that can't be used."""
        session = self.session()
        # What was read before the lock may be old by now.
        session.rollback()
        try:
            yield session.get(User, owner_id) if lock_account(owner_id) else None
        except BaseException:
            session.rollback()
            raise


def _new_key(owner: User, new: NewApiKey) -> tuple[ApiKey, str]:
    """Make a key and its secret. Raises UnfitScopes."""
    now, secret = datetime.now(UTC), secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        id=new_id(),
        user_id=owner.id,
        name=new.name,
        secret_hash=_hash(secret),
        scope=_scope(new.scopes, scopes_in(owner.scope)),
        created_at=now,
        expires_at=now + timedelta(days=new.days),
    )
    return key, secret


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8")).digest()


def _scope(wanted: Collection[Scope] | None, owners: Collection[Scope]) -> str:
    """Write down what a new key gives. Raises UnfitScopes."""
    given = set(owners) - {Scope.USERS_ADMIN} if wanted is None else set(wanted)
    if not given or not given <= set(owners):
        raise UnfitScopes
    return scope_claim(given)


def _granted(wanted: str | None, allowed: Collection[Scope]) -> str:
    """Write down what a token is good for. Raises InvalidScope."""
    try:
        given = set(allowed) if wanted is None else set(scopes_in(wanted))
    except ValueError:
        raise InvalidScope from None
    if not given or not given <= set(allowed):
        raise InvalidScope
    return scope_claim(given)
