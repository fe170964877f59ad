"""The bodies and parameters of `/me`, `/users` and `/audit`."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from auth_service.audit import Action
from common.scopes import Scope, ScopeList

LARGEST_NUMBER = 2**63 - 1


class OwnAccount(BaseModel):
    """One's own account."""

    id: str
    username: str
    scopes: list[Scope]
    created_at: datetime


class PasswordChange(BaseModel):
    """A new password, and the one that it follows."""

    model_config = ConfigDict(strict=True, extra="forbid")

    current_password: str = Field(min_length=1)
    new_password: str = Field(min_length=1)


class PasswordConfirmation(BaseModel):
    """The password of an account, to confirm what can't be undone."""

    model_config = ConfigDict(strict=True, extra="forbid")

    password: str = Field(min_length=1)


class AccountPath(BaseModel):
    """Which account is meant."""

    user_id: str


class AccountBody(OwnAccount):
    """An account, as administrators see it."""

    disabled: bool
    disabled_at: datetime | None


class AccountChange(BaseModel):
    """What an administrator changes of an account: its scopes, whether it is disabled, or both."""

    model_config = ConfigDict(strict=True, extra="forbid")

    scopes: ScopeList | None = None
    """All that it may do from now on."""
    disabled: bool | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("give scopes, disabled, or both, and no null")
        return self


class Page(BaseModel):
    """Which part of a list is asked for."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=100)


class AccountsQuery(Page):
    """Which accounts are listed."""

    cursor: str | None = Field(default=None, description="The `next` of the page before.")


class AccountsPage(BaseModel):
    """Accounts by the canonical form of their usernames."""

    users: list[AccountBody]
    next: str | None
    """The cursor of the page that follows."""


class AuditQuery(Page):
    """Which events are listed."""

    action: Action | None = None
    user_id: str | None = Field(default=None, description="The account that it was done to.")
    actor_id: str | None = Field(default=None, description="Who did it.")
    cursor: int | None = Field(
        default=None, ge=1, le=LARGEST_NUMBER, description="The `next` of the page before."
    )


class PersonBody(BaseModel):
    """An account as it was called at the time."""

    id: str
    username: str


class AuditEventBody(BaseModel):
    """Something that was done to an account."""

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
    next: int | None
    """The cursor of the page that follows."""
