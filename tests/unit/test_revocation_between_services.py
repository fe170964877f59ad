"""Over HTTP, as between containers: a sign-out reaches the catalog, and no request of its asks for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, Response, request
from pydantic import HttpUrl
from werkzeug.serving import make_server

from catalog_service.app import create_app
from catalog_service.settings import CatalogSettings
from common.internal_paths import REVOKED_TOKENS_PATH
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.signed_in import Person
from tests.unit.tables import with_tables

POLLS_EVERY = 0.2
KEY_SET_PATH = "/.well-known/jwks.json"


class Requests:
    """Notes what a service is asked for, and can keep it from answering."""

    def __init__(self, app: Flask) -> None:
        """Watch an app."""
        self.answered: list[tuple[str, int]] = []
        self.broken = False
        app.before_request(self._break)
        app.after_request(self._note)

    def _break(self) -> tuple[str, int] | None:
        return ("", 500) if self.broken else None

    def _note(self, response: Response) -> Response:
        self.answered.append((request.path, response.status_code))
        return response


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app on a free port, until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def catalog_of(auth_url: str, folder: Path) -> Iterator[Flask]:
    spool = folder / "spool"
    spool.mkdir()
    settings = CatalogSettings(
        database_url=f"sqlite:///{folder}/catalog.db",
        jwks_url=HttpUrl(f"{auth_url}{KEY_SET_PATH}"),
        revoked_tokens_refresh_seconds=POLLS_EVERY,
        spool_dir=spool,
    )
    with with_tables(create_app(settings)) as catalog:
        yield catalog


def status_at(catalog: Flask, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return catalog.test_client().get("/uploads", headers=headers).status_code


@pytest.fixture
def auth(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path)) as made:
        yield made


def test_a_sign_out_reaches_the_catalog_and_requests_do_not_ask_for_it(auth: Flask, tmp_path: Path) -> None:
    asked = Requests(auth)
    ada = Person(auth)
    one, other = ada.sign_in(), ada.sign_in()
    with served(auth) as url, catalog_of(url, tmp_path) as catalog:
        for _ in range(50):
            assert status_at(catalog, one["access_token"]) == 200
        ada.call("/logout", one)
        deadline = time.monotonic() + 5
        while status_at(catalog, one["access_token"]) != 401:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert status_at(catalog, other["access_token"]) == 200
    of_the_list = [status for path, status in asked.answered if path == REVOKED_TOKENS_PATH]
    assert sum(path == KEY_SET_PATH for path, _ in asked.answered) == 1
    assert of_the_list[0] == 200
    assert of_the_list.count(200) == 2, "what has not changed is not sent again"
    assert len(of_the_list) < 40


def test_without_the_auth_service_the_catalog_goes_on_by_what_it_knows(auth: Flask, tmp_path: Path) -> None:
    asked = Requests(auth)
    ada = Person(auth)
    one, other = ada.sign_in(), ada.sign_in()
    ada.call("/logout", one)
    with served(auth) as url, catalog_of(url, tmp_path) as catalog:
        for broken in (False, True):
            asked.broken = broken
            time.sleep(3 * POLLS_EVERY)
            assert [status_at(catalog, tokens["access_token"]) for tokens in (one, other)] == [401, 200]
            assert catalog.test_client().get("/readyz").status_code == 200
    assert (REVOKED_TOKENS_PATH, 500) in asked.answered
