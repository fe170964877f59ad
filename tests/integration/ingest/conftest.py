"""Engines for one empty products table, straight and through a proxy."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from catalog_service.ingest.engine import ingest
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.ingest.report import Report
from tests.integration.ingest.cutting_proxy import CuttingProxy
from tests.integration.ingest.products_table import TABLE, Upload

WITHOUT_TLS = {"ssl_disabled": "1"}  # the proxy must see where a statement begins


@pytest.fixture
def admin(schema_url: str) -> Iterator[Engine]:
    engine = create_engine(schema_url)
    with engine.begin() as connection:
        connection.execute(text(TABLE))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(admin: Engine, schema_url: str) -> Iterator[Engine]:  # noqa: ARG001 - makes the table
    engine = make_ingest_engine(schema_url, seconds=20)
    yield engine
    engine.dispose()


@pytest.fixture
def upload(engine: Engine, tmp_path: Path) -> Upload:
    def upload(content: str, limits: Limits = Limits(), through: Engine = engine) -> Report:  # noqa: B008 - immutable
        return ingest(io.BytesIO(content.encode()), MySqlStore(through), spool_dir=tmp_path, limits=limits)

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
