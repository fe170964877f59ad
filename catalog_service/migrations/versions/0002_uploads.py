"""Uploads; products know which one changed them, and their numbers may be unknown."""

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
# SQLite, which has no exact decimals, keeps whole millionths.
PRICE = sa.Numeric(18, 6).with_variant(sa.BigInteger, "sqlite")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT, "mysql")
LONG_BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB, "mysql")
NUMBERS = {"price": PRICE, "quantity_sold": sa.BigInteger, "rating": sa.Double, "review_count": sa.BigInteger}
TEXTS = {"product_id": sa.String(64), "product_name": sa.String(255), "category": sa.String(128)}
PROGRESS = ("bytes_read", "rows_read")
COUNTS = ("created", "updated", "unchanged", "deleted", "rejected", "kept")


def upgrade() -> None:
    """Make the tables of uploads and change that of products."""
    _create_uploads()
    op.create_table(
        "upload_parts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", LONG_BYTES, nullable=False),
        if_not_exists=True,
        **TABLE_OPTIONS,
    )
    if not _products_have_revisions():
        _change_products(with_uploads=True)


def downgrade() -> None:
    """Drop the tables of uploads; an unknown number of a product becomes 0, which is all that it could be."""
    if _products_have_revisions():
        _change_products(with_uploads=False)
    op.drop_table("upload_parts", if_exists=True)
    op.drop_table("uploads", if_exists=True)


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("owner", sa.CHAR(36), nullable=False),
        sa.Column("upload_id", sa.String(64), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(255)),
        sa.Column("sha256", sa.CHAR(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("on_error", sa.String(8), nullable=False),
        sa.Column("blank", sa.String(8), nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("undoes", sa.BigInteger),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(12)),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in PROGRESS),
        *(sa.Column(name, sa.BigInteger) for name in COUNTS),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("status", sa.SmallInteger),
        sa.Column("answer", LONG_TEXT),
        sa.Column("report", LONG_TEXT),
        sa.UniqueConstraint("owner", "upload_id", name="uq_uploads_owner_upload_id"),
        if_not_exists=True,
        sqlite_autoincrement=True,
        **TABLE_OPTIONS,
    )
    # By itself, as SQLite makes an index by a statement of its own.
    if "ix_uploads_owner_number" not in {index["name"] for index in _inspector().get_indexes("uploads")}:
        op.create_index("ix_uploads_owner_number", "uploads", ["owner", "number"])


def _inspector() -> sa.Inspector:
    return sa.inspect(op.get_bind())


def _products_have_revisions() -> bool:
    return "revision" in {column["name"] for column in _inspector().get_columns("products")}


def _change_products(*, with_uploads: bool) -> None:
    """Change the table in one step, so that its new column tells whether that was done."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_products(with_uploads=with_uploads)
    else:
        _alter_products(with_uploads=with_uploads)


def _alter_products(*, with_uploads: bool) -> None:
    bind = op.get_bind()
    # A million products take longer than the driver's deadline for an answer.
    bind.connection.driver_connection._read_timeout = None  # noqa: SLF001
    if not with_uploads:
        _forget_what_is_unknown()
    types = {name: sa.types.to_instance(kind).compile(bind.dialect) for name, kind in NUMBERS.items()}
    changes = [
        f"MODIFY {name} {kind} {'NULL' if with_uploads else 'NOT NULL'}" for name, kind in types.items()
    ]
    changes.append("ADD revision BIGINT NOT NULL DEFAULT 0" if with_uploads else "DROP revision")
    op.execute(f"ALTER TABLE products {', '.join(changes)}")


def _rebuild_products(*, with_uploads: bool) -> None:
    """Do what SQLite's ALTER TABLE can't: https://sqlite.org/lang_altertable.html, section 7."""
    op.execute("BEGIN IMMEDIATE")
    if not with_uploads:
        _forget_what_is_unknown()
    numbers = (sa.Column(name, kind, nullable=with_uploads) for name, kind in NUMBERS.items())
    revisions = [sa.Column("revision", sa.BigInteger, nullable=False, server_default=sa.text("0"))]
    op.create_table(
        "new_products",
        *(
            sa.Column(name, kind, primary_key=name == "product_id", nullable=False)
            for name, kind in TEXTS.items()
        ),
        *numbers,
        *(revisions if with_uploads else []),
    )
    old, new = (sa.table(name, *map(sa.column, [*TEXTS, *NUMBERS])) for name in ("products", "new_products"))
    op.execute(sa.insert(new).from_select([*TEXTS, *NUMBERS], sa.select(old).order_by(old.c.product_id)))
    op.drop_table("products")
    op.rename_table("new_products", "products")
    op.create_index("ix_products_category", "products", ["category"])
    op.execute("COMMIT")


def _forget_what_is_unknown() -> None:
    for name in NUMBERS:
        unknown = sa.column(name).is_(None)
        op.execute(sa.update(sa.table("products", sa.column(name))).where(unknown).values({name: 0}))
