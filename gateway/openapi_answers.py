"""The answers that any route can give, from its service or from the gateway before it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from common.authentication import InsufficientScope
from common.errors import SENTENCES
from common.refusals import Refusal, Unavailable
from common.request_bodies import EncodedBody
from common.scopes import Scope
from common.tokens import InvalidToken

JSON = "application/json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}


class SharedAnswer(NamedTuple):
    """An answer that any route can give, with its name among the document's components."""

    name: str
    description: str
    sentence: str
    headers: tuple[str, ...] = ()


HEADERS: dict[str, tuple[str, str]] = {
    "X-Request-ID": (
        "The number of the request, which stands in the log lines too.",
        "0b9c1f6d2e8a47538d1e6f0a9b3c5d7e",
    ),
    "Retry-After": ("Seconds to wait before the request is sent again.", "2"),
    "WWW-Authenticate": (
        "What is wrong with the token (RFC 6750, section 3).",
        'Bearer error="invalid_token"',
    ),
    "Allow": ("The methods that this address answers.", "GET, HEAD, OPTIONS"),
    "Location": ("The address of what was made.", "/uploads/nightly-2026-11-20"),
    "ETag": (
        "Stands for this content, for `If-Match` and `If-None-Match`.",
        '"5d41402abc4b2a76b9719d911017c592"',
    ),
    "Set-Cookie": (
        "The refresh token, where a cookie keeps it.",
        "refresh_token=...; HttpOnly; SameSite=Strict",
    ),
    "Cache-Control": ("Who may keep the answer, and for how long.", "no-store"),
    "Content-Disposition": ("The name of the file.", 'attachment; filename="products.csv"'),
    "Content-Encoding": ("`gzip`, if `Accept-Encoding` asks for it.", "gzip"),
    "Vary": ("The request headers that the answer depends on.", "Accept-Encoding"),
    "Idempotency-Replayed": ("`true` on an answer that was given before, for the same key.", "true"),
}
ON_EVERY_ANSWER = "X-Request-ID"

CONDITIONS: dict[str, tuple[str, str]] = {
    "If-Match": ("An `ETag`: only if the product is still that one, else 412.", "*"),
    "If-None-Match": ("An `ETag`: only if there is not that one; `*`: only if there is none.", '"0"'),
}

SHARED: Mapping[HTTPStatus, SharedAnswer] = {
    HTTPStatus.BAD_REQUEST: SharedAnswer(
        "BadRequest", "A parameter or the body is not well formed.", Refusal.msg
    ),
    HTTPStatus.UNAUTHORIZED: SharedAnswer(
        "Unauthorized", "The token is missing, or not valid.", InvalidToken.msg, ("WWW-Authenticate",)
    ),
    HTTPStatus.FORBIDDEN: SharedAnswer(
        "Forbidden",
        "The token does not have the scope.",
        InsufficientScope(Scope.CATALOG_READ).body()["msg"],
        ("WWW-Authenticate",),
    ),
    HTTPStatus.NOT_FOUND: SharedAnswer(
        "NotFound", "There is nothing at the address.", SENTENCES[HTTPStatus.NOT_FOUND]
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: SharedAnswer(
        "MethodNotAllowed",
        "The address does not answer this method.",
        SENTENCES[HTTPStatus.METHOD_NOT_ALLOWED],
        ("Allow",),
    ),
    HTTPStatus.REQUEST_TIMEOUT: SharedAnswer(
        "TooSlow", "The request came too slowly.", "The request took too long to arrive."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: SharedAnswer(
        "TooLarge",
        "The body is larger than this route takes.",
        SENTENCES[HTTPStatus.REQUEST_ENTITY_TOO_LARGE],
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: SharedAnswer(
        "AddressTooLong", "The address is too long.", "The request's address is too long."
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: SharedAnswer(
        "EncodedBody", "The body has a `Content-Encoding`.", EncodedBody.msg
    ),
    HTTPStatus.MISDIRECTED_REQUEST: SharedAnswer(
        "UnknownHost", "The host name is not served.", "This server does not answer for that host name."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: SharedAnswer(
        "TooManyRequests",
        "Too many requests come from the client's address.",
        "Too many requests from your address. Try again in a moment.",
        ("Retry-After",),
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: SharedAnswer(
        "HeadersTooLarge", "The headers are too large.", "The request's headers are too large or too many."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: SharedAnswer(
        "Unavailable",
        "Something that the service depends on does not answer.",
        Unavailable.msg,
        ("Retry-After",),
    ),
}


def header_components() -> dict[str, Any]:
    """Give the headers, as components."""
    return {
        name: {
            "description": description,
            "required": name == ON_EVERY_ANSWER,
            "schema": {"type": "string"},
            "example": example,
        }
        for name, (description, example) in HEADERS.items()
    }


def answer_components() -> dict[str, Any]:
    """Give the shared answers, as components."""
    return {shared.name: shared_answer(status) for status, shared in SHARED.items()}


def shared_answer(status: HTTPStatus) -> dict[str, Any]:
    """Give the answer that any route can give with this status."""
    shared = SHARED[status]
    return {
        "description": shared.description,
        "headers": header_references(shared.headers),
        "content": {
            JSON: {"schema": PROBLEM, "examples": {"ofAnyRoute": {"value": {"msg": shared.sentence}}}}
        },
    }


def header_references(names: tuple[str, ...]) -> dict[str, Any]:
    """Refer to the headers of an answer, with those that every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted({ON_EVERY_ANSWER, *names})}


def condition_parameters(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Give the parameters for the request headers that a route heeds."""
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": CONDITIONS[name][0],
            "schema": {"type": "string"},
            "example": CONDITIONS[name][1],
        }
        for name in names
    ]
