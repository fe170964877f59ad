"""The auth service's factory: the one place where its parts are wired."""

import os
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_bcrypt import Bcrypt
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from auth_service.accounts import Accounts, NewAccounts
from auth_service.administration import Administration
from auth_service.allowances import Allowance, TooManyAccounts, TooManyWrongPasswords
from auth_service.api_keys import ApiKeys
from auth_service.audit import AuditLog
from auth_service.commands import register_commands
from auth_service.housekeeping import Housekeeping
from auth_service.issued_tokens import RecordedTokens
from auth_service.models import db
from auth_service.password_policy import PasswordPolicy
from auth_service.passwords import PasswordHasher, TooManyLogins
from auth_service.routes import accounts, api_keys, audit, me, sessions, tokens, users
from auth_service.sessions import Sessions
from auth_service.settings import AuthSettings
from auth_service.sign_in_delays import SignInDelays
from auth_service.signing_keys import SigningKeys
from auth_service.tokens import register_issuer
from common.connecting_ahead import connect_ahead
from common.health import ping, register_health
from common.service import create_service
from common.settings import read_secret
from common.single_rows import make_reading_engine
from common.tokens import TokenVerifier
from common.turns import Turns

CONTRACT = {
    "Credentials": accounts.CREDENTIALS_REQUIRED,
    "SignIn": accounts.CREDENTIALS_REQUIRED,
    "SignIn.session": 'The session is "body" or "cookie".',
}
MOST_HASHING = 4
HASHES_WAITING = 8
"""With those that hash, fewer than the threads of a worker, so that other requests always find one."""
HASH_WAIT_SECONDS = 10


def create_app(settings: AuthSettings) -> Flask:
    """Make the auth service's WSGI app. Raises SystemExit if a secret can't be read."""
    app = create_service("auth_service", settings, db, contract=CONTRACT)
    Migrate(app, db, directory=str(Path(__file__).parent / "migrations"))
    passphrase = read_secret(settings.signing_key_passphrase_file)
    keys = SigningKeys(
        lambda: db.engine, passphrase, settings.key_publish_ahead_seconds, settings.signing_key_days
    )
    app.extensions["signing_keys"] = keys
    reading_engine = make_reading_engine(settings.sqlalchemy_url(), settings.database_pool_size)
    app.extensions["reading_engine"] = reading_engine
    app.extensions["token_verifier"] = TokenVerifier(
        keys, RecordedTokens(reading_engine), settings.jwt_issuer, settings.jwt_audience
    )
    with app.app_context():
        connect_ahead(app, db.engine, reading_engine)
    _wire_accounts(app, settings)
    _trust_proxies(app, settings.trusted_proxies)
    register_issuer(app, settings)
    register_commands(app)
    for blueprint in (
        accounts.blueprint,
        sessions.public_blueprint,
        sessions.blueprint,
        tokens.blueprint,
        tokens.key_set_blueprint,
        tokens.feed_blueprint,
        api_keys.blueprint,
        api_keys.token_blueprint,
        me.blueprint,
        users.blueprint,
        audit.blueprint,
    ):
        app.register_api(blueprint)
    register_health(app, {"database": lambda: ping(db.engine), "signing key": keys.current})
    return app


def _wire_accounts(app: Flask, settings: AuthSettings) -> None:
    """Give the app what signs people and programs in, looks after their accounts, and tells of it."""
    app.extensions["housekeeping"] = Housekeeping()
    app.extensions["sessions"] = sign_in_sessions = Sessions(
        db.session, timedelta(days=settings.refresh_token_days)
    )
    app.extensions["audit_log"] = AuditLog(timedelta(days=settings.audit_days))
    app.extensions["accounts"] = Accounts(
        db.session,
        _password_hasher(app, settings),
        SignInDelays(
            db.session,
            Allowance(db.session, TooManyWrongPasswords, settings.wrong_passwords_per_address),
        ),
        sign_in_sessions,
        NewAccounts(
            open_to_all=settings.signup == "open",
            scope=settings.default_scopes,
            policy=PasswordPolicy(settings.password_policy),
            allowance=Allowance(db.session, TooManyAccounts, settings.signups_per_address),
        ),
    )
    app.extensions["administration"] = Administration(db.session, sign_in_sessions)
    app.extensions["api_keys"] = ApiKeys(db.session)


def _password_hasher(app: Flask, settings: AuthSettings) -> PasswordHasher:
    turns = Turns(min(os.cpu_count() or 1, MOST_HASHING), HASHES_WAITING, HASH_WAIT_SECONDS, TooManyLogins)
    return PasswordHasher(Bcrypt(app), settings.bcrypt_rounds, turns)


def _trust_proxies(app: Flask, number: int) -> None:
    """Take the client's address and scheme from the proxies before the service, where there are some."""
    if number:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=1, x_host=0)  # type: ignore[method-assign]
