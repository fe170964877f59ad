"""`/refresh`, `/logout` and `/logout/all`."""

from typing import cast

from flask import Response, current_app, jsonify

from auth_service.client_credentials import NO_STORE
from auth_service.issued_tokens import SessionNeeded, current_session, current_token
from auth_service.routes import session_cookies
from auth_service.routes.callers import calling_person
from auth_service.routes.credentials_in_address import CredentialsInAddress, refuse_credentials_in_address
from auth_service.session_schemas import RefreshRequest, SessionTokens
from auth_service.sessions import Grant, Sessions
from common.authentication import Authentication, ServiceBlueprint
from common.route_details import RouteDetails
from common.schemas import Message
from common.tokens import InvalidToken

public_blueprint = ServiceBlueprint(
    "refreshing", __name__, authentication=Authentication.PUBLIC, tag="Sessions"
)
public_blueprint.before_request(refuse_credentials_in_address)
blueprint = ServiceBlueprint("sessions", __name__, authentication=Authentication.TOKEN, tag="Sessions")


def sessions() -> Sessions:
    """Give the sessions, which the app's factory has put there."""
    return cast(Sessions, current_app.extensions["sessions"])


def granted(grant: Grant, *, in_cookie: bool = False) -> Response:
    """Answer with a pair of tokens, as RFC 6749, section 5.1, has it: no cache may keep them."""
    tokens = SessionTokens(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        token_type="Bearer",  # noqa: S106 - the scheme's name
        expires_in=grant.expires_in,
    )
    response = jsonify(tokens.model_dump(exclude={"refresh_token"} if in_cookie else None))
    response.headers.update(NO_STORE)
    if in_cookie:
        session_cookies.keep(response, grant)
    return response


@public_blueprint.post(
    "/refresh",
    responses={200: SessionTokens, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(
        refusals=(
            session_cookies.NoRefreshToken,
            CredentialsInAddress,
            InvalidToken,
            session_cookies.ForeignOrigin,
        ),
        headers={200: ("Cache-Control", "Set-Cookie"), 401: ("WWW-Authenticate",)},
    ),
)
def refresh(body: RefreshRequest) -> Response:
    """Exchange a refresh token for the next pair; it's good once, and its use by two ends the session.

    Within 10 s of its first use it gives another pair, for two tabs that refresh at once. Later it is taken
    for stolen.
    """
    if body.refresh_token:
        return granted(sessions().refresh(body.refresh_token))
    return _refreshed_by_cookie()


@blueprint.post(
    "/logout",
    responses={200: Message, 400: Message, 401: Message},
    details=RouteDetails("Logged out", headers={200: ("Set-Cookie",)}),
)
def logout() -> dict[str, str]:
    """End the session of the token; an API key's token is revoked by itself."""
    token = current_token()
    sessions().sign_out(calling_person(), token)
    if token.session_id is not None:
        session_cookies.forget()
    return {"msg": "Logged out"}


@blueprint.post(
    "/logout/all",
    responses={200: Message, 400: Message, 401: Message, 403: Message},
    details=RouteDetails("Logged out", refusals=(SessionNeeded,), headers={200: ("Set-Cookie",)}),
)
def logout_everywhere() -> dict[str, str]:
    """End every session of the account, and revoke all its access tokens.

    The tokens of API keys too; the keys themselves stay.
    """
    current_session()
    sessions().sign_out_everywhere(calling_person())
    session_cookies.forget()
    return {"msg": "Logged out"}


def _refreshed_by_cookie() -> Response:
    try:
        grant = sessions().refresh(session_cookies.kept())
    except InvalidToken:
        session_cookies.forget()
        raise
    return granted(grant, in_cookie=True)
