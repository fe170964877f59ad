"""What a request is asked with besides its body."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """A query, or the headers of a request.

    flask_openapi3 asks for the JSON schema with each request, which takes longer than all else but the
    database, so that it is worked out once.
    """

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Give the JSON schema; without options it is shared, and only read."""
        if arguments or options:
            return super().model_json_schema(*arguments, **options)
        return _schema_of(cls)


class NoParameters(Parameters):
    """The query of an address that takes none."""

    model_config = ConfigDict(extra="forbid")


@cache
def _schema_of(parameters: type[BaseModel]) -> dict[str, Any]:
    return parameters.model_json_schema(mode="validation")
