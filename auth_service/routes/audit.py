"""`/audit`: what was done to accounts, for administrators."""

from typing import Any, cast

from flask import current_app

from auth_service.account_schemas import AuditEventBody, AuditPage, AuditQuery, PersonBody
from auth_service.audit import AuditLog
from auth_service.models import AuditEvent
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.cursors import BadCursor
from common.json_provider import read_exact_json
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

blueprint = ServiceBlueprint("audit", __name__, authentication=Authentication.TOKEN, tag="Administration")
blueprint.before_request(refuse_ambiguous_query)


def audit_log() -> AuditLog:
    """Give the audit log, which the app's factory has put there."""
    return cast(AuditLog, current_app.extensions["audit_log"])


@blueprint.get(
    "/audit",
    scope=Scope.USERS_ADMIN,
    responses={200: AuditPage, 400: Message, 401: Message, 403: Message},
    details=RouteDetails(refusals=(BadCursor,)),
)
def list_events(query: AuditQuery) -> dict[str, Any]:
    """List what was done to accounts: who did what to whom, when and from where; the newest first.

    `actor` is null for what was done at the command line, and where nobody was signed in.
    """
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    page = audit_log().page(query.limit, query.cursor, **wanted)
    return {"events": [_shown(event) for event in page.items], "next": page.next}


def _shown(event: AuditEvent) -> dict[str, Any]:
    shown = AuditEventBody(
        number=event.number,
        at=event.at,
        action=event.action,
        actor=_person(event.actor_id, event.actor_name),
        subject=_person(event.subject_id, event.subject_name),
        address=event.address,
        request_id=event.request_id,
        detail=read_exact_json(event.detail or "{}"),
    )
    return shown.model_dump(mode="json")


def _person(user_id: str | None, username: str | None) -> PersonBody | None:
    return None if user_id is None else PersonBody(id=user_id, username=username or "")
