"""Signing keys: made on the first start, rotated without a refused token, shared by all replicas.

The keys stand in the service's database, the private ones encrypted under a passphrase that does not.
Nothing but each key's `signs_from` decides its role: the youngest key whose time has come signs, a younger
one is published ahead so that verifiers know it by then, and an older one stays published until the last
token that it signed has expired.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from auth_service.audit import Action
from auth_service.key_pairs import DamagedKey, new_key, private_key, public_key
from auth_service.models import AuditEvent, SigningKey
from common.json_provider import exact_json
from common.tokens import LEEWAY_SECONDS, TOKEN_LIFETIME_SECONDS

FIRST_GENERATION = 1
RELOAD_SECONDS = 5
RETRY_SECONDS = 60  # after a scheduled rotation that failed: making a key is work
# A replica may sign by the old key until it reads the keys again.
PUBLISHED_AFTER_USE = timedelta(seconds=TOKEN_LIFETIME_SECONDS + LEEWAY_SECONDS + RELOAD_SECONDS)

log = logging.getLogger(__name__)


class RotationUnderWay(Exception):
    """Another rotation stored its key at the same moment, or a key waits already for its turn to sign."""


@dataclass(frozen=True)
class LoadedKeys:
    """The key set as it stood in the database a few seconds ago."""

    signing_kid: str
    signing_key: rsa.RSAPrivateKey
    published: dict[str, rsa.RSAPublicKey]
    loaded_at: float


class SigningKeys:
    """The service's keys, read again from the database every few seconds."""

    def __init__(
        self, engine: Callable[[], Engine], passphrase: str, publish_ahead_seconds: int, rotate_days: int = 0
    ) -> None:
        """`engine` gives the engine of the auth database once an app context stands.

        A key that has signed for `rotate_days` gets a successor by itself; 0 leaves that to `rotate`.
        """
        self._engine = engine
        self._passphrase = passphrase.encode("utf-8")
        self._publish_ahead = timedelta(seconds=publish_ahead_seconds)
        self._rotate_after = timedelta(days=rotate_days)
        self._next_try = 0.0
        self._lock = threading.Lock()
        self._loaded: LoadedKeys | None = None

    def current(self) -> tuple[str, rsa.RSAPrivateKey]:
        """Give the id and the private key to sign with. Raises SQLAlchemyError, DamagedKey."""
        loaded = self._fresh()
        return loaded.signing_kid, loaded.signing_key

    def published(self) -> dict[str, rsa.RSAPublicKey]:
        """Give the public keys whose tokens are valid, by id: those read before if the database is gone."""
        try:
            return self._fresh().published
        except SQLAlchemyError:
            if self._loaded is None:
                raise
            log.warning("publishing the keys read before", exc_info=True)
            return self._loaded.published

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        """Give the published key with this id, or None. Raises SQLAlchemyError, DamagedKey."""
        return self._fresh().published.get(kid)

    def rotate(self, *, at_once: bool = False) -> str:
        """Make a new key and give its id; it signs after the time that it's published ahead, or at once.

        At once is for a key that has leaked, and passes over a key that waits for its turn. The private half
        of the key before the new one stays stored, encrypted, until the rotation after this one.

        Raises RotationUnderWay.
        """
        now = datetime.now(UTC)
        with Session(self._engine()) as session:
            stored = _stored_keys(session)
            if stored and stored[-1].signs_from > now and not at_once:
                raise RotationUnderWay
            delay = timedelta(0) if at_once or not stored else self._publish_ahead
            generation = stored[-1].generation + 1 if stored else FIRST_GENERATION
            kid = self._store(session, generation, now, now + delay)
        self._loaded = None
        return kid

    def _store(self, session: Session, generation: int, now: datetime, signs_from: datetime) -> str:
        key = new_key(self._passphrase, generation, now, signs_from)
        detail = exact_json({"kid": (kid := key.kid)})
        session.add_all([key, AuditEvent(at=now, action=Action.KEY_ROTATED, detail=detail)])
        try:
            # Inserted first: an update of the older rows locks the gap that others insert into.
            session.flush()
            _forget_private_keys_before(session, generation - 1)
            session.commit()
        except IntegrityError as error:
            raise RotationUnderWay from error
        return kid

    def _rotate_if_overdue(self, newest: SigningKey, now: datetime) -> None:
        """Make the newest key's successor if it is too old. Raises nothing: the request goes on without."""
        overdue = bool(self._rotate_after) and newest.signs_from + self._rotate_after <= now
        if not overdue or time.monotonic() < self._next_try:
            return
        try:
            with Session(self._engine()) as session:
                kid = self._store(session, newest.generation + 1, now, now + self._publish_ahead)
            log.info("made the next signing key on schedule: %s", kid)
        except RotationUnderWay:
            log.info("another replica made the next signing key")
        except SQLAlchemyError:
            self._next_try = time.monotonic() + RETRY_SECONDS
            log.warning("the signing key is too old, and the next one could not be made", exc_info=True)

    def _fresh(self) -> LoadedKeys:
        loaded = self._loaded
        if loaded and time.monotonic() - loaded.loaded_at < RELOAD_SECONDS:
            return loaded
        # One request asks the database; others go on with what was read before, where there is any.
        if self._lock.acquire(blocking=loaded is None):
            try:
                if self._loaded is loaded:
                    self._reload()
            finally:
                self._lock.release()
        if self._loaded is None:
            raise DamagedKey
        return self._loaded

    def _reload(self) -> None:
        try:
            self._loaded = self._load()
        except (SQLAlchemyError, DamagedKey) as error:
            if self._loaded is None:
                raise
            # Keys change rarely: what was read before serves until the database is back. Asking again only
            # after a while keeps requests from queueing up behind a database that hangs.
            self._loaded = replace(self._loaded, loaded_at=time.monotonic())
            if isinstance(error, SQLAlchemyError):
                # The request in hand has waited for the database long enough: it needs it for more than this.
                raise
            log.warning("serving on from the keys read before", exc_info=True)

    def _load(self) -> LoadedKeys:
        now = datetime.now(UTC)
        with Session(self._engine()) as session:
            stored = _stored_keys(session)
        if not stored:
            self._make_first()
            return self._load()
        # A clock that is behind sees no key whose time has come; the oldest is then the nearest to it.
        signing = next((key for key in reversed(stored) if key.signs_from <= now), stored[0])
        known = self._loaded
        same = known is not None and known.signing_kid == signing.kid
        loaded = LoadedKeys(
            signing_kid=signing.kid,
            signing_key=known.signing_key if known and same else private_key(signing, self._passphrase),
            published={key.kid: public_key(key) for key in _still_published(stored, now)},
            loaded_at=time.monotonic(),
        )
        # Only now: who can't read the key that signs would store the next under the same wrong passphrase.
        self._rotate_if_overdue(stored[-1], now)
        return loaded

    def _make_first(self) -> None:
        now = datetime.now(UTC)
        with Session(self._engine()) as session:
            # Not `rotate`: a key that another replica stored meanwhile is the first, not one to follow.
            session.add(new_key(self._passphrase, FIRST_GENERATION, now, now))
            try:
                session.commit()
                log.info("made the first signing key")
            except IntegrityError:
                log.info("another replica made the first signing key")


def _stored_keys(session: Session) -> list[SigningKey]:
    return list(session.scalars(select(SigningKey).order_by(SigningKey.generation)))


def _still_published(stored: list[SigningKey], now: datetime) -> list[SigningKey]:
    """Give the keys that sign, will sign, or whose successor has signed for less than a token's life."""
    successors = [*stored[1:], None]
    return [
        key
        for key, successor in zip(stored, successors, strict=True)
        if successor is None or successor.signs_from + PUBLISHED_AFTER_USE > now
    ]


def _forget_private_keys_before(session: Session, generation: int) -> None:
    """Erase the private keys of earlier generations, which can't sign any more."""
    session.execute(update(SigningKey).where(SigningKey.generation < generation).values(private_pem=None))
