"""Who makes the request in hand."""

from auth_service.audit import Person
from common.authentication import caller


def calling_person() -> Person:
    """Give the account of the request's token, by the name that it had when the token was issued."""
    token = caller()
    return Person(token.subject, token.username)
