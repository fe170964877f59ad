"""A program's request for a token: the client credentials grant (RFC 6749, section 4.4)."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote_plus

from common.refusals import Refusal

GRANT_TYPE = "client_credentials"
FORM = "application/x-www-form-urlencoded"
# RFC 9110, section 11.1: the scheme's name is case-insensitive.
BASIC = re.compile(r"basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE | re.ASCII)

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""The headers of an answer with a secret in it (RFC 6749, section 5.1)."""


class TokenRefused(Refusal):
    """The token endpoint gives no token; `error` is the code of RFC 6749, section 5.2."""

    error: ClassVar[str] = "invalid_request"

    def body(self) -> dict[str, Any]:
        """Give the code, for the program, beside the sentence."""
        return {"error": self.error, "msg": self.msg}

    def headers(self) -> Mapping[str, str]:
        """Keep the answer out of caches."""
        return NO_STORE


class NotAForm(TokenRefused):
    """The body is of another type than RFC 6749 asks for."""

    msg = f"Send the parameters in the body, as {FORM}."


class ParametersInAddress(TokenRefused):
    """Parameters stand in the address, where logs and histories keep them (RFC 6749, section 2.3.1)."""

    msg = "The parameters belong in the body, not in the address."


class RepeatedParameter(TokenRefused):
    """A parameter is there twice (RFC 6749, section 3.2)."""

    msg = "A parameter is given more than once."


class NoGrantType(TokenRefused):
    """The parameter that says what is asked for is missing."""

    msg = "The parameter grant_type is missing."


class TwoAuthentications(TokenRefused):
    """The client authenticates in two ways at once (RFC 6749, section 2.3)."""

    msg = "Send the client's credentials in the Authorization header or in the body, not in both."


class UnsupportedGrantType(TokenRefused):
    """Something else is asked for than a token for a client's credentials."""

    error = "unsupported_grant_type"
    msg = f"The only grant_type here is {GRANT_TYPE}."


class InvalidScope(TokenRefused):
    """More is asked for than the client may have."""

    error = "invalid_scope"
    msg = "The scope is not one that this API key gives."


class InvalidClient(TokenRefused):
    """The client's credentials are missing or wrong, or no longer valid; which of these is not told."""

    status = HTTPStatus.UNAUTHORIZED
    error = "invalid_client"
    msg = "The client's credentials are missing or not valid."

    def headers(self) -> Mapping[str, str]:
        """Name the scheme, as RFC 6749, section 5.2, asks."""
        return {**super().headers(), "WWW-Authenticate": 'Basic realm="token", charset="UTF-8"'}


class TokenRequest(NamedTuple):
    """Who asks for a token, and for what."""

    client_id: str
    client_secret: str
    scope: str | None
    """What the token shall be good for; None for all that the client has."""


def token_request(form: Mapping[str, Sequence[str]], authorization: Sequence[str]) -> TokenRequest:
    """Read a request from its parameters, each with its values, and its Authorization headers.

    Raises RepeatedParameter, NoGrantType, UnsupportedGrantType, TwoAuthentications, InvalidClient.
    """
    if any(len(values) > 1 for values in form.values()):
        raise RepeatedParameter
    # Section 3.2: a parameter without a value counts as left out, and an unknown one is passed over.
    parameters = {name: value for name, (value,) in form.items() if value}
    grant_type = parameters.get("grant_type")
    if grant_type is None:
        raise NoGrantType
    if grant_type != GRANT_TYPE:
        raise UnsupportedGrantType
    return TokenRequest(*_credentials(parameters, authorization), parameters.get("scope"))


def _credentials(parameters: Mapping[str, str], authorization: Sequence[str]) -> tuple[str, str]:
    if not authorization:
        try:
            return parameters["client_id"], parameters["client_secret"]
        except KeyError:
            raise InvalidClient from None
    if "client_id" in parameters or "client_secret" in parameters:
        raise TwoAuthentications
    basic = BASIC.fullmatch(authorization[0]) if len(authorization) == 1 else None
    if basic is None:
        raise InvalidClient
    return _basic_credentials(basic[1])


def _basic_credentials(encoded: str) -> tuple[str, str]:
    """Read the id and the secret, each form-urlencoded by itself (RFC 6749, section 2.3.1)."""
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode("utf-8").partition(":")
        if not colon:
            raise InvalidClient
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise InvalidClient from None
