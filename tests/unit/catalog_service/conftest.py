"""The catalog service, and its uploads, on a SQLite file."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.tables import with_tables
from tests.unit.uploads_on import UploadsOn, uploads_on


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_catalog_service(tmp_path)) as made:
        yield made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture
def on(url: str, tmp_path: Path) -> Iterator[UploadsOn]:
    with uploads_on(url, tmp_path) as on:
        yield on


@pytest.fixture
def another(url: str, tmp_path: Path) -> Iterator[UploadsOn]:
    """Another process's view."""
    with uploads_on(url, tmp_path, wait_seconds=0.3) as another:
        yield another


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool
