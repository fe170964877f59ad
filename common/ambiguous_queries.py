"""Refuses queries that have no one meaning: parameters that are given twice, and bytes that are no text."""

from collections import Counter
from urllib.parse import unquote_to_bytes

from flask import request

from common.refusals import FieldRefusal, Refusal


class UndecodableQuery(Refusal):
    """The query is not UTF-8, so that it would be read as another text."""

    msg = "The query of the address is not UTF-8."


class RepeatedQueryParameter(FieldRefusal):
    """A query parameter is given twice, so that it has no one meaning."""

    problem = "This is given more than once."

    def __init__(self, name: str) -> None:
        """Name the parameter."""
        super().__init__(name)
        self.field = name


def refuse_ambiguous_query() -> None:
    """Refuse a query that would be guessed at. Raises UndecodableQuery, RepeatedQueryParameter.

    For blueprints whose routes read the query, as what runs before each request.
    """
    try:
        # What separates parameters is ASCII, so that no bytes of two of them make one character.
        unquote_to_bytes(request.query_string.decode()).decode()
    except UnicodeDecodeError:
        raise UndecodableQuery from None
    times = Counter(name for name, _ in request.args.items(multi=True))
    for name, given in times.items():
        if given > 1:
            raise RepeatedQueryParameter(name)
