"""Conditional requests (RFC 9110, section 13): what a client asks of the stored state."""

from http import HTTPStatus

from flask import Response, request
from werkzeug.http import quote_etag

from common.refusals import Refusal


class PreconditionFailed(Refusal):
    """The product is not in the state that If-Match or If-None-Match asks for."""

    status = HTTPStatus.PRECONDITION_FAILED
    msg = "The product is not as the request's If-Match or If-None-Match asks for. Read it again."


def check_preconditions(tag: str | None) -> None:
    """Hold a change's conditions to the stored entity tag, None where there is nothing.

    Raises PreconditionFailed.
    """
    if "If-Match" in request.headers and (tag is None or not request.if_match.contains(tag)):
        raise PreconditionFailed
    if tag is not None and request.if_none_match.contains_weak(tag):
        raise PreconditionFailed


def answer_read(response: Response, tag: str) -> Response:
    """Give an answer its entity tag, or a 304 without a body to whom has it already.

    Raises PreconditionFailed for an If-Match that names others.
    """
    if "If-Match" in request.headers and not request.if_match.contains(tag):
        raise PreconditionFailed
    if request.if_none_match.contains_weak(tag):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.headers["ETag"] = quote_etag(tag)
    return response
