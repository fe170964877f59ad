"""The catalog service's factory: the one place where its parts are wired."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from catalog_service.commands import WatchedImporter, register_commands
from catalog_service.importer import UPLOADS_WAITING, Importer
from catalog_service.ingest.checked_file import Tell
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import ATTEMPTS, MySqlStore, make_ingest_engine
from catalog_service.ingest.sqlite_store import SqliteStore
from catalog_service.ingest.store import Store
from catalog_service.key_set import Keys, KeySet, fetch_key_set
from catalog_service.models import db
from catalog_service.products import Products
from catalog_service.revoked_tokens import RevokedTokens, RevokedTokensFeed
from catalog_service.routes import exports, products, reports, uploads
from catalog_service.settings import CatalogSettings
from catalog_service.upload_locks import Claims, FileClaims, MySqlClaims, make_claims_engine
from catalog_service.upload_records import UploadRecords
from catalog_service.upload_runs import UploadRunner
from catalog_service.uploads import Uploads
from common.health import ping, register_health
from common.service import create_service
from common.single_rows import make_reading_engine
from common.tokens import TokenVerifier

REPORT_SECONDS = 10
EXPORT_PAGE_SECONDS = 10
RECORD_SECONDS = 20
CLAIMS_BEYOND = 8


def create_app(
    settings: CatalogSettings,
    fetch_keys: Callable[[], Keys] | None = None,
    fetch_revoked: Callable[[], frozenset[str]] | None = None,
) -> Flask:
    """Make the catalog service's WSGI app; `fetch_...` stand in for the requests to the auth service."""
    app = create_service(
        "catalog_service",
        settings,
        db,
        contract={"UploadForm": "No file part"},
        slower_engines={
            reports.ENGINE: REPORT_SECONDS,
            exports.ENGINE: EXPORT_PAGE_SECONDS,
            uploads.ENGINE: RECORD_SECONDS,
        },
    )
    Migrate(app, db, directory=str(Path(__file__).parent / "migrations"))
    key_set = KeySet(
        fetch_keys or partial(fetch_key_set, str(settings.jwks_url)),
        refresh_seconds=settings.jwks_refresh_seconds,
        stale_seconds=settings.jwks_stale_seconds,
        cooldown_seconds=settings.jwks_cooldown_seconds,
    )
    revoked = RevokedTokens(
        fetch_revoked or RevokedTokensFeed(settings.revoked_tokens_address()).fetch,
        refresh_seconds=settings.revoked_tokens_refresh_seconds,
        stale_seconds=settings.revoked_tokens_stale_seconds,
    )
    app.extensions["revoked_tokens"] = revoked
    app.extensions["token_verifier"] = TokenVerifier(
        key_set, revoked, settings.jwt_issuer, settings.jwt_audience
    )
    app.url_map.converters["product_id"] = products.ProductIdConverter
    app.request_class = uploads.SpoolingRequest
    app.config.update(SPOOL_DIR=settings.spool_dir, UPLOAD_MAX_BYTES=settings.upload_max_bytes)
    app.extensions["products"] = Products(
        make_reading_engine(settings.sqlalchemy_url(), settings.database_pool_size)
    )
    app.extensions["uploads"] = _uploads(app, settings)
    register_commands(app, partial(_uploads, app, settings))
    for blueprint in (uploads.blueprint, products.blueprint, reports.blueprint, exports.blueprint):
        app.register_api(blueprint)
    register_health(
        app,
        {
            "database": lambda: ping(db.engine),
            "key set": key_set.require,
            "revoked tokens": revoked.require,
        },
    )
    return app


def _uploads(app: Flask, settings: CatalogSettings, watch: Tell | None = None) -> Uploads:
    limits = Limits(unpacked_bytes=settings.upload_max_bytes, seconds=settings.upload_seconds)
    with app.app_context():
        engine, writes = db.engine, db.engines[uploads.ENGINE]
    importer = Importer(_store(app, settings), settings.spool_dir, limits, settings.uploads_at_once)
    records = UploadRecords(engine, writes)
    kept = timedelta(days=settings.upload_records_kept_days)
    watched = importer if watch is None else WatchedImporter(importer, watch)
    return Uploads(records, _claims(settings), UploadRunner(records, watched, kept))


def _claims(settings: CatalogSettings) -> Claims:
    url = settings.sqlalchemy_url()
    if url.get_backend_name() == "sqlite":
        return FileClaims(settings.spool_dir)
    # One for each upload that runs or waits for its turn, and some to look for others' claims and for uploads
    # that are just being told that there are too many.
    connections = settings.uploads_at_once + UPLOADS_WAITING + CLAIMS_BEYOND
    return MySqlClaims(make_claims_engine(url, connections))


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
