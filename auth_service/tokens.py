"""Signs access tokens; what one must hold is the contract in `common.tokens`."""

from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app, g
from flask_jwt_extended import JWTManager, create_access_token

from auth_service.settings import AuthSettings
from auth_service.signing_keys import SigningKeys
from common.tokens import ALGORITHM, HEADER_TYPE, TOKEN_LIFETIME_SECONDS

TOKEN_LIFETIME = timedelta(seconds=TOKEN_LIFETIME_SECONDS)


def register_issuer(app: Flask, settings: AuthSettings) -> None:
    """Set an app up to issue tokens, each signed by the key that signs at that moment."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_ENCODE_ISSUER=settings.jwt_issuer,
        JWT_ENCODE_AUDIENCE=settings.jwt_audience,
        JWT_COOKIE_CSRF_PROTECT=False,
    )
    manager = JWTManager(app)

    @manager.encode_key_loader
    def signing_key(_identity: str) -> Any:
        return g.signing_key


def signing_keys() -> SigningKeys:
    """Give the keys, which the app's factory has put there."""
    return cast(SigningKeys, current_app.extensions["signing_keys"])


def choose_signing_key() -> None:
    """Choose the key for the next token, before a transaction begins. Raises DamagedKey.

    Keys are read over a connection of their own, and the first use makes one: on SQLite that would wait for
    the very transaction that waits for it.
    """
    g.signing_kid, g.signing_key = signing_keys().current()


def sign_access_token(*, user_id: str, username: str, scope: str, token_id: str, issued_at: datetime) -> str:
    """Give a token, signed by the key that was chosen."""
    times = {"iat": issued_at, "nbf": issued_at, "exp": issued_at + TOKEN_LIFETIME}
    token: str = create_access_token(
        identity=user_id,
        additional_claims={"username": username, "scope": scope, "jti": token_id, **times},
        additional_headers={"kid": g.signing_kid, "typ": HEADER_TYPE},
    )
    return token
