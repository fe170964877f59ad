"""`/users`: for administrators."""

from http import HTTPStatus
from typing import Any

from auth_service.account_schemas import AccountBody, AccountChange, AccountPath, AccountsPage, PageQuery
from auth_service.administration import OwnAdministration, UnknownAccount, administration
from auth_service.models import User
from auth_service.routes.accounts import NEW_ACCOUNT_REFUSALS, NO_CREDENTIALS, accounts
from auth_service.routes.callers import calling_person
from auth_service.routes.credentials_in_address import refuse_credentials_in_address
from auth_service.session_schemas import Credentials
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.cursors import BadCursor
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope, scope_list

blueprint = ServiceBlueprint("users", __name__, authentication=Authentication.TOKEN, tag="Administration")
blueprint.before_request(refuse_ambiguous_query)


@blueprint.get(
    "/users",
    scope=Scope.USERS_ADMIN,
    responses={200: AccountsPage, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(refusals=(BadCursor,)),
)
def list_accounts(query: PageQuery) -> dict[str, Any]:
    """List accounts, by their usernames."""
    page = administration().page(query.limit, query.cursor)
    return {"users": [_shown(user) for user in page.items], "next": page.next}


@blueprint.post(
    "/users",
    scope=Scope.USERS_ADMIN,
    responses={201: AccountBody, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(refusals=NEW_ACCOUNT_REFUSALS, sentences=NO_CREDENTIALS),
)
def create_account(body: Credentials) -> tuple[dict[str, Any], HTTPStatus]:
    """Make an account for somebody, also while sign-up is closed."""
    refuse_credentials_in_address()
    made = accounts().create(body.username, body.password, calling_person())
    return _shown(made), HTTPStatus.CREATED


@blueprint.get(
    "/users/<user_id>",
    scope=Scope.USERS_ADMIN,
    responses={200: AccountBody, 400: Message, 401: Message, 403: Message, 404: Message},
    details=RouteDetails(refusals=(UnknownAccount,)),
)
def show_account(path: AccountPath) -> dict[str, Any]:
    """Show one account."""
    return _shown(administration().find(path.user_id))


@blueprint.patch(
    "/users/<user_id>",
    scope=Scope.USERS_ADMIN,
    responses={200: AccountBody, 400: Message, 401: Message, 403: Message, 404: Message},
    details=RouteDetails(refusals=(UnknownAccount, OwnAdministration)),
)
def change_account(path: AccountPath, body: AccountChange) -> dict[str, Any]:
    """Set what an account may do, or disable or enable it.

    A scope that is taken away ends the account's access tokens; disabling ends its sessions too.
    """
    changed = administration().change(path.user_id, calling_person(), body.scopes, disabled=body.disabled)
    return _shown(changed)


def _shown(user: User) -> dict[str, Any]:
    shown = AccountBody(
        id=user.id,
        username=user.username,
        scopes=scope_list(user.scope),
        created_at=user.created_at,
        disabled=user.disabled_at is not None,
        disabled_at=user.disabled_at,
    )
    return shown.model_dump(mode="json")
