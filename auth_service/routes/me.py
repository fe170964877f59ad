"""`/me`: what people do to their own accounts."""

from typing import Any

from auth_service.account_schemas import OwnAccount, PasswordChange, PasswordConfirmation
from auth_service.accounts import WrongCurrentPassword
from auth_service.allowances import TooManyWrongPasswords
from auth_service.issued_tokens import SessionNeeded, current_session
from auth_service.routes import session_cookies
from auth_service.routes.accounts import NEW_PASSWORD_REFUSALS, accounts
from auth_service.routes.credentials_in_address import CredentialsInAddress, refuse_credentials_in_address
from common.authentication import Authentication, ServiceBlueprint, caller
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import scope_list

blueprint = ServiceBlueprint("me", __name__, authentication=Authentication.TOKEN, tag="Accounts")


@blueprint.get("/me", responses={200: OwnAccount, 400: Message, 401: Message})
def me() -> dict[str, Any]:
    """Show the account of the token, with what it may do now."""
    user = accounts().find(caller().subject)
    shown = OwnAccount(
        id=user.id, username=user.username, scopes=scope_list(user.scope), created_at=user.created_at
    )
    return shown.model_dump(mode="json")


@blueprint.patch(
    "/me/password",
    responses={200: Message, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(
        "Password changed. Sign in again.",
        refusals=(
            WrongCurrentPassword,
            *NEW_PASSWORD_REFUSALS,
            CredentialsInAddress,
            SessionNeeded,
            TooManyWrongPasswords,
        ),
    ),
)
def change_password(body: PasswordChange) -> dict[str, str]:
    """Set another password; every session ends, this one too.

    Wrong current passwords count as at sign-in: who guesses waits.
    """
    refuse_credentials_in_address()
    current_session()
    accounts().change_password(caller().subject, body.current_password, body.new_password)
    session_cookies.forget()
    return {"msg": "Password changed. Sign in again."}


@blueprint.delete(
    "/me",
    responses={200: Message, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(
        "Account deleted",
        refusals=(WrongCurrentPassword, CredentialsInAddress, SessionNeeded, TooManyWrongPasswords),
    ),
)
def delete_account(body: PasswordConfirmation) -> dict[str, str]:
    """Delete the account, its sessions and its API keys.

    What it uploaded stays. The username is free again.
    """
    refuse_credentials_in_address()
    current_session()
    accounts().delete(caller().subject, body.password)
    session_cookies.forget()
    return {"msg": "Account deleted"}
