"""Indexes that lists of products are read by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("price", "rating")


def upgrade() -> None:
    """Make those that are missing."""
    _wait_for_large_tables()
    for column in COLUMNS:
        if _name(column) not in _there():
            op.create_index(_name(column), "products", [column])


def downgrade() -> None:
    """Drop those that are there."""
    _wait_for_large_tables()
    for column in COLUMNS:
        if _name(column) in _there():
            op.drop_index(_name(column), "products")


def _name(column: str) -> str:
    return f"ix_products_{column}"


def _there() -> set[str | None]:
    return {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("products")}


def _wait_for_large_tables() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "mysql":
        # A million products take longer than the driver's deadline for an answer.
        bind.connection.driver_connection._read_timeout = None  # noqa: SLF001
