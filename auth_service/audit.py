"""The log of what was done to accounts: who, what, when and from where. It holds no secret."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from flask import current_app, g, has_request_context
from sqlalchemy import select

from auth_service.client_addresses import client_address
from auth_service.housekeeping import remove_now_and_then
from auth_service.models import AuditEvent, db
from common.cursors import Page, cursor_of_number, number_of, page_of
from common.json_provider import exact_json

FORGOTTEN_AT_ONCE = 200


class Action(StrEnum):
    """What can be done to an account."""

    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action's name
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    SCOPES_CHANGED = "scopes_changed"
    API_KEY_CREATED = "api_key_created"
    API_KEY_REVOKED = "api_key_revoked"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - an action's name
    KEY_ROTATED = "key_rotated"


class Account(Protocol):
    """What an event tells of an account; a User has it, and so has a Person."""

    @property
    def id(self) -> str:
        """The id, which is never given again."""

    @property
    def username(self) -> str:
        """The name at the time."""


class Person(NamedTuple):
    """An account known from elsewhere than its row, as from a token."""

    id: str
    username: str


class AuditLog:
    """The events of all accounts."""

    def __init__(self, kept: timedelta) -> None:
        """Keep an event for that long."""
        self.kept = kept

    def add(self, event: AuditEvent) -> None:
        """Add an event to the transaction in hand, and now and then remove a few that are too old."""
        db.session.add(event)
        remove_now_and_then(AuditEvent.number, AuditEvent.at < event.at - self.kept, FORGOTTEN_AT_ONCE)

    def page(
        self,
        limit: int,
        cursor: str | None,
        *,
        action: Action | None = None,
        user_id: str | None = None,
        actor_id: str | None = None,
    ) -> Page[AuditEvent]:
        """Give some events, the newest first, from where a page ended.

        They may be of an action, done to an account, or by one.

        Raises BadCursor.
        """
        wanted = {
            AuditEvent.action: action,
            AuditEvent.subject_id: user_id,
            AuditEvent.actor_id: actor_id,
        }
        rows = select(AuditEvent).where(
            *(column == value for column, value in wanted.items() if value is not None)
        )
        if cursor is not None:
            rows = rows.where(AuditEvent.number < number_of(cursor))
        found = db.session.scalars(rows.order_by(AuditEvent.number.desc()).limit(limit + 1)).all()
        return page_of(found, limit, lambda last: cursor_of_number(last.number))


def record(
    action: Action, *, actor: Account | None = None, subject: Account | None = None, **detail: Any
) -> None:
    """Add an event to the transaction in hand, so that it is kept exactly if what it tells of is.

    `actor` did it to `subject`: None for the command line, or for one who is not signed in. `detail` becomes
    a JSON object; never put a secret into it, nor what a stranger typed.
    """
    audit_log: AuditLog = current_app.extensions["audit_log"]
    audit_log.add(
        AuditEvent(
            at=datetime.now(UTC),
            action=action,
            actor_id=actor.id if actor else None,
            actor_name=actor.username if actor else None,
            subject_id=subject.id if subject else None,
            subject_name=subject.username if subject else None,
            address=client_address(),
            request_id=g.get("request_id") if has_request_context() else None,
            detail=exact_json(detail) if detail else None,
        )
    )
