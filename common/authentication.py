"""Who may call a route: declared for each blueprint, checked before the request's body is read."""

import re
from enum import Enum, auto
from typing import cast

from flask import current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.types import SecuritySchemesDict

from common.tokens import AccessToken, InvalidToken, TokenVerifier

# RFC 9110, section 11.1: the scheme's name is case-insensitive.
BEARER = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)
SECURITY_SCHEMES: SecuritySchemesDict = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
}


class Authentication(Enum):
    """What a blueprint's routes ask of their callers."""

    PUBLIC = auto()
    TOKEN = auto()


class ServiceBlueprint(APIBlueprint):
    """A blueprint that can't be made without saying who may call it."""

    def __init__(self, name: str, import_name: str, *, authentication: Authentication) -> None:
        """Make a blueprint whose every route asks for `authentication`."""
        needs_token = authentication is Authentication.TOKEN
        super().__init__(name, import_name, abp_security=[{"bearer": []}] if needs_token else None)
        self.authentication = authentication
        if needs_token:
            self.before_request(authenticate)


def authenticate() -> None:
    """Check the request's token and keep its content for the view. Raises InvalidToken, Unavailable.

    OPTIONS needs none: it says only what the OpenAPI document says to everybody.
    """
    if request.method == "OPTIONS":
        return
    headers = request.headers.getlist("Authorization")
    bearer = BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
    if bearer is None:
        raise InvalidToken
    g.access_token = verifier().verify(bearer[1])


def verifier() -> TokenVerifier:
    """Give the app's token verifier, which its factory has put there."""
    return cast(TokenVerifier, current_app.extensions["token_verifier"])


def caller() -> AccessToken:
    """Give the verified token of the request in hand."""
    return cast(AccessToken, g.access_token)
