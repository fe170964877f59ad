"""The bodies and parameters of `/me`, `/users` and `/audit`."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from auth_service.audit import Action
from common.parameters import Parameters
from common.query_numbers import PlainInt
from common.scopes import Scope, ScopeList


class OwnAccount(BaseModel):
    """One's own account."""

    id: str = Field(json_schema_extra={"example": "5f0c3b1e-8c1d-4d5a-9b5e-2f8f6d1c7a90"})
    username: str = Field(json_schema_extra={"example": "ada"})
    scopes: list[Scope]
    created_at: datetime = Field(json_schema_extra={"example": "2026-11-20T09:30:00Z"})


class PasswordChange(BaseModel):
    """A new password, and the one that it follows."""

    model_config = ConfigDict(strict=True, extra="forbid")

    current_password: str = Field(min_length=1, json_schema_extra={"example": "correct horse battery staple"})
    new_password: str = Field(min_length=1, json_schema_extra={"example": "quiet otters juggle lanterns"})


class PasswordConfirmation(BaseModel):
    """The password of an account, to confirm what can't be undone."""

    model_config = ConfigDict(strict=True, extra="forbid")

    password: str = Field(min_length=1, json_schema_extra={"example": "correct horse battery staple"})


class AccountPath(BaseModel):
    """Which account is meant."""

    user_id: str


class AccountBody(OwnAccount):
    """An account, as administrators see it."""

    disabled: bool
    disabled_at: datetime | None = Field(json_schema_extra={"example": None})


def _nothing() -> Any:
    return None


class AccountChange(BaseModel):
    """What an administrator changes of an account: its scopes, whether it is disabled, or both."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"example": {"scopes": ["catalog:read"], "disabled": False}, "minProperties": 1},
    )

    # Left out, but never null: the errors of a type that may be None would name its two branches.
    scopes: ScopeList = Field(default_factory=_nothing)
    """All that it may do from now on."""
    disabled: bool = Field(default_factory=_nothing)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing_to_change", "Give scopes, disabled, or both.")
        return self


class PageQuery(Parameters):
    """Which part of a list is asked for."""

    model_config = ConfigDict(extra="forbid")

    limit: PlainInt = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="The `next` of the page before.")


class AccountsPage(BaseModel):
    """Accounts by the canonical form of their usernames."""

    users: list[AccountBody]
    next: str | None = Field(json_schema_extra={"example": "YWRh"})
    """The cursor of the page that follows."""


class AuditQuery(PageQuery):
    """Which events are listed."""

    action: Action | None = None
    user_id: str | None = Field(default=None, description="The account that it was done to.")
    actor_id: str | None = Field(default=None, description="Who did it.")


class PersonBody(BaseModel):
    """An account as it was called at the time."""

    id: str = Field(json_schema_extra={"example": "5f0c3b1e-8c1d-4d5a-9b5e-2f8f6d1c7a90"})
    username: str = Field(json_schema_extra={"example": "ada"})


class AuditEventBody(BaseModel):
    """Something that was done to an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 7,
                "at": "2026-11-20T09:30:00Z",
                "action": "signed_in",
                "actor": {"id": "5f0c3b1e-8c1d-4d5a-9b5e-2f8f6d1c7a90", "username": "ada"},
                "subject": {"id": "5f0c3b1e-8c1d-4d5a-9b5e-2f8f6d1c7a90", "username": "ada"},
                "address": "192.0.2.1",
                "request_id": "0b9c1f6d2e8a47538d1e6f0a9b3c5d7e",
                "detail": {},
            }
        }
    )

    number: int
    at: datetime
    action: Action
    actor: PersonBody | None
    """Nobody on the command line, nor where nobody was signed in."""
    subject: PersonBody | None
    address: str | None
    request_id: str | None
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Events, the newest first."""

    events: list[AuditEventBody]
    next: str | None = Field(json_schema_extra={"example": "Nw"})
    """The cursor of the page that follows."""
