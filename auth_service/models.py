"""The auth service's tables."""

import uuid
from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CHAR, VARBINARY, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common.database import TABLE_OPTIONS, UtcDateTime


class Base(DeclarativeBase):
    """The base of the auth service's tables."""


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


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
    id: Mapped[str] = mapped_column(CHAR(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    """The `sub` of the account's tokens; never changes and is never given again."""


class SigningKey(Base):
    """A key pair that signs, signed or will sign tokens."""

    __tablename__ = "signing_keys"
    __table_args__ = (UniqueConstraint("kid", name="uq_signing_keys_kid"), TABLE_OPTIONS)

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1 for the first key, one more for each further; of replicas that make one at once, one can store it."""
    kid: Mapped[str] = mapped_column(String(64))
    private_pem: Mapped[str | None] = mapped_column(Text)
    """Encrypted under the service's passphrase; None once the key's successor signs."""
    public_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signs_from: Mapped[datetime] = mapped_column(UtcDateTime)
