"""`/api-keys`, for people, and `/token`, for the programs that they give a key."""

from http import HTTPStatus
from typing import Any, cast

from flask import current_app, request

from auth_service.api_key_schemas import (
    ApiKeyBody,
    ApiKeyMade,
    ApiKeyPath,
    ApiKeyRequest,
    ApiKeysBody,
    ClientToken,
    TokenError,
    TokenForm,
    TokenFormFields,
)
from auth_service.api_keys import ApiKeys, NewApiKey, TooManyApiKeys, UnfitScopes, UnknownApiKey
from auth_service.client_credentials import (
    FORM,
    NO_STORE,
    InvalidClient,
    InvalidScope,
    NoGrantType,
    NotAForm,
    ParametersInAddress,
    RepeatedParameter,
    TwoAuthentications,
    UnsupportedGrantType,
    token_request,
)
from auth_service.issued_tokens import SessionNeeded, current_session
from auth_service.models import ApiKey
from common.authentication import Authentication, ServiceBlueprint, caller
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import scope_list
from common.tokens import TOKEN_LIFETIME_SECONDS

blueprint = ServiceBlueprint("api_keys", __name__, authentication=Authentication.TOKEN, tag="API keys")
token_blueprint = ServiceBlueprint(
    "token_exchange", __name__, authentication=Authentication.PUBLIC, tag="API keys"
)


@blueprint.before_request
def refuse_api_keys_tokens() -> None:
    """Refuse a token that an API key gave: who finds one could outlive it by making more.

    Raises SessionNeeded.
    """
    if request.method != "OPTIONS":
        current_session()


def api_keys() -> ApiKeys:
    """Give the API keys, which the app's factory has put there."""
    return cast(ApiKeys, current_app.extensions["api_keys"])


@blueprint.post(
    "/api-keys",
    responses={201: ApiKeyMade, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(
        refusals=(TooManyApiKeys, UnfitScopes, SessionNeeded), headers={201: ("Cache-Control",)}
    ),
)
def create_api_key(body: ApiKeyRequest) -> tuple[dict[str, Any], HTTPStatus, dict[str, str]]:
    """Make an API key; its secret is shown here and never again.

    Without `scopes` the key gives one's own, but for `users:admin`. An API key's token can make none.
    """
    wanted = NewApiKey(body.name, body.scopes, body.expires_in_days)
    key, secret = api_keys().create(caller().subject, wanted)
    return {**_shown(key), "client_secret": secret}, HTTPStatus.CREATED, NO_STORE


@blueprint.get(
    "/api-keys",
    responses={200: ApiKeysBody, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(refusals=(SessionNeeded,)),
)
def list_api_keys() -> dict[str, Any]:
    """List one's own API keys, the newest first.

    Expired ones too. Secrets are not shown.
    """
    return {"api_keys": [_shown(key) for key in api_keys().all_of(caller().subject)]}


@blueprint.delete(
    "/api-keys/<client_id>",
    responses={200: Message, 400: Message, 401: Message, 403: Message, 404: Message},
    details=RouteDetails("API key revoked", refusals=(UnknownApiKey, SessionNeeded)),
)
def revoke_api_key(path: ApiKeyPath) -> dict[str, str]:
    """Revoke one of one's own API keys, and the tokens that it gave.

    The catalog refuses its tokens within 5 s.
    """
    api_keys().revoke(caller().subject, path.client_id)
    return {"msg": "API key revoked"}


@token_blueprint.post(
    "/token",
    responses={200: ClientToken, 400: TokenError, 401: TokenError},
    details=RouteDetails(
        refusals=(
            NotAForm,
            ParametersInAddress,
            RepeatedParameter,
            NoGrantType,
            TwoAuthentications,
            UnsupportedGrantType,
            InvalidScope,
            InvalidClient,
        ),
        headers={
            200: ("Cache-Control",),
            400: ("Cache-Control",),
            401: ("Cache-Control", "WWW-Authenticate"),
        },
        form=TokenFormFields,
        basic=True,
    ),
)
def exchange_api_key(raw: TokenForm) -> tuple[dict[str, Any], HTTPStatus, dict[str, str]]:
    """Exchange an API key for an access token (RFC 6749, section 4.4).

    The key stands in the form or in `Authorization: Basic`. There is no refresh token: ask again.
    """
    if raw.args:
        raise ParametersInAddress
    if raw.mimetype != FORM:
        raise NotAForm
    wanted = token_request(raw.form.to_dict(flat=False), raw.headers.getlist("Authorization"))
    granted = api_keys().exchange(wanted)
    answer = ClientToken(
        access_token=granted.access_token,
        token_type="Bearer",  # noqa: S106 - what kind it is
        expires_in=TOKEN_LIFETIME_SECONDS,
        scope=granted.scope,
    )
    return answer.model_dump(), HTTPStatus.OK, NO_STORE


def _shown(key: ApiKey) -> dict[str, Any]:
    shown = ApiKeyBody(
        client_id=key.id,
        name=key.name,
        scopes=scope_list(key.scope),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
    return shown.model_dump(mode="json")
