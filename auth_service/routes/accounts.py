"""`/signup` and `/login`."""

from http import HTTPStatus
from typing import cast

from flask import Response, current_app, request

from auth_service.accounts import Accounts
from auth_service.routes.sessions import granted, sessions
from auth_service.schemas import Credentials, Message, SessionTokens
from common.authentication import Authentication, ServiceBlueprint
from common.refusals import Refusal

blueprint = ServiceBlueprint("accounts", __name__, authentication=Authentication.PUBLIC)


class CredentialsInAddress(Refusal):
    """Credentials stood in the address, where logs and histories keep them."""

    msg = "Username and password belong in the body, not in the address"


@blueprint.before_request
def refuse_credentials_in_address() -> None:
    """Refuse them so that a client's mistake is found at its first request. Raises CredentialsInAddress."""
    if "password" in request.args or "username" in request.args:
        raise CredentialsInAddress


def accounts() -> Accounts:
    """Give the accounts, which the app's factory has put there."""
    return cast(Accounts, current_app.extensions["accounts"])


@blueprint.post("/signup", responses={201: Message, 400: Message, 403: Message})
def signup(body: Credentials) -> tuple[dict[str, str], HTTPStatus]:
    """Make an account."""
    accounts().sign_up(body.username, body.password)
    return {"msg": "User created successfully"}, HTTPStatus.CREATED


@blueprint.post("/login", responses={200: SessionTokens, 400: Message, 401: Message})
def login(body: Credentials) -> Response:
    """Exchange a username and its password for an access token, and a refresh token for the next ones."""
    return granted(sessions().begin(accounts().sign_in(body.username, body.password)))
