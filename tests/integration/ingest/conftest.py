"""Engines for one empty products table, straight and through a proxy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url

from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.ingest.result import Result
from catalog_service.models import Base
from tests.integration.ingest.cutting_proxy import CuttingProxy
from tests.integration.ingest.products_table import Upload
from tests.unit.ingest.uploading import upload as upload_to

WITHOUT_TLS = {"ssl_disabled": "1"}  # the proxy must see where a statement begins


@pytest.fixture
def admin(schema_url: str) -> Iterator[Engine]:
    engine = create_engine(schema_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(admin: Engine, schema_url: str) -> Iterator[Engine]:  # noqa: ARG001 - makes the table
    engine = make_ingest_engine(schema_url, seconds=20)
    yield engine
    engine.dispose()


@pytest.fixture
def upload(engine: Engine, tmp_path: Path) -> Upload:
    def upload(
        content: str,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        through: Engine = engine,
        **others: Any,
    ) -> Result:
        return upload_to(content, MySqlStore(through), tmp_path, limits, **others)

    return upload


@pytest.fixture
def proxy(schema_url: str) -> Iterator[CuttingProxy]:
    url = make_url(schema_url)
    with CuttingProxy(str(url.host), url.port or 3306) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(proxy: CuttingProxy, schema_url: str) -> Iterator[Engine]:
    url = make_url(schema_url).set(host="127.0.0.1", port=proxy.port).update_query_dict(WITHOUT_TLS)
    engine = make_ingest_engine(url, seconds=10)
    yield engine
    engine.dispose()
