"""Who may call a route: declared for each blueprint and route, checked before the request's body is read."""

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

from flask import current_app, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import SecuritySchemesDict

from common.refusals import Refusal
from common.route_details import NO_DETAILS, RouteDetails
from common.scopes import Scope
from common.tokens import AccessToken, InvalidToken, TokenVerifier

# RFC 9110, section 11.1: the scheme's name is case-insensitive.
BEARER = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)
SECURITY_SCHEMES: SecuritySchemesDict = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "basic": {"type": "http", "scheme": "basic"},
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

    A route that needs a token says by `scope=` what the token must be good for, and by `details=` what the
    OpenAPI document tells of it beyond its models.
    """

    def __init__(
        self, name: str, import_name: str, *, authentication: Authentication, tag: str | None = None
    ) -> None:
        """Make a blueprint whose every route asks for `authentication`, and stands below `tag`."""
        needs_token = authentication is Authentication.TOKEN
        super().__init__(
            name,
            import_name,
            abp_tags=[Tag(name=tag)] if tag else None,
            abp_security=[{"bearer": []}] if needs_token else None,
            operation_id_callback=_name_of_view,
        )
        self.authentication = authentication
        self.scopes: dict[tuple[str, str], Scope] = {}
        """What the routes ask for, by endpoint and method."""
        self.details: dict[tuple[str, str], RouteDetails] = {}
        """What the routes say of themselves, by endpoint and method."""
        if needs_token:
            self.before_request(self.admit)

    def add_url_rule(  # noqa: PLR0913 - as inherited, and what the routes say
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,  # noqa: FBT001 - as inherited
        *,
        scope: Scope | None = None,
        details: RouteDetails = NO_DETAILS,
        **options: Any,
    ) -> None:
        """Add a route, and note the scope that it asks for and what it says of itself."""
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        full_name = f"{self.name}.{endpoint or cast(Any, view_func).__name__}"
        for method in options["methods"]:
            self.details[full_name, method] = details
            if scope is not None:
                self.scopes[full_name, method] = scope

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


def _name_of_view(*, name: str, path: str, method: str) -> str:  # noqa: ARG001 - what the library hands over
    return name


def verifier() -> TokenVerifier:
    """Give the app's token verifier, which its factory has put there."""
    return cast(TokenVerifier, current_app.extensions["token_verifier"])


def caller() -> AccessToken:
    """Give the verified token of the request in hand."""
    return cast(AccessToken, g.access_token)
