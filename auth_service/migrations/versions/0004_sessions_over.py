"""An index by which an account's sessions that are over are found among any number that go on.

Those that were ended before stay until they would have expired.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "sessions"
INDEXES = {"ix_sessions_user_id": ["user_id"], "ix_sessions_user_id_expires_at": ["user_id", "expires_at"]}


def upgrade() -> None:
    """Put the index of two columns in the place of that of one."""
    _replace("ix_sessions_user_id", "ix_sessions_user_id_expires_at")


def downgrade() -> None:
    """Put the index of one column back."""
    _replace("ix_sessions_user_id_expires_at", "ix_sessions_user_id")


def _replace(old: str, new: str) -> None:
    # MySQL commits each change of a table by itself, so a migration that was killed goes on from any of them.
    made = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(TABLE)}
    if new not in made:
        op.create_index(new, TABLE, INDEXES[new])
    if old in made:
        op.drop_index(old, TABLE)
