"""Accounts and signing keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from common.database import TABLE_OPTIONS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column("id", sa.CHAR(36), primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("username_key", sa.VARBINARY(1024), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint("username_key", name="uq_users_username_key"),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    op.create_table(
        "signing_keys",
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("private_pem", sa.Text),
        sa.Column("public_pem", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("signs_from", TIME, nullable=False),
        sa.UniqueConstraint("kid", name="uq_signing_keys_kid"),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("signing_keys", if_exists=True)
    op.drop_table("users", if_exists=True)
