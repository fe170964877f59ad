"""Serves both services behind one address without nginx, on SQLite files: what `make run` starts."""

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from flask_migrate import upgrade
from gunicorn.app.base import BaseApplication
from pydantic import Field, HttpUrl
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from auth_service.app import create_app as create_auth_service
from auth_service.issued_tokens import revoked_and_unexpired
from auth_service.settings import AuthSettings
from auth_service.tokens import signing_keys
from catalog_service.app import create_app as create_catalog_service
from catalog_service.key_set import Keys
from catalog_service.settings import CatalogSettings
from common import gunicorn_config
from common.internal_paths import INTERNAL_PATHS
from common.settings import DatabaseUrl, EnvironmentSettings
from gateway.pages import create_pages

ADDRESS = "127.0.0.1"
NOT_ROUTED = "/not-routed"
REVOKED_TOKENS_REFRESH_SECONDS = 0.5
"""Sooner than between containers, since it costs one small read of a file."""


class EmbeddedSettings(EnvironmentSettings):
    """What the launcher itself reads from the environment; the services read their own settings."""

    port: int = Field(default=5000, gt=0, lt=65536)
    data_dir: Path = Path("var")
    """Folder for the databases, the key passphrase and the files being uploaded."""
    auth_database_url: DatabaseUrl | None = None
    """A MySQL database for the auth service instead of the SQLite file."""
    catalog_database_url: DatabaseUrl | None = None
    """A MySQL database for the catalog service instead of the SQLite file."""


class Dispatcher:
    """Hands each request to the service whose URL map knows its path."""

    def __init__(self, *apps: Flask) -> None:
        """Dispatch to `apps`; the last one answers what none knows."""
        self.apps = apps

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (PEP 3333)."""
        # RFC 9110, section 4.2.3: the path of http://host is the one of http://host/.
        path = environ["PATH_INFO"] = environ["PATH_INFO"] or "/"
        # Nobody upgrades (RFC 9110, section 7.8), and Werkzeug would look for a websocket's route.
        environ.pop("HTTP_UPGRADE", None)
        # Some is for the machinery around a service, and Werkzeug takes //signup for /signup; nginx routes
        # neither.
        if path in INTERNAL_PATHS or path.startswith("//"):
            environ["PATH_INFO"] = NOT_ROUTED
        app = next((app for app in self.apps if _knows(app, environ)), self.apps[-1])
        return app(environ, start_response)


def _knows(app: Flask, environ: WSGIEnvironment) -> bool:
    try:
        app.url_map.bind_to_environ(environ).match()
    except MethodNotAllowed:
        return True
    except HTTPException:
        return False
    return True


def create_services(settings: EmbeddedSettings) -> tuple[Flask, Flask]:
    """Make the auth and the catalog service on the databases of the data folder."""
    data_dir = settings.data_dir.resolve()
    auth = create_auth_service(
        AuthSettings.from_environment(
            database_url=settings.auth_database_url or f"sqlite:///{data_dir}/auth.db",
            signing_key_passphrase_file=data_dir / "signing_key_passphrase",
        )
    )

    def fetch_keys() -> Keys:
        # Both run in one process: asking over HTTP could wait for the very threads that ask.
        with auth.app_context():
            return signing_keys().published()

    def fetch_revoked() -> frozenset[str]:
        with auth.app_context():
            return frozenset(revoked_and_unexpired())

    catalog = create_catalog_service(
        CatalogSettings.from_environment(
            database_url=settings.catalog_database_url or f"sqlite:///{data_dir}/catalog.db",
            jwks_url=HttpUrl(f"http://{ADDRESS}:{settings.port}/.well-known/jwks.json"),
            spool_dir=data_dir / "spool",
            revoked_tokens_refresh_seconds=REVOKED_TOKENS_REFRESH_SECONDS,
        ),
        fetch_keys,
        fetch_revoked,
    )
    return auth, catalog


def auth_service() -> Flask:
    """Make the auth service alone, whose commands `flask --app gateway.embedded:auth_service` runs."""
    return create_services(EmbeddedSettings.from_environment())[0]


def prepare(settings: EmbeddedSettings) -> None:
    """Make what the first start lacks: folders, the passphrase, the tables."""
    (settings.data_dir / "spool").mkdir(parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)
    _make_passphrase(settings.data_dir / "signing_key_passphrase")
    for service in create_services(settings):
        with service.app_context():
            upgrade()
            service.extensions["sqlalchemy"].engine.dispose()


def _make_passphrase(path: Path) -> None:
    if path.exists():
        return
    half_written = path.with_suffix(".new")
    half_written.touch(mode=0o600)
    half_written.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    half_written.replace(path)


class EmbeddedServer(BaseApplication):
    """gunicorn under the services' settings, started from Python."""

    def __init__(self, application: Callable[[], WSGIApplication], options: dict[str, Any]) -> None:
        """`application` makes the WSGI app in each worker process; `options` differ from the services'."""
        self.application = application
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the services' settings, and the options given."""
        for name, value in (vars(gunicorn_config) | self.options).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the WSGI app."""
        return self.application()


def main() -> None:
    """Prepare the data folder and serve until told to stop."""
    settings = EmbeddedSettings.from_environment()
    os.umask(0o077)
    prepare(settings)
    options = {
        "bind": f"{ADDRESS}:{settings.port}",
        # As long as nginx takes them.
        "limit_request_field_size": 8190,
    }
    EmbeddedServer(lambda: Dispatcher(*create_services(settings), create_pages()), options).run()


if __name__ == "__main__":
    main()
