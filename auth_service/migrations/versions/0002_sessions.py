"""Sessions, issued tokens, API keys, failed sign-ins and the audit log; accounts have scopes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from common.database import TABLE_OPTIONS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
DIGEST = sa.BINARY(32)
ID = sa.CHAR(36)


def upgrade() -> None:
    """Make the tables and change that of accounts."""
    _create_sessions()
    _create_issued_tokens()
    _create_api_keys()
    _create_failed_sign_ins()
    _create_audit_events()
    if not _users_have("scope"):
        op.add_column(
            "users",
            sa.Column("scope", sa.String(255), nullable=False, server_default="catalog:read catalog:write"),
        )
    if not _users_have("disabled_at"):
        op.add_column("users", sa.Column("disabled_at", TIME))


def downgrade() -> None:
    """Drop the tables and columns; disabled accounts can be signed in to again."""
    for column in ("disabled_at", "scope"):
        if _users_have(column):
            op.drop_column("users", column)
    for table in (
        "audit_events",
        "failed_sign_ins",
        "api_keys",
        "issued_tokens",
        "refresh_tokens",
        "sessions",
    ):
        op.drop_table(table, if_exists=True)


def _users_have(column: str) -> bool:
    # MySQL commits each change of a table by itself, so a migration that was killed goes on from any of them.
    return column in {found["name"] for found in sa.inspect(op.get_bind()).get_columns("users")}


def _create(name: str, *columns: sa.Column[Any], indexes: Sequence[str] = ()) -> None:
    op.create_table(name, *columns, if_not_exists=True, **TABLE_OPTIONS)
    made = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(name)}
    # Each by itself, as SQLite makes an index by a statement of its own.
    for column in indexes:
        if f"ix_{name}_{column}" not in made:
            op.create_index(f"ix_{name}_{column}", name, [column])


def _create_sessions() -> None:
    _create(
        "sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        indexes=["user_id"],
    )
    _create(
        "refresh_tokens",
        sa.Column("token_hash", DIGEST, primary_key=True),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("spent_at", TIME),
        indexes=["session_id"],
    )


def _create_issued_tokens() -> None:
    _create(
        "issued_tokens",
        sa.Column("token_id", ID, primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("session_id", ID),
        sa.Column("api_key_id", ID),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME),
        indexes=["user_id", "session_id", "api_key_id", "expires_at", "revoked_at"],
    )


def _create_api_keys() -> None:
    _create(
        "api_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("secret_hash", DIGEST, nullable=False),
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME),
        indexes=["user_id"],
    )


def _create_failed_sign_ins() -> None:
    _create(
        "failed_sign_ins",
        sa.Column("guesser", DIGEST, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", TIME, nullable=False),
        indexes=["failed_at"],
    )


def _create_audit_events() -> None:
    _create(
        "audit_events",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("actor_id", ID),
        sa.Column("actor_name", sa.String(64)),
        sa.Column("subject_id", ID),
        sa.Column("subject_name", sa.String(64)),
        sa.Column("address", sa.String(45)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("detail", sa.Text),
        indexes=["action", "actor_id", "subject_id", "at"],
    )
