"""A service that is not set up right names everything that is wrong and does not start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from auth_service.app import HASHES_WAITING, MOST_HASHING
from auth_service.settings import AuthSettings
from catalog_service.importer import UPLOADS_WAITING
from catalog_service.settings import MOST_UPLOADS_AT_ONCE, CatalogSettings
from common.settings import LEAST_THREADS, EnvironmentSettings, ServerSettings, ServiceSettings, read_secret

VARIABLES = (
    "DATABASE_URL", "DATABASE_PASSWORD_FILE", "DATABASE_POOL_SIZE", "JWT_ISSUER", "JWT_AUDIENCE", "LOG_LEVEL",
    "SIGNING_KEY_PASSPHRASE_FILE", "BCRYPT_ROUNDS", "JWKS_URL", "SPOOL_DIR", "UPLOAD_MAX_BYTES",
    "UPLOAD_SECONDS",
)  # fmt: skip
URL = "mysql+pymysql://auth_app@mysql:3306/auth"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def refusal_of(settings: type[EnvironmentSettings]) -> str:
    with pytest.raises(SystemExit) as ended:
        settings.from_environment()
    assert isinstance(ended.value.code, str), "a text is printed and the exit status is 1"
    return ended.value.code


def test_every_missing_variable_is_named_at_once() -> None:
    assert all(name in refusal_of(AuthSettings) for name in ("DATABASE_URL", "SIGNING_KEY_PASSPHRASE_FILE"))
    assert all(name in refusal_of(CatalogSettings) for name in ("DATABASE_URL", "JWKS_URL", "SPOOL_DIR"))


def test_an_upload_has_a_second_for_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in ("0", "2", "3"):
        monkeypatch.setenv("UPLOAD_SECONDS", seconds)
        assert ("UPLOAD_SECONDS" in refusal_of(CatalogSettings)) is (seconds != "3")


def test_missing_and_bad_variables_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BCRYPT_ROUNDS": "3", "LOG_LEVEL": "loud", "DATABASE_POOL_SIZE": "ten"}.items():
        monkeypatch.setenv(name, value)
    text = refusal_of(AuthSettings)
    for name in (
        "DATABASE_URL",
        "SIGNING_KEY_PASSPHRASE_FILE",
        "BCRYPT_ROUNDS",
        "LOG_LEVEL",
        "DATABASE_POOL_SIZE",
    ):
        assert name in text


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert "DATABASE_URL" in refusal_of(ServiceSettings)


@pytest.mark.parametrize("url", ["nonsense", "mysql+pymysql//mysql/auth", "://", "mysql://host:port/auth"])
def test_a_database_url_that_is_none_is_named_like_any_bad_variable(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert "DATABASE_URL" in refusal_of(ServiceSettings)


def test_a_jwks_url_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWKS_URL", "auth_service:8000")
    assert "JWKS_URL" in refusal_of(CatalogSettings)


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (ServiceSettings, "DATABASE_POOL_SIZE", "0"),
        (CatalogSettings, "UPLOADS_AT_ONCE", "9"),
        (ServerSettings, "WEB_WORKERS", "0"),
        (ServerSettings, "WEB_THREADS", "many"),
        (ServerSettings, "WEB_THREADS", "15"),
        (ServerSettings, "GRACEFUL_SECONDS", "-1"),
    ],
)
def test_a_number_out_of_bounds_is_named(
    monkeypatch: pytest.MonkeyPatch, settings: type[EnvironmentSettings], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert name in refusal_of(settings)


def test_uploads_and_passwords_leave_a_thread_to_others() -> None:
    assert MOST_UPLOADS_AT_ONCE + UPLOADS_WAITING < LEAST_THREADS
    assert MOST_HASHING + HASHES_WAITING < LEAST_THREADS


def test_gunicorns_settings_may_be_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEB_WORKERS", "WEB_THREADS", "GRACEFUL_SECONDS"):
        monkeypatch.setenv(name, "")
    settings = ServerSettings.from_environment()
    assert (settings.web_workers, settings.web_threads, settings.graceful_seconds) == (2, 16, 30)


def test_what_has_a_default_need_not_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("SIGNING_KEY_PASSPHRASE_FILE", "/run/secrets/passphrase")
    settings = AuthSettings.from_environment()
    assert (settings.jwt_issuer, settings.jwt_audience, settings.bcrypt_rounds) == (
        "auth_service",
        "ecommerce",
        12,
    )


def test_settings_can_not_be_changed_once_read() -> None:
    settings = ServiceSettings(database_url=URL)
    with pytest.raises(ValidationError):
        settings.database_url = "sqlite://"  # type: ignore[misc]


def test_the_database_password_comes_from_its_file_and_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("p@ss:w/or%d é\n", encoding="utf-8")
    settings = ServiceSettings(database_url=URL, database_password_file=path)
    assert settings.sqlalchemy_url().password == "p@ss:w/or%d é"
    assert "p@ss" not in repr(settings)


def test_a_password_in_the_url_serves_where_no_file_is_named() -> None:
    settings = ServiceSettings(database_url="mysql+pymysql://user:secret@host:3306/database")
    assert settings.sqlalchemy_url().password == "secret"


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no-such-file"):
        read_secret(tmp_path / "no-such-file")


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n"])
def test_an_empty_secret_is_no_secret(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(content)
    with pytest.raises(SystemExit, match="passphrase is empty"):
        read_secret(path)


def test_a_secret_that_is_no_text_is_named_without_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(b"\xff\xfehidden")
    with pytest.raises(SystemExit, match=r"passphrase can't be read") as ended:
        read_secret(path)
    assert "hidden" not in str(ended.value)


@pytest.mark.parametrize(
    ("scopes", "reason"),
    [
        ("catalog:read catalog:reed", "the scopes are catalog:read, catalog:write, users:admin"),
        ("catalog:read users:admin", "users:admin is granted to one account at a time"),
    ],
)
def test_scopes_that_no_new_account_can_have_are_refused(
    monkeypatch: pytest.MonkeyPatch, scopes: str, reason: str
) -> None:
    monkeypatch.setenv("DEFAULT_SCOPES", scopes)
    text = refusal_of(AuthSettings)
    assert "DEFAULT_SCOPES" in text
    assert reason in text


def test_default_scopes_stand_in_one_order_whoever_wrote_them() -> None:
    settings = AuthSettings(
        database_url=URL, signing_key_passphrase_file=Path("x"), default_scopes=" catalog:write  catalog:read"
    )
    assert settings.default_scopes == "catalog:read catalog:write"
