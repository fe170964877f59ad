"""Why a request is refused: a tree of named exceptions, each with its status and its sentence."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

RETRY_AFTER: Mapping[str, str] = {"Retry-After": "2"}
"""The header that says in how many seconds to try again (RFC 9110, section 10.2.3)."""


class Refusal(Exception):
    """A request was refused for a reason that its sender is told."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    msg: ClassVar[str] = "The request is not well formed."

    def headers(self) -> Mapping[str, str]:
        """Give the headers that the answer carries beside its body."""
        return {}

    def body(self) -> dict[str, Any]:
        """Give the answer's JSON body."""
        return {"msg": self.msg}


class FieldRefusal(Refusal):
    """A request was refused for one parameter of it, or one member of its body."""

    field: str
    problem: str
    """A sentence about what is wrong with it."""

    def body(self) -> dict[str, Any]:
        """Name the field, and what is wrong with it."""
        return {"msg": self.msg, "errors": [{"field": self.field, "message": self.problem}]}


class Unavailable(Refusal):
    """Something that the service depends on does not answer; the same request may work later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    msg = "The service is not available at the moment. Try again in a few seconds."

    def headers(self) -> Mapping[str, str]:
        """Say when to try again."""
        return RETRY_AFTER
