"""`flask --app catalog_service.wsgi import FILE`: the upload that needs no server."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from catalog_service.commands import COMMAND_LINE_OWNER, COMMAND_LINE_USERNAME, report_lines
from catalog_service.models import Product, Upload, db
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.ingest.files import csv_file, line
from tests.unit.tables import with_tables

Import = Callable[..., Result]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_catalog_service(tmp_path)) as app:
        yield app


@pytest.fixture
def import_file(app: Flask, tmp_path: Path) -> Import:
    """Import a file of these lines with these options."""
    path = tmp_path / "products.csv"

    def run(*lines: str, options: tuple[str, ...] = ()) -> Result:
        path.write_text(csv_file(*lines), encoding="utf-8", newline="")
        return app.test_cli_runner().invoke(args=["import", str(path), *options])

    return run


def stored_ids(app: Flask) -> list[str]:
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.scalars(select(Product.product_id).order_by(Product.product_id)))


def counts(result: Result) -> dict[str, int]:
    """Read the counts and totals out of what was printed."""
    lines = [text.split() for text in result.stdout.splitlines() if text.startswith("  ")]
    return {name: int(number.replace(",", "")) for name, number in lines}


def test_a_good_file_is_loaded_and_counted(app: Flask, import_file: Import) -> None:
    result = import_file(line(product_id="A"), line(product_id="B"))

    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "Data uploaded successfully")
    assert counts(result) == {"rows_read": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert stored_ids(app) == ["A", "B"]


def test_the_same_file_again_changes_nothing(import_file: Import) -> None:
    rows = [line(product_id="A"), line(product_id="B")]
    import_file(*rows)

    assert counts(import_file(*rows)) == {
        "rows_read": 2,
        "created": 0,
        "updated": 0,
        "unchanged": 2,
        "rejected": 0,
    }


def test_a_bad_file_ends_with_65_and_says_where_it_is_bad(app: Flask, import_file: Import) -> None:
    result = import_file(line(), line(product_id="B", price="cheap", rating="-1"))

    assert result.exit_code == 65
    assert "1 row has errors, so nothing was loaded." in result.stdout
    assert (
        'line 3, price, "cheap": price must be a plain number such as 12.50. (not_a_number)' in result.stdout
    )
    assert counts(result)["rejected"] == 1
    assert counts(result)["not_a_number"] == 1
    assert counts(result)["negative"] == 1
    assert stored_ids(app) == []


def test_of_many_errors_the_first_are_shown_and_all_counted(import_file: Import) -> None:
    result = import_file(*(line(product_id=f"P{number}", price="x") for number in range(1234)))

    assert len([text for text in result.stdout.splitlines() if text.startswith("line ")]) == 100
    assert "The first 100 of 1,234 errors are shown." in result.stdout
    assert counts(result)["not_a_number"] == 1234


def test_a_file_without_a_column_is_rejected_by_its_name(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("product_id,product_name\nA,Lamp\n", encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["import", str(path)])

    assert (result.exit_code, result.stdout.splitlines()[0]) == (65, "Missing column: category")


def test_a_dry_run_counts_and_writes_nothing(app: Flask, import_file: Import) -> None:
    result = import_file(line(product_id="A"), options=("--dry-run",))

    assert result.exit_code == 0
    assert counts(result)["created"] == 1
    assert stored_ids(app) == []


def test_the_options_are_those_of_the_upload(app: Flask, import_file: Import) -> None:
    import_file(line(product_id="A"))
    options = ("--mode", "insert", "--on-error", "skip", "--blank", "null")
    result = import_file(line(product_id="A"), line(product_id="B", price=""), options=options)

    assert result.exit_code == 0
    assert stored_ids(app) == ["A", "B"]
    assert counts(result)["created"] == 1
    assert counts(result)["rejected"] == 1


@pytest.mark.parametrize("option", ["--mode=merge", "--on-error=ignore", "--blank=zero", "--force"])
def test_an_unknown_option_is_refused_before_anything_is_read(
    app: Flask, import_file: Import, option: str
) -> None:
    assert import_file(line(), options=(option,)).exit_code == 2
    assert stored_ids(app) == []


@pytest.mark.parametrize("path", ["missing.csv", "."])
def test_what_is_no_file_is_refused(app: Flask, tmp_path: Path, path: str) -> None:
    assert app.test_cli_runner().invoke(args=["import", str(tmp_path / path)]).exit_code == 2


def test_it_is_recorded_under_the_command_lines_own_name(app: Flask, import_file: Import) -> None:
    import_file(line())

    with app.app_context(), db.engine.connect() as connection:
        upload = connection.execute(select(Upload.__table__)).one()
    assert (upload.owner, upload.username) == (COMMAND_LINE_OWNER, COMMAND_LINE_USERNAME)
    assert (upload.file_name, upload.state, upload.status) == ("products.csv", "succeeded", 200)


def test_a_database_that_does_not_serve_ends_with_75(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(csv_file(line()), encoding="utf-8")
    without_tables = make_catalog_service(tmp_path)

    result = without_tables.test_cli_runner().invoke(args=["import", str(path)])

    assert result.exit_code == 75
    assert result.stderr.endswith("Error: The database does not serve now. Please try again later.\n")
    assert "Traceback" not in result.output


def test_where_there_is_no_terminal_there_is_no_bar(import_file: Import) -> None:
    assert "checking" not in import_file(line()).stderr


REPORT: Mapping[str, Any] = {
    "msg": "Done",
    "rows_read": None,
    "created": None,
    "updated": None,
    "unchanged": None,
    "rejected": None,
    "ignored_columns": [],
    "errors": [],
    "totals_by_code": {},
}


def test_a_report_leaves_out_what_is_not_known() -> None:
    assert list(report_lines(REPORT)) == ["Done"]


def test_a_report_names_the_columns_that_are_ignored() -> None:
    assert "Ignored columns: colour, size" in report_lines({**REPORT, "ignored_columns": ["colour", "size"]})


def test_an_error_of_a_whole_line_names_no_column() -> None:
    error = {"line": 4, "column": None, "value": None, "code": "unclosed_quote", "message": "A quote."}
    report = {**REPORT, "errors": [error], "totals_by_code": {"unclosed_quote": 1}}
    assert "line 4: A quote. (unclosed_quote)" in report_lines(report)
