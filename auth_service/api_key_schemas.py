"""The bodies of `/api-keys` and `/token`."""

from datetime import datetime

from flask_openapi3.models import RawModel
from pydantic import BaseModel, ConfigDict, Field

from auth_service.client_credentials import FORM
from common.scopes import Scope, ScopeList

VISIBLE = r"^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$"
"""Text without control characters, and not of blanks alone."""


class ApiKeyRequest(BaseModel):
    """What a new API key shall be."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str = Field(max_length=64, pattern=VISIBLE, examples=["nightly import"])
    scopes: ScopeList | None = Field(default=None, min_length=1)
    """One's own, but for `users:admin`, unless others are named."""
    expires_in_days: int = Field(default=90, ge=1, le=365)


class ApiKeyPath(BaseModel):
    """Which API key is meant."""

    client_id: str


class ApiKeyBody(BaseModel):
    """An API key, without its secret."""

    client_id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class ApiKeyMade(ApiKeyBody):
    """A new API key; its secret is told here alone."""

    client_secret: str


class ApiKeysBody(BaseModel):
    """An account's API keys, the newest first."""

    api_keys: list[ApiKeyBody]


class TokenForm(RawModel):
    """A program's request for a token (RFC 6749, section 4.4.2): `grant_type`, and perhaps `scope`.

    `client_id` and `client_secret` stand beside them, or in the Authorization header.
    """

    mimetypes = [FORM]  # noqa: RUF012 - as flask-openapi3 declares it


class ClientToken(BaseModel):
    """An access token for a program (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenError(BaseModel):
    """Why there is no token (RFC 6749, section 5.2)."""

    error: str
    msg: str
