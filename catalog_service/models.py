"""The catalog service's tables."""

from decimal import Decimal
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Dialect, Double, Index, Numeric, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from common.database import TABLE_OPTIONS
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


class Product(Base):
    """A product, under the contract's CSV column names."""

    __tablename__ = "products"
    __table_args__ = (Index("ix_products_category", "category"), TABLE_OPTIONS)

    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_name: Mapped[str] = mapped_column(String(255))
    category: Mapped[str] = mapped_column(String(128))
    price: Mapped[Decimal] = mapped_column(Price)
    quantity_sold: Mapped[int] = mapped_column(BigInteger)
    rating: Mapped[float] = mapped_column(Double)
    review_count: Mapped[int] = mapped_column(BigInteger)
