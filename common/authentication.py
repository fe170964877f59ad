"""Who may call a route: declared for each blueprint and route, checked before the request's body is read."""

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

from flask import current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.types import SecuritySchemesDict

from common.refusals import Refusal
from common.scopes import Scope
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


class InsufficientScope(Refusal):
    """The token is valid, but not for this."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self, scope: Scope) -> None:
        """Name the scope that is missing."""
        super().__init__(scope)
        self.scope = scope

    def headers(self) -> Mapping[str, str]:
        """Name the scope to the client's program, as RFC 6750, section 3.1, has it."""
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}

    def body(self) -> dict[str, Any]:
        """Name the scope to its user."""
        return {"msg": f"This needs the scope {self.scope}."}


class ServiceBlueprint(APIBlueprint):
    """A blueprint that can't be made without saying who may call it.

    A route that needs a token says by `scope=` what the token must be good for.
    """

    def __init__(self, name: str, import_name: str, *, authentication: Authentication) -> None:
        """Make a blueprint whose every route asks for `authentication`."""
        needs_token = authentication is Authentication.TOKEN
        super().__init__(name, import_name, abp_security=[{"bearer": []}] if needs_token else None)
        self.authentication = authentication
        self.scopes: dict[tuple[str, str], Scope] = {}
        """What the routes ask for, by endpoint and method."""
        if needs_token:
            self.before_request(self.admit)

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,  # noqa: FBT001 - as inherited
        *,
        scope: Scope | None = None,
        **options: Any,
    ) -> None:
        """Add a route, and note the scope that it asks for."""
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        if scope is not None:
            full_name = f"{self.name}.{endpoint or cast(Any, view_func).__name__}"
            self.scopes |= {(full_name, method): scope for method in options["methods"]}

    def admit(self) -> None:
        """Check the request's token and its scope, and keep the token's content for the view.

        OPTIONS needs none: it says only what the OpenAPI document says to everybody.

        Raises InvalidToken, InsufficientScope, Unavailable.
        """
        # The environment, since a look into Werkzeug's headers takes longer than the check of a known token.
        environ = request.environ
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return
        # A header that was sent twice stands here as one, with a comma, which is no token's.
        bearer = BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if bearer is None:
            raise InvalidToken
        g.access_token = token = verifier().verify(bearer[1])
        scope = self.scopes.get((request.endpoint or "", "GET" if method == "HEAD" else method))
        if scope is not None and scope not in token.scopes:
            raise InsufficientScope(scope)


def verifier() -> TokenVerifier:
    """Give the app's token verifier, which its factory has put there."""
    return cast(TokenVerifier, current_app.extensions["token_verifier"])


def caller() -> AccessToken:
    """Give the verified token of the request in hand."""
    return cast(AccessToken, g.access_token)
