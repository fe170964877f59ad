"""What holds for the query parameters of every address that takes some."""

from collections import Counter
from typing import Any

from flask import request

from common.refusals import Refusal


class RepeatedParameter(Refusal):
    """A query parameter is given twice, so that it has no one meaning."""

    def __init__(self, name: str) -> None:
        """Name the parameter."""
        super().__init__(name)
        self.name = name

    def body(self) -> dict[str, Any]:
        """Name the parameter."""
        return {"msg": self.msg, "errors": [{"field": self.name, "message": "This is given more than once."}]}


def refuse_repeated_parameters() -> None:
    """Refuse what would otherwise be decided by the order of parameters. Raises RepeatedParameter."""
    times = Counter(name for name, _ in request.args.items(multi=True))
    for name, given in times.items():
        if given > 1:
            raise RepeatedParameter(name)
