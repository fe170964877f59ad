"""`/signup` and `/login`."""

from http import HTTPStatus
from typing import cast

from flask import Response, current_app

from auth_service.accounts import Accounts, SignUpClosed, UsernameTaken
from auth_service.allowances import TooManyAccounts, TooManyWrongPasswords
from auth_service.password_policy import (
    CommonPassword,
    PasswordHoldsUsername,
    PasswordTooShort,
    RepeatedPassword,
    SequentialPassword,
)
from auth_service.passwords import PasswordTooLong, UnfitPassword
from auth_service.routes import session_cookies
from auth_service.routes.credentials_in_address import CredentialsInAddress, refuse_credentials_in_address
from auth_service.routes.sessions import granted, sessions
from auth_service.session_schemas import Credentials, SessionTokens, SignIn
from auth_service.sessions import InvalidCredentials
from auth_service.usernames import UnfitUsername
from common.authentication import Authentication, ServiceBlueprint
from common.refusals import Refusal
from common.route_details import RouteDetails
from common.schemas import Message

blueprint = ServiceBlueprint("accounts", __name__, authentication=Authentication.PUBLIC, tag="Accounts")
blueprint.before_request(refuse_credentials_in_address)

NEW_PASSWORD_REFUSALS: tuple[type[Refusal], ...] = (
    PasswordTooLong,
    UnfitPassword,
    PasswordTooShort,
    CommonPassword,
    RepeatedPassword,
    SequentialPassword,
    PasswordHoldsUsername,
)
NEW_ACCOUNT_REFUSALS: tuple[type[Refusal], ...] = (
    UsernameTaken,
    UnfitUsername,
    *NEW_PASSWORD_REFUSALS,
    CredentialsInAddress,
)
CREDENTIALS_REQUIRED = "Username and password are required"
NO_CREDENTIALS = {"NoCredentials": CREDENTIALS_REQUIRED}


def accounts() -> Accounts:
    """Give the accounts, which the app's factory has put there."""
    return cast(Accounts, current_app.extensions["accounts"])


@blueprint.post(
    "/signup",
    responses={201: Message, 400: Message, 403: Message},
    details=RouteDetails(
        "User created successfully",
        refusals=(*NEW_ACCOUNT_REFUSALS, SignUpClosed, TooManyAccounts),
        sentences=NO_CREDENTIALS,
    ),
)
def signup(body: Credentials) -> tuple[dict[str, str], HTTPStatus]:
    """Make an account.

    Usernames that differ in case or width alone are one. The operator may have closed sign-up.
    """
    accounts().sign_up(body.username, body.password)
    return {"msg": "User created successfully"}, HTTPStatus.CREATED


@blueprint.post(
    "/login",
    responses={200: SessionTokens, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(
        refusals=(
            InvalidCredentials,
            CredentialsInAddress,
            session_cookies.ForeignOrigin,
            TooManyWrongPasswords,
        ),
        sentences=NO_CREDENTIALS,
        headers={200: ("Cache-Control", "Set-Cookie")},
    ),
)
def login(body: SignIn) -> Response:
    """Exchange a username and its password for an access token, and a refresh token for the next ones.

    The access token is good for 15 minutes, the refresh token once, at `POST /refresh`.
    """
    in_cookie = body.session == "cookie"
    if in_cookie:
        session_cookies.refuse_foreign_origin()
    grant = sessions().begin(accounts().sign_in(body.username, body.password))
    return granted(grant, in_cookie=in_cookie)
