"""The version of the products, and reports that were worked out from one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from common.database import TABLE_OPTIONS

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LONG_BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB, "mysql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "catalog_version",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.CHAR(32), nullable=False),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "stored_reports",
        sa.Column("report", sa.String(64), primary_key=True),
        sa.Column("category", sa.String(128), primary_key=True),
        sa.Column("version", sa.CHAR(32), nullable=False),
        sa.Column("body", LONG_BYTES, nullable=False),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("stored_reports", if_exists=True)
    op.drop_table("catalog_version", if_exists=True)
