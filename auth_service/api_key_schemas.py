"""The bodies of `/api-keys` and `/token`."""

from datetime import datetime
from typing import Annotated, Literal

from flask_openapi3.models import RawModel
from pydantic import BaseModel, ConfigDict, Field

from auth_service.client_credentials import FORM
from common.scopes import Scope, ScopeList
from common.spelling import Spelling

VISIBLE = Spelling(
    r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$",
    "This must hold more than blanks, and no control characters.",
)


class ApiKeyRequest(BaseModel):
    """What a new API key shall be."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: Annotated[str, Field(max_length=64), VISIBLE] = Field(
        json_schema_extra={"example": "nightly import"}
    )
    scopes: ScopeList | None = Field(
        default=None, min_length=1, json_schema_extra={"example": ["catalog:write"]}
    )
    """One's own, but for `users:admin`, unless others are named."""
    expires_in_days: int = Field(default=90, ge=1, le=365)


class ApiKeyPath(BaseModel):
    """Which API key is meant."""

    client_id: str


class ApiKeyBody(BaseModel):
    """An API key, without its secret."""

    client_id: str = Field(json_schema_extra={"example": "c7f2a1d0-3b5e-4f60-8a9c-1d2e3f405162"})
    name: str = Field(json_schema_extra={"example": "nightly import"})
    scopes: list[Scope]
    created_at: datetime = Field(json_schema_extra={"example": "2026-11-20T09:30:00Z"})
    expires_at: datetime = Field(json_schema_extra={"example": "2027-02-18T09:30:00Z"})
    last_used_at: datetime | None = Field(json_schema_extra={"example": None})


class ApiKeyMade(ApiKeyBody):
    """A new API key; its secret is told here alone."""

    client_secret: str = Field(json_schema_extra={"example": "shown-here-and-never-again"})


class ApiKeysBody(BaseModel):
    """An account's API keys, the newest first."""

    api_keys: list[ApiKeyBody]


class TokenForm(RawModel):
    """A program's request for a token (RFC 6749, section 4.4.2): `grant_type`, and perhaps `scope`.

    `client_id` and `client_secret` stand beside them, or in the Authorization header.
    """

    mimetypes = [FORM]  # noqa: RUF012 - as flask-openapi3 declares it


class TokenFormFields(BaseModel):
    """The fields of the form; an unknown one is passed over."""

    grant_type: Literal["client_credentials"]
    client_id: str | None = Field(
        default=None, json_schema_extra={"example": "c7f2a1d0-3b5e-4f60-8a9c-1d2e3f405162"}
    )
    client_secret: str | None = Field(
        default=None, json_schema_extra={"example": "shown-here-and-never-again"}
    )
    scope: str | None = Field(default=None, json_schema_extra={"example": "catalog:write"})


class ClientToken(BaseModel):
    """An access token for a program (RFC 6749, section 5.1)."""

    access_token: str = Field(json_schema_extra={"example": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI1ZiJ9.c2lnbmVk"})
    token_type: str = Field(json_schema_extra={"example": "Bearer"})
    expires_in: int = Field(json_schema_extra={"example": 900})
    scope: str = Field(json_schema_extra={"example": "catalog:write"})


class TokenError(BaseModel):
    """Why there is no token (RFC 6749, section 5.2)."""

    error: str = Field(json_schema_extra={"example": "invalid_request"})
    msg: str = Field(json_schema_extra={"example": "A parameter is given more than once."})
