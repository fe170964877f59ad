"""The catalog service's tables."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CHAR,
    BigInteger,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from common.database import TABLE_OPTIONS, UtcDateTime
from common.json_provider import plain_decimal

PRICE_SCALE = 6


class Base(DeclarativeBase):
    """The base of the catalog service's tables."""


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class Price(TypeDecorator[Decimal]):
    """An exact amount: DECIMAL(18,6), or whole millionths on SQLite, which has no exact decimals."""

    impl = Numeric(18, PRICE_SCALE)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return BigInteger() if dialect.name == "sqlite" else Numeric(18, PRICE_SCALE)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        """Write a price."""
        if value is None or dialect.name != "sqlite":
            return value
        return int(value.scaleb(PRICE_SCALE))

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        """Read a price, without trailing zeros."""
        if value is None:
            return None
        amount = Decimal(value)
        return plain_decimal(amount.scaleb(-PRICE_SCALE) if dialect.name == "sqlite" else amount)


# SQLite numbers rows by itself only in a column of this very type.
NUMBER = BigInteger().with_variant(Integer, "sqlite")
LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT, "mysql")
LONG_BYTES = LargeBinary().with_variant(mysql.MEDIUMBLOB, "mysql")


class Product(Base):
    """A product, under the contract's CSV column names."""

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_category", "category"),
        Index("ix_products_price", "price"),
        Index("ix_products_rating", "rating"),
        TABLE_OPTIONS,
    )

    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_name: Mapped[str] = mapped_column(String(255))
    category: Mapped[str] = mapped_column(String(128))
    price: Mapped[Decimal | None] = mapped_column(Price)
    quantity_sold: Mapped[int | None] = mapped_column(BigInteger)
    rating: Mapped[float | None] = mapped_column(Double)
    review_count: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The number of the upload that last changed the product; 0 is before uploads were recorded. A change by
    itself, which belongs to no upload, has a number of its own below 0."""


class Upload(Base):
    """One run of an upload."""

    __tablename__ = "uploads"
    __table_args__ = (
        UniqueConstraint("owner", "upload_id", name="uq_uploads_owner_upload_id"),
        Index("ix_uploads_owner_number", "owner", "number"),
        # A number names one run for good: by it, a run that was given up is kept from ever committing.
        {**TABLE_OPTIONS, "sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    owner: Mapped[str] = mapped_column(CHAR(36))
    """The `sub` of the token that sent it."""
    upload_id: Mapped[str] = mapped_column(String(64))
    """The idempotency key that the client gave, or a made-up one."""
    username: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(CHAR(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(String(8))
    on_error: Mapped[str] = mapped_column(String(8))
    blank: Mapped[str] = mapped_column(String(8))
    dry_run: Mapped[bool]
    undoes: Mapped[int | None] = mapped_column(BigInteger)
    """The number of the upload that this one undoes."""
    state: Mapped[str] = mapped_column(String(12))
    stage: Mapped[str | None] = mapped_column(String(12))
    bytes_read: Mapped[int] = mapped_column(BigInteger)
    rows_read: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[int | None] = mapped_column(BigInteger)
    updated: Mapped[int | None] = mapped_column(BigInteger)
    unchanged: Mapped[int | None] = mapped_column(BigInteger)
    deleted: Mapped[int | None] = mapped_column(BigInteger)
    """The products that an undo deleted, since the upload that it undoes had made them."""
    rejected: Mapped[int | None] = mapped_column(BigInteger)
    kept: Mapped[int | None] = mapped_column(BigInteger)
    """The products that an undo left alone, as they had changed since."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """The HTTP status that was answered."""
    answer: Mapped[str | None] = mapped_column(LONG_TEXT)
    """The JSON body that was answered."""
    report: Mapped[str | None] = mapped_column(LONG_TEXT)
    """What else there is to say about the file, as JSON: see `upload_answers`."""


class UploadPart(Base):
    """A piece of something that may be as long as an upload's file, compressed (zlib) by itself."""

    __tablename__ = "upload_parts"
    __table_args__ = (TABLE_OPTIONS,)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    """`undo` or `rejects`."""
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 0 without gaps."""
    data: Mapped[bytes] = mapped_column(LONG_BYTES)


class CatalogVersion(Base):
    """The version of the products, in one row, once they have changed: see `catalog_version`."""

    __tablename__ = "catalog_version"
    __table_args__ = (TABLE_OPTIONS,)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(CHAR(32))


class StoredReport(Base):
    """A report as it was worked out from a version of the products."""

    __tablename__ = "stored_reports"
    __table_args__ = (TABLE_OPTIONS,)

    report: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(128), primary_key=True)
    """The category that it is about; empty for all."""
    version: Mapped[str] = mapped_column(CHAR(32))
    body: Mapped[bytes] = mapped_column(LONG_BYTES)
    """JSON, compressed (zlib)."""
