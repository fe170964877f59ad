"""Issues access tokens; what one must hold is the contract in `common.tokens`."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app, g
from flask_jwt_extended import JWTManager, create_access_token

from auth_service.models import User
from auth_service.settings import AuthSettings
from auth_service.signing_keys import SigningKeys
from common.settings import TOKEN_LIFETIME_SECONDS
from common.tokens import ALGORITHM, HEADER_TYPE

DEFAULT_SCOPE = "catalog:read catalog:write"


def register_issuer(app: Flask, settings: AuthSettings) -> None:
    """Set an app up to issue tokens, each signed by the key that signs at that moment."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=TOKEN_LIFETIME_SECONDS),
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


def issue_access_token(user: User) -> str:
    """Give a signed token for an account. Raises DamagedKey."""
    kid, g.signing_key = signing_keys().current()
    token: str = create_access_token(
        identity=user.id,
        additional_claims={"username": user.username, "scope": DEFAULT_SCOPE},
        additional_headers={"kid": kid, "typ": HEADER_TYPE},
    )
    return token
