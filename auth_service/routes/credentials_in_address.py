"""Refuses credentials that stand in the address, for routes that take some and have no query parameters."""

from flask import request

from common.refusals import Refusal


class CredentialsInAddress(Refusal):
    """Credentials stood in the address, where logs and histories keep them."""

    msg = "Credentials belong in the body, not in the address."


def refuse_credentials_in_address() -> None:
    """Refuse them, whatever they are called there, so that a client's mistake is found at its first request.

    Raises CredentialsInAddress.
    """
    if request.args:
        raise CredentialsInAddress
