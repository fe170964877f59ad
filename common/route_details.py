"""What a route says of itself beyond its models, for the OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel

from common.refusals import Refusal


class RouteDetails(NamedTuple):
    """What can't be read from a route's models."""

    says: str | None = None
    """The sentence that it answers with if all went well; None if it answers with more."""
    refusals: tuple[type[Refusal], ...] = ()
    """What it answers to requests that it understands but refuses."""
    misfits: Mapping[str, str] = MappingProxyType({})
    """What it says, by field, of a value that JSON Schema has no words to refuse."""
    sentences: Mapping[str, str] = MappingProxyType({})
    """What else it says with 400, by a name for each."""
    headers: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    """The headers of its answers that a client acts on, by status."""
    conditions: tuple[str, ...] = ()
    """The request headers that it heeds, beside those of a model."""
    files: Mapping[str, str] = MappingProxyType({})
    """The files that it answers with 200, or can: an example for each media type."""
    form: type[BaseModel] | None = None
    """The fields of a form that it reads by itself."""
    basic: bool = False
    """Whether HTTP Basic credentials are taken."""


NO_DETAILS = RouteDetails()
