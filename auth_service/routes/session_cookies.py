"""The cookie that keeps a browser's refresh token out of reach of the page's scripts (decision 27)."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Response, after_this_request, request

from auth_service.sessions import Grant
from common.refusals import FieldRefusal, Refusal

NAME = "refresh_token"
PATH = "/refresh"
"""The one address that needs it. To clear it, an answer of any address will do."""
ORIGIN = re.compile(r"(https?)://([^\s/?#@]+)", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}


class ForeignOrigin(Refusal):
    """The request comes from a page of another site, which may not use this one's cookie, nor set it."""

    status = HTTPStatus.FORBIDDEN
    msg = "A session cookie is for this site's own pages."


class NoRefreshToken(FieldRefusal):
    """There is a refresh token neither in the body nor in a cookie."""

    field = "refresh_token"
    problem = "Field required"


def keep(response: Response, grant: Grant) -> None:
    """Give a browser the refresh token, for as long as it is good."""
    response.set_cookie(NAME, grant.refresh_token, max_age=grant.refresh_expires_in, **_attributes())


def kept() -> str:
    """Give the refresh token of the request's cookie. Raises ForeignOrigin, NoRefreshToken."""
    token = request.cookies.get(NAME)
    if not token:
        raise NoRefreshToken
    refuse_foreign_origin()
    return token


def forget() -> None:
    """Let the answer to the request in hand, whatever it is, clear the cookie."""

    @after_this_request
    def clear(response: Response) -> Response:
        response.delete_cookie(NAME, **_attributes())
        return response


def refuse_foreign_origin() -> None:
    """Refuse what a page of another host sent. Raises ForeignOrigin.

    Browsers name a POST's page in Origin (Fetch standard, section 3.2); other programs need not, and have
    nobody's cookies.
    """
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(origin):
        raise ForeignOrigin


def _attributes() -> dict[str, Any]:
    return {"path": PATH, "secure": request.is_secure, "httponly": True, "samesite": "Strict"}


def _is_own(origin: str) -> bool:
    parts = ORIGIN.fullmatch(origin)
    if parts is None:
        return False
    port = DEFAULT_PORTS[parts[1].lower()]
    try:
        theirs, ours = (_address(urlsplit(f"//{host}"), port) for host in (parts[2], request.host))
    except ValueError:
        return False
    return theirs == ours


def _address(parts: SplitResult, default_port: int) -> tuple[str | None, int]:
    """Give host and port; a host without one was called at the default port of the page's own scheme."""
    return parts.hostname, parts.port or default_port
