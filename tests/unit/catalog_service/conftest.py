"""The catalog service on a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.tables import with_tables


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_catalog_service(tmp_path)) as made:
        yield made
