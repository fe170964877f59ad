"""The auth service's tables."""

import uuid
from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BINARY, CHAR, VARBINARY, BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common.database import TABLE_OPTIONS, UtcDateTime


class Base(DeclarativeBase):
    """The base of the auth service's tables."""


# What was committed is answered as it was: to read it again could fail, or find what others did since.
db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})


def new_id() -> str:
    """Make an id that is never given again."""
    return str(uuid.uuid4())


class User(Base):
    """An account."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("username_key", name="uq_users_username_key"), TABLE_OPTIONS)

    username: Mapped[str] = mapped_column(String(64))
    """As its owner typed it."""
    username_key: Mapped[bytes] = mapped_column(VARBINARY(1024))
    """The canonical form that is unique by bytes (see `usernames`)."""
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scope: Mapped[str] = mapped_column(String(255), server_default="catalog:read catalog:write")
    """What its tokens may do, as the `scope` claim has it: names with a blank between them."""
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    """Since when nobody can sign in to it; None while people can."""
    id: Mapped[str] = mapped_column(CHAR(36), primary_key=True, default=new_id)
    """The `sub` of the account's tokens; never changes and is never given again."""


class SigningKey(Base):
    """A key pair that signs, signed or will sign tokens."""

    __tablename__ = "signing_keys"
    __table_args__ = (UniqueConstraint("kid", name="uq_signing_keys_kid"), TABLE_OPTIONS)

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1 for the first key, one more for each further; of replicas that make one at once, one can store it."""
    kid: Mapped[str] = mapped_column(String(64))
    private_pem: Mapped[str | None] = mapped_column(Text)
    """Encrypted under the service's passphrase; None once the second key after this one is stored."""
    public_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signs_from: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInSession(Base):
    """What one sign-in began: a family of refresh tokens, each of which follows from the one before."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id_expires_at", "user_id", "expires_at"), TABLE_OPTIONS)

    user_id: Mapped[str] = mapped_column(CHAR(36))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it is over at the latest; an end before that moves it, as the index knows no other time."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    """When its owner signed out, or the service ended it."""
    id: Mapped[str] = mapped_column(CHAR(36), primary_key=True, default=new_id)


class RefreshToken(Base):
    """A refresh token, known by its hash alone."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session_id", "session_id"), TABLE_OPTIONS)

    token_hash: Mapped[bytes] = mapped_column(BINARY(32), primary_key=True)
    """SHA-256; the token is random, so there is nothing to guess and no need of a slow hash."""
    session_id: Mapped[str] = mapped_column(CHAR(36))
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    """When it was first exchanged for the next one."""


class IssuedToken(Base):
    """An access token that was issued: what is needed to revoke it. Kept until it has expired."""

    __tablename__ = "issued_tokens"
    __table_args__ = (
        Index("ix_issued_tokens_user_id", "user_id"),
        Index("ix_issued_tokens_session_id", "session_id"),
        Index("ix_issued_tokens_api_key_id", "api_key_id"),
        Index("ix_issued_tokens_expires_at", "expires_at"),
        Index("ix_issued_tokens_revoked_at", "revoked_at"),
        TABLE_OPTIONS,
    )

    token_id: Mapped[str] = mapped_column(CHAR(36), primary_key=True)
    """The token's `jti`."""
    user_id: Mapped[str] = mapped_column(CHAR(36))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[str | None] = mapped_column(CHAR(36), default=None)
    """The session that it was issued to; None for an API key's."""
    api_key_id: Mapped[str | None] = mapped_column(CHAR(36), default=None)
    """The API key that it was issued to; None for a session's."""
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class ApiKey(Base):
    """A key by which a program gets tokens in its owner's name."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_user_id", "user_id"), TABLE_OPTIONS)

    user_id: Mapped[str] = mapped_column(CHAR(36))
    name: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[bytes] = mapped_column(BINARY(32))
    """SHA-256 of the secret, which is random and shown once."""
    scope: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    id: Mapped[str] = mapped_column(CHAR(36), primary_key=True, default=new_id)
    """The `client_id` under which it is presented."""


class FailedSignIns(Base):
    """Wrong passwords for one username from one network, until a right one."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_failed_at", "failed_at"), TABLE_OPTIONS)

    guesser: Mapped[bytes] = mapped_column(BINARY(32), primary_key=True)
    """SHA-256 of the username's key and the network."""
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the last one was tried."""


class SpentAllowance(Base):
    """What a network has used of an allowance (see `allowances`)."""

    __tablename__ = "spent_allowances"
    __table_args__ = (Index("ix_spent_allowances_spent_until", "spent_until"), TABLE_OPTIONS)

    id: Mapped[bytes] = mapped_column(BINARY(32), primary_key=True)
    """SHA-256 of what is allowed and the network."""
    spent_until: Mapped[int] = mapped_column(BigInteger)
    """When all of it has come back, in milliseconds since 1970: databases add to a time each in its way."""


class AuditEvent(Base):
    """Something that was done to an account: who did what to whom, when and from where. Holds no secret."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_action", "action"),
        Index("ix_audit_events_actor_id", "actor_id"),
        Index("ix_audit_events_subject_id", "subject_id"),
        Index("ix_audit_events_at", "at"),
        TABLE_OPTIONS,
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[str | None] = mapped_column(CHAR(36), default=None)
    """Who did it; None for the command line, and for one who is not signed in."""
    actor_name: Mapped[str | None] = mapped_column(String(64), default=None)
    subject_id: Mapped[str | None] = mapped_column(CHAR(36), default=None)
    """The account that it was done to."""
    subject_name: Mapped[str | None] = mapped_column(String(64), default=None)
    address: Mapped[str | None] = mapped_column(String(45), default=None)
    """The client's network address; None for the command line."""
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)
    detail: Mapped[str | None] = mapped_column(Text, default=None)
    """More about it, as a JSON object."""
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
