"""What is uploaded is what MySQL keeps, and replaces."""

import secrets
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from catalog_service.ingest.child import CheckingProcess
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.ingest.options import Plan
from tests.integration.ingest.products_table import IN_A_CHILD, Upload, count, many, stored
from tests.unit.ingest.files import csv_file, ignore, line

NAMES = [
    r"\N", "NULL", "\\", r"\\", r"\t\n\0", "tab\there", "two\nlines", "two\r\nlines", "cr\rhere",
    '12" pan', "it's", " leading", "trailing ", "=1+1", "line\u2028para\u2029next\u0085end",
    "\x01\x08\x1a\x7f", "🫖", "茶" * 255, "\ufeff", "\uffff", "e\u0301",
]  # fmt: skip


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def test_names_keep_every_character(upload: Upload, admin: Engine) -> None:
    rows = [
        line(product_id=f"{n:02d}", product_name='"' + name.replace('"', '""') + '"')
        for n, name in enumerate(NAMES)
    ]
    upload(csv_file(*rows))
    assert [row[1] for row in stored(admin)] == NAMES


def test_ids_differ_by_bytes(upload: Upload, admin: Engine) -> None:
    ids = ["Ab1", "aB1", "àb1", "a\u0300b1", "Ab1 ", " Ab1", "a\tb", "a\\tb", "a\x01", "🫖" * 64]
    upload(csv_file(*(line(product_id=quoted(each)) for each in ids)))
    assert {row[0] for row in stored(admin)} == set(ids)
    upload(csv_file(*(line(product_id=quoted(each), price="2") for each in ids)))
    assert {(row[0], row[3]) for row in stored(admin)} == {(each, Decimal(2)) for each in ids}


def test_numbers_are_stored_exactly(upload: Upload, admin: Engine) -> None:
    largest = line(
        price="999999999999.999999",
        quantity_sold=str(2**63 - 1),
        rating="999999999999999.9",
        review_count="0",
    )
    least = line(product_id="P2", price="-0.000000", quantity_sold="-0", rating="-0.0", review_count="007")
    upload(csv_file(largest, least, line(product_id="P3", price="0.000001", rating="4.33333333333333348")))
    numbers = [row[3:] for row in stored(admin)]
    assert numbers == [
        (Decimal("999999999999.999999"), 2**63 - 1, 999999999999999.9, 0),
        (Decimal(0), 0, 0.0, 7),
        (Decimal("0.000001"), 3, 4.33333333333333348, 7),
    ]
    assert str(numbers[1][2]) == "0.0", "a DOUBLE can be -0, which prints as such"


@pytest.mark.parametrize("limits", [Limits(), IN_A_CHILD], ids=["here", "in a child"])
def test_products_are_inserted_and_replaced_by_id(upload: Upload, admin: Engine, limits: Limits) -> None:
    upload(many(5_000), limits)
    upload(many(6_000, category="New"), limits)
    rows = stored(admin)
    assert len(rows) == 6_000
    assert {row[2] for row in rows} == {"New"}
    upload(many(6_000, category="New"), limits)
    assert stored(admin) == rows


def test_a_checked_file_can_be_loaded_twice(engine: Engine, admin: Engine, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(many(5_000))
    with (
        path.open("rb") as file,
        (tmp_path / "rejects").open("w+b") as rejects,
        CheckingProcess(file, rejects, tmp_path, Plan(limits=IN_A_CHILD), ignore) as rows,
    ):
        store = MySqlStore(engine)
        assert store.transact(lambda table: table.write(rows.chunks(), 1)) == 0
        assert count(admin) == 5_000
        assert store.transact(lambda table: table.write(rows.chunks(), 2)) == 5_000
        assert count(admin) == 5_000


def test_the_service_account_needs_no_more_than_its_four_privileges(
    admin: Engine, schema_url: str, upload: Upload
) -> None:
    account, password = f"u{secrets.token_hex(6)}", secrets.token_hex(16)
    schema = make_url(schema_url).database
    with admin.begin() as connection:
        connection.execute(text(f"CREATE USER {account}@'%' IDENTIFIED BY '{password}'"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.* TO {account}@'%'"))
    engine = make_ingest_engine(make_url(schema_url).set(username=account, password=password))
    try:
        upload(many(10), through=engine)
        upload(many(20), through=engine)
    finally:
        engine.dispose()
        with admin.begin() as connection:
            connection.execute(text(f"DROP USER {account}@'%'"))
    assert count(admin) == 20
