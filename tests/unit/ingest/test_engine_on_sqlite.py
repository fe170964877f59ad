"""The engine on SQLite."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from catalog_service.ingest.sqlite_store import SqliteStore
from catalog_service.models import Base
from common.database import prepare_engine
from tests.unit.ingest.engine_cases import Catalog, EngineCases
from tests.unit.ingest.undo_cases import UndoCases


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    engine = create_engine(f"sqlite:///{tmp_path}/catalog.db")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    return Catalog(engine, SqliteStore(engine))


class TestOnSqlite(EngineCases, UndoCases):
    """Every case."""
