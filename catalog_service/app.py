"""The catalog service's factory: the one place where its parts are wired."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from catalog_service.cached_reports import REPORT_SECONDS, CachedReports
from catalog_service.commands import WatchedImporter, register_commands
from catalog_service.importer import UPLOADS_WAITING, BoundedImporter
from catalog_service.ingest.checked_file import Tell
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import ATTEMPTS, UNDO_SECONDS, MySqlStore, make_ingest_engine
from catalog_service.ingest.sqlite_store import SqliteStore
from catalog_service.ingest.store import Store
from catalog_service.key_set import Keys, KeySet, fetch_key_set
from catalog_service.models import db
from catalog_service.product_edits import ProductEdits
from catalog_service.product_list import ProductList
from catalog_service.product_queries import teach_search
from catalog_service.products import Products
from catalog_service.report_turns import ReportTurns
from catalog_service.revoked_tokens import RevokedTokens, RevokedTokensFeed
from catalog_service.routes import exports, product_lists, products, reports, uploads
from catalog_service.settings import CatalogSettings
from catalog_service.upload_claims import FileClaims, MySqlClaims, UploadClaims, make_claims_engine
from catalog_service.upload_records import UploadRecords
from catalog_service.upload_runs import UploadRunner
from catalog_service.uploads import Uploads
from common.health import ping, register_health
from common.service import create_service
from common.single_rows import make_reading_engine
from common.tokens import TokenVerifier

EXPORT_PAGE_SECONDS = 10
RECORD_SECONDS = 20
EDIT_SECONDS = 3
"""How long a change of one product waits for an upload of it, each time that it is tried."""
EDIT_UNDO_SECONDS = 1
"""How much longer it waits for the server to say so: there is one row to undo."""
EDITS_AT_ONCE = 4
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
    key_set, revoked = _key_set(settings, fetch_keys), _revoked_tokens(settings, fetch_revoked)
    app.extensions["revoked_tokens"] = revoked
    app.extensions["token_verifier"] = TokenVerifier(
        key_set, revoked, settings.jwt_issuer, settings.jwt_audience
    )
    app.url_map.converters["product_id"] = products.ProductIdConverter
    app.request_class = uploads.SpoolingRequest
    app.config.update(SPOOL_DIR=settings.spool_dir, UPLOAD_MAX_BYTES=settings.upload_max_bytes)
    _wire_products(app, settings)
    app.extensions["uploads"] = _uploads(app, settings)
    register_commands(app, partial(_uploads, app, settings))
    for routes in (uploads, products, product_lists, reports, exports):
        app.register_api(routes.blueprint)
    register_health(
        app,
        {
            "database": lambda: ping(db.engine),
            "key set": key_set.require,
            "revoked tokens": revoked.require,
        },
    )
    return app


def _key_set(settings: CatalogSettings, fetch: Callable[[], Keys] | None) -> KeySet:
    return KeySet(
        fetch or partial(fetch_key_set, str(settings.jwks_url)),
        refresh_seconds=settings.jwks_refresh_seconds,
        stale_seconds=settings.jwks_stale_seconds,
        cooldown_seconds=settings.jwks_cooldown_seconds,
    )


def _revoked_tokens(settings: CatalogSettings, fetch: Callable[[], frozenset[str]] | None) -> RevokedTokens:
    return RevokedTokens(
        fetch or RevokedTokensFeed(settings.revoked_tokens_address()).fetch,
        refresh_seconds=settings.revoked_tokens_refresh_seconds,
        stale_seconds=settings.revoked_tokens_stale_seconds,
    )


def _wire_products(app: Flask, settings: CatalogSettings) -> None:
    """Give the app what reads products, changes one, and reports on them."""
    reading = make_reading_engine(settings.sqlalchemy_url(), settings.database_pool_size)
    app.extensions["products"] = Products(reading)
    app.extensions["product_list"] = ProductList(reading)
    app.extensions["product_edits"] = ProductEdits(
        _store(app, settings, seconds=EDIT_SECONDS, undo_seconds=EDIT_UNDO_SECONDS, pool_size=EDITS_AT_ONCE)
    )
    with app.app_context():
        teach_search(db.engines[exports.ENGINE])
        app.extensions["reports"] = CachedReports(
            reading, db.engines[reports.ENGINE], ReportTurns(settings.spool_dir)
        )


def _uploads(app: Flask, settings: CatalogSettings, watch: Tell | None = None) -> Uploads:
    limits = Limits(unpacked_bytes=settings.upload_max_bytes, seconds=settings.upload_seconds)
    with app.app_context():
        engine, writes = db.engine, db.engines[uploads.ENGINE]
    store = _store(
        app,
        settings,
        seconds=settings.upload_seconds // ATTEMPTS,
        undo_seconds=UNDO_SECONDS,
        pool_size=settings.uploads_at_once,
    )
    importer = BoundedImporter(store, settings.spool_dir, limits, settings.uploads_at_once)
    records = UploadRecords(engine, writes)
    kept = timedelta(days=settings.upload_records_kept_days)
    watched = importer if watch is None else WatchedImporter(importer, watch)
    return Uploads(records, _claims(settings), UploadRunner(records, watched, kept))


def _claims(settings: CatalogSettings) -> UploadClaims:
    url = settings.sqlalchemy_url()
    if url.get_backend_name() == "sqlite":
        return FileClaims(settings.spool_dir)
    # One for each upload that runs or waits for its turn, and some to look for others' claims and for uploads
    # that are just being told that there are too many.
    connections = settings.uploads_at_once + UPLOADS_WAITING + CLAIMS_BEYOND
    return MySqlClaims(make_claims_engine(url, connections))


def _store(
    app: Flask, settings: CatalogSettings, *, seconds: int, undo_seconds: int, pool_size: int
) -> Store:
    url = settings.sqlalchemy_url()
    if url.get_backend_name() == "sqlite":
        with app.app_context():
            return SqliteStore(db.engine)
    return MySqlStore(
        make_ingest_engine(url, seconds=seconds, undo_seconds=undo_seconds, pool_size=pool_size)
    )
