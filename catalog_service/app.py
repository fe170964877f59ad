"""The catalog service's factory: the one place where its parts are wired."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from catalog_service.importer import Importer
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import ATTEMPTS, MySqlStore, make_ingest_engine
from catalog_service.ingest.sqlite_store import SqliteStore
from catalog_service.ingest.store import Store
from catalog_service.key_set import Keys, KeySet, fetch_key_set
from catalog_service.models import db
from catalog_service.routes import products, reports, uploads
from catalog_service.settings import CatalogSettings
from common.health import ping, register_health
from common.service import create_service
from common.tokens import TokenVerifier

REPORT_SECONDS = 10


def create_app(settings: CatalogSettings, fetch_keys: Callable[[], Keys] | None = None) -> Flask:
    """Make the catalog service's WSGI app; `fetch_keys` stands in for the request to the auth service."""
    app = create_service(
        "catalog_service",
        settings,
        db,
        contract={"UploadForm": "No file part"},
        slower_engines={reports.ENGINE: REPORT_SECONDS},
    )
    Migrate(app, db, directory=str(Path(__file__).parent / "migrations"))
    key_set = KeySet(
        fetch_keys or partial(fetch_key_set, str(settings.jwks_url)),
        refresh_seconds=settings.jwks_refresh_seconds,
        stale_seconds=settings.jwks_stale_seconds,
        cooldown_seconds=settings.jwks_cooldown_seconds,
    )
    app.extensions["token_verifier"] = TokenVerifier(key_set, settings.jwt_issuer, settings.jwt_audience)
    app.url_map.converters["product_id"] = products.ProductIdConverter
    app.request_class = uploads.SpoolingRequest
    app.config.update(SPOOL_DIR=settings.spool_dir, UPLOAD_MAX_BYTES=settings.upload_max_bytes)
    app.extensions["importer"] = _importer(app, settings)
    for blueprint in (uploads.blueprint, products.blueprint, reports.blueprint):
        app.register_api(blueprint)
    register_health(app, {"database": lambda: ping(db.engine), "key set": key_set.require})
    return app


def _importer(app: Flask, settings: CatalogSettings) -> Importer:
    limits = Limits(unpacked_bytes=settings.upload_max_bytes, seconds=settings.upload_seconds)
    return Importer(_store(app, settings), settings.spool_dir, limits, settings.uploads_at_once)


def _store(app: Flask, settings: CatalogSettings) -> Store:
    url = settings.sqlalchemy_url()
    if url.get_backend_name() == "sqlite":
        with app.app_context():
            return SqliteStore(db.engine)
    return MySqlStore(
        make_ingest_engine(
            url, seconds=settings.upload_seconds // ATTEMPTS, pool_size=settings.uploads_at_once
        )
    )
