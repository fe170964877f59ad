"""Products."""

import sqlalchemy as sa
from alembic import op

from common.database import TABLE_OPTIONS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite, which has no exact decimals, keeps whole millionths.
PRICE = sa.Numeric(18, 6).with_variant(sa.BigInteger, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "products",
        sa.Column("product_id", sa.String(64), primary_key=True),
        sa.Column("product_name", sa.String(255), nullable=False),
        sa.Column("category", sa.String(128), nullable=False),
        sa.Column("price", PRICE, nullable=False),
        sa.Column("quantity_sold", sa.BigInteger, nullable=False),
        sa.Column("rating", sa.Double, nullable=False),
        sa.Column("review_count", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    if "ix_products_category" not in {
        index["name"] for index in sa.inspect(op.get_bind()).get_indexes("products")
    }:
        op.create_index("ix_products_category", "products", ["category"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("products", if_exists=True)
