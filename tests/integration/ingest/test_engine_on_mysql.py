"""The engine on a real MySQL."""

from collections.abc import Iterator

import pytest

from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.models import Base
from tests.unit.ingest.engine_cases import Catalog, EngineCases
from tests.unit.ingest.undo_cases import UndoCases


@pytest.fixture
def catalog(schema_url: str) -> Iterator[Catalog]:
    engine = make_ingest_engine(schema_url, seconds=20)
    Base.metadata.create_all(engine)
    yield Catalog(engine, MySqlStore(engine))
    engine.dispose()


class TestOnMySql(EngineCases, UndoCases):
    """Every case."""
