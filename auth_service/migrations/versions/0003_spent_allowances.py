"""What networks have used of their allowances."""

import sqlalchemy as sa
from alembic import op

from common.database import TABLE_OPTIONS

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLE = "spent_allowances"
INDEX = "ix_spent_allowances_spent_until"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.BINARY(32), primary_key=True),
        sa.Column("spent_until", sa.BigInteger, nullable=False),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    # By itself, as SQLite makes an index by a statement of its own.
    if INDEX not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, ["spent_until"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table(TABLE, if_exists=True)
