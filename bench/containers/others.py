"""What is written instead of POST /upload: ``python -m bench.containers.others WAY FILE`` prints its seconds.

None of them checks a cell. The database's URL stands in $DATABASE_URL; the table is there and empty.
"""

import csv
import os
import sys
import time
from collections.abc import Callable
from itertools import islice

import pandas as pd  # type: ignore[import-untyped]
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

TABLE = "products"
BATCH_ROWS = 1_000
_TEXTS = {"product_id": str, "product_name": str, "category": str}


class Base(DeclarativeBase):
    """The base of the one table."""


class Product(Base):
    """A product, as a tutorial would have it."""

    __tablename__ = TABLE

    product_id: Mapped[str] = mapped_column(primary_key=True)
    product_name: Mapped[str]
    category: Mapped[str]
    price: Mapped[float]
    quantity_sold: Mapped[int]
    rating: Mapped[float]
    review_count: Mapped[int]


def pandas_and_orm(engine: Engine, path: str) -> None:
    """Read with pandas, add an object for each row, commit once."""
    with Session(engine) as session:
        for _, row in pd.read_csv(path, dtype=_TEXTS).iterrows():
            session.add(Product(**row.to_dict()))
        session.commit()


def to_sql(engine: Engine, path: str) -> None:
    """Let pandas write its frame."""
    pd.read_csv(path, dtype=_TEXTS).to_sql(TABLE, engine, if_exists="append", index=False)


def executemany(engine: Engine, path: str) -> None:
    """Read with the csv module and insert in batches through the driver, which makes them one statement."""
    connection = engine.raw_connection()
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
        reader = csv.reader(file)
        header = next(reader)
        marks = ", ".join(["%s"] * len(header))
        statement = f"INSERT INTO {TABLE} ({', '.join(header)}) VALUES ({marks})"  # noqa: S608 - a file of ours
        cursor = connection.cursor()
        while batch := list(islice(reader, BATCH_ROWS)):
            cursor.executemany(statement, batch)
    connection.commit()
    connection.close()


WAYS: dict[str, Callable[[Engine, str], None]] = {
    "pandas_and_orm": pandas_and_orm,
    "to_sql": to_sql,
    "executemany": executemany,
}


def main(way: str, path: str) -> None:
    """Load a file one way and print the seconds; connecting is not counted."""
    engine = create_engine(os.environ["DATABASE_URL"])
    engine.connect().close()
    begin = time.perf_counter()
    WAYS[way](engine, path)
    print(time.perf_counter() - begin)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
