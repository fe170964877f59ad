"""Without nginx the services' own URL maps route."""

import stat
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import Client

from common.internal_paths import INTERNAL_PATHS
from gateway.embedded import Dispatcher, EmbeddedSettings, create_services, prepare
from tests.unit.tables import close_connections


def app_with(name: str, **methods_by_rule: list[str]) -> Flask:
    app = Flask(name, static_folder=None)
    app.url_map.merge_slashes = False
    rules: dict[str, Any] = {"health": ["GET"], **methods_by_rule}
    for endpoint, methods in rules.items():
        rule = {"health": "/healthz", "product": "/products/<path:id>", "slash": "/folder/"}.get(
            endpoint, f"/{endpoint}"
        )
        app.add_url_rule(rule, endpoint, lambda **_values: f"{name} {request.path}", methods=methods)
    app.register_error_handler(404, lambda _error: (f"{name} has no such address", 404))
    return app


@pytest.fixture
def client() -> Client:
    auth = app_with("auth", login=["POST"], both=["GET"])
    catalog = app_with("catalog", upload=["POST"], product=["GET"], both=["GET"], slash=["GET"])
    return Client(Dispatcher(auth, catalog))


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("POST", "/login", "auth /login"),
        ("POST", "/upload", "catalog /upload"),
        ("GET", "/products/a%2Fb", "catalog /products/a/b"),
        ("GET", "/products/%F0%9F%98%80", "catalog /products/😀"),
        ("GET", "/both", "auth /both"),
    ],
)
def test_a_request_goes_to_the_service_that_knows_its_path(
    client: Client, method: str, path: str, answer: str
) -> None:
    assert client.open(path, method=method).text == answer


def test_who_asks_for_another_protocol_is_answered_in_this_one(client: Client) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert client.get("/products/1", headers=headers).text == "catalog /products/1"


def test_an_address_without_a_path_is_that_of_the_page(client: Client) -> None:
    """Werkzeug would redirect, in HTML."""
    client.application.apps[0].add_url_rule("/", "page", lambda: "the page")  # type: ignore[attr-defined]
    assert client.get("/", environ_overrides={"PATH_INFO": ""}).text == "the page"


@pytest.mark.parametrize("path", ["/login", "/upload"])
def test_a_wrong_method_is_answered_by_the_service_that_knows_the_path(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/", "/nothing", "/login/", "//login", "/folder/x", "/%ff", "/not-routed"])
def test_what_no_service_knows_the_last_one_answers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (404, "catalog has no such address")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/%68ealthz", "/healthz?x=1"])
def test_health_is_not_routed(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["", "a b", "é", "[::1", "evil.example:99999999"])
def test_a_strange_host_changes_nothing(client: Client, host: str) -> None:
    answer = client.post("/login", environ_overrides={"HTTP_HOST": host.encode().decode("latin-1")})
    assert answer.text == "auth /login"


def settings_in(folder: Path) -> EmbeddedSettings:
    return EmbeddedSettings(data_dir=folder / "data")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "70000"),
        ("AUTH_DATABASE_URL", "mysql//root:secret@mysql/auth"),
        ("BCRYPT_ROUNDS", "99"),
        ("UPLOADS_AT_ONCE", "none"),
    ],
)
def test_a_bad_setting_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        prepare(EmbeddedSettings.from_environment())
    assert name in str(ended.value.code)
    assert "secret" not in str(ended.value.code)


def test_a_first_start_makes_everything_and_a_second_keeps_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    prepare(settings)
    passphrase = (settings.data_dir / "signing_key_passphrase").read_text()
    prepare(settings)
    assert (settings.data_dir / "signing_key_passphrase").read_text() == passphrase
    assert len(passphrase) >= 32
    assert {"auth.db", "catalog.db", "spool"} <= {path.name for path in settings.data_dir.iterdir()}


def test_nobody_else_may_read_the_data(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    prepare(settings)
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.data_dir / "signing_key_passphrase").stat().st_mode) == 0o600


def test_both_services_work_together_without_a_network(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    prepare(settings)
    services = create_services(settings)
    client = Client(Dispatcher(*services))
    person = {"username": "ada", "password": "secret"}
    assert client.post("/signup", json=person).status_code == 201
    token = client.post("/login", json=person).get_json()["access_token"]
    answer = client.get("/products/nothing", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.get_json()["msg"]) == (404, "There is no product with this id.")
    for path in INTERNAL_PATHS:
        assert any(service.test_client().get(path).status_code == 200 for service in services)
        assert client.get(path).status_code == 404
    for service in services:
        close_connections(service)
