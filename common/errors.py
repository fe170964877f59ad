"""How an error becomes an HTTP answer of one JSON shape, `{"msg": ...}`."""

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, jsonify
from gunicorn.http.errors import ParseException
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from common.refusals import Refusal, Unavailable

log = logging.getLogger(__name__)

OUR_FAULTS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
"""Errors of a statement; the driver's others come from the server's state, such as a full disk."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
NO_DISK = frozenset({errno.EIO, errno.EROFS})

MOST_PROBLEMS = 100
"""How many misfits of a body an answer names: each may be a hundred times as long as what causes it."""
NO_OBJECT = "The body is not a JSON object."

SENTENCES = {
    HTTPStatus.BAD_REQUEST: Refusal.msg,
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer this method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side. Name the request id to report it.",
}


def answer_refusal(refusal: Refusal) -> Response:
    """Turn a refusal into its HTTP answer."""
    response = jsonify(refusal.body())
    response.status_code = refusal.status
    response.headers.update(refusal.headers())
    return response


def answer_http_exception(error: HTTPException) -> Response:
    """Turn an error of Flask's own (no such route, wrong method, body too large) into JSON."""
    given = error.get_response()
    status = HTTPStatus(given.status_code)
    response = jsonify(msg=SENTENCES.get(status, f"{status.phrase}."))
    response.status_code = status
    for name in ("Allow", "Location", "Retry-After"):
        if name in given.headers:
            response.headers[name] = given.headers[name]
    return response


def answer_database_error(error: Exception) -> Response:
    """Turn a database that is gone, busy or too slow into 503; a faulty statement stays our own fault."""
    if isinstance(error, OUR_FAULTS):
        return answer_unknown_exception(error)
    log.error("the database does not serve", exc_info=error)
    return answer_refusal(Unavailable())


def answer_broken_body(_error: Exception) -> Response:
    """Answer a body whose chunks are not framed as they should be (RFC 9112, section 7.1).

    gunicorn finds that out while the app reads the body, and then closes the connection.
    """
    return answer_refusal(Refusal())


def answer_system_error(error: OSError) -> Response:
    """Turn a want of room (a full disk, no descriptor left), or of a disk, into 503; others are ours."""
    if error.errno not in NO_ROOM | NO_DISK:
        return answer_unknown_exception(error)
    log.error("the system has no room, or a broken disk", exc_info=error)
    return answer_refusal(Unavailable())


def answer_unknown_exception(error: Exception) -> Response:
    """Log an exception that nobody foresaw whole, and answer without its text."""
    log.critical("unhandled exception", exc_info=error)
    response = jsonify(msg=SENTENCES[HTTPStatus.INTERNAL_SERVER_ERROR])
    response.status_code = HTTPStatus.INTERNAL_SERVER_ERROR
    return response


def register_error_handlers(app: Flask) -> None:
    """Make every error of an app a JSON answer."""
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(HTTPException, answer_http_exception)
    app.register_error_handler(DBAPIError, answer_database_error)
    app.register_error_handler(PoolTimeoutError, answer_database_error)
    app.register_error_handler(ParseException, answer_broken_body)
    app.register_error_handler(OSError, answer_system_error)
    app.register_error_handler(Exception, answer_unknown_exception)


class ValidationAnswers:
    """Answer a request that does not fit its route's model: with the contract's sentence, if it has one."""

    def __init__(self, contract: Mapping[str, str]) -> None:
        """`contract` maps a model's name to the sentence for a misfit, `Model.field` to that of one field."""
        self.contract = contract

    def __call__(self, error: ValidationError) -> Response:
        """Give the 400 for a model's validation error."""
        misfits = error.errors(include_url=False, include_context=False, include_input=False)
        if sentence := self._sentence(error.title, misfits):
            response = jsonify(msg=sentence)
        else:
            problems = [_problem(misfit) for misfit in misfits[:MOST_PROBLEMS]]
            response = jsonify(msg=SENTENCES[HTTPStatus.BAD_REQUEST], errors=problems)
        response.status_code = HTTPStatus.BAD_REQUEST
        return response

    def _sentence(self, model: str, misfits: list[ErrorDetails]) -> str | None:
        fields = {misfit["loc"][:1] for misfit in misfits}
        place = ".".join((model, *map(str, *fields))) if len(fields) == 1 else model
        return self.contract.get(place, self.contract.get(model))


def _problem(misfit: ErrorDetails) -> dict[str, str]:
    # Pydantic's own words for this name a class of ours.
    message = NO_OBJECT if misfit["type"] == "model_type" else misfit["msg"]
    return {"field": ".".join(str(part) for part in misfit["loc"]), "message": message}
