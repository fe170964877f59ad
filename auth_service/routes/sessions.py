"""`/refresh`, `/logout` and `/logout/all`."""

from typing import cast

from flask import Response, current_app, jsonify

from auth_service import audit, issued_tokens
from auth_service.issued_tokens import current_session, current_token
from auth_service.models import db
from auth_service.schemas import Message, RefreshRequest, SessionTokens
from auth_service.sessions import Grant, Sessions
from common.authentication import Authentication, ServiceBlueprint, caller

public_blueprint = ServiceBlueprint("refreshing", __name__, authentication=Authentication.PUBLIC)
blueprint = ServiceBlueprint("sessions", __name__, authentication=Authentication.TOKEN)


def sessions() -> Sessions:
    """Give the sessions, which the app's factory has put there."""
    return cast(Sessions, current_app.extensions["sessions"])


def granted(grant: Grant) -> Response:
    """Answer with a pair of tokens, as RFC 6749, section 5.1, has it: no cache may keep them."""
    response = jsonify(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        token_type="Bearer",  # noqa: S106 - the scheme's name
        expires_in=grant.expires_in,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@public_blueprint.post("/refresh", responses={200: SessionTokens, 400: Message, 401: Message})
def refresh(body: RefreshRequest) -> Response:
    """Exchange a refresh token for the next pair; it's good once, and its use by two ends the session."""
    return granted(sessions().refresh(body.refresh_token))


@blueprint.post("/logout", responses={200: Message, 400: Message, 401: Message})
def logout() -> dict[str, str]:
    """End the session of the token; an API key's token is revoked by itself."""
    token = current_token()
    if token.session_id is None:
        issued_tokens.revoke(token.token_id)
    else:
        sessions().end(token.session_id)
    _commit(audit.Action.SIGNED_OUT)
    return {"msg": "Logged out"}


@blueprint.post("/logout/all", responses={200: Message, 400: Message, 401: Message, 403: Message})
def logout_everywhere() -> dict[str, str]:
    """End every session of the account, and revoke all its access tokens."""
    current_session()
    sessions().end_all(caller().subject)
    _commit(audit.Action.SIGNED_OUT_EVERYWHERE)
    return {"msg": "Logged out"}


def _commit(action: audit.Action) -> None:
    token = caller()
    person = audit.Person(token.subject, token.username)
    audit.record(action, actor=person, subject=person)
    db.session.commit()
