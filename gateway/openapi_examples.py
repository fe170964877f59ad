"""Examples for the bodies in an OpenAPI document, put together from those of its schemas."""

from collections.abc import Mapping
from typing import Any

REFERENCE = "#/components/schemas/"


class NoExample(ValueError):
    """A schema has no example, nor parts that have."""


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """Give the example that a schema has, or put one together from its parts. Raises NoExample."""
    for values in ("examples", "enum"):
        if values in schema:
            return schema[values][0]
    for value in ("const", "default"):
        if value in schema:
            return schema[value]
    if schema.get("type") == "boolean":
        return False
    return _from_parts(schema, components)


def _from_parts(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return example_of(components[schema["$ref"].removeprefix(REFERENCE)], components)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components)
    if "properties" in schema:
        return {name: _part(schema, name, components) for name in schema["properties"]}
    if "items" in schema:
        return [example_of(schema["items"], components)]
    raise NoExample(f"no example for {dict(schema)}")


def _part(schema: Mapping[str, Any], name: str, components: Mapping[str, Any]) -> Any:
    try:
        return example_of(schema["properties"][name], components)
    except NoExample as error:
        raise NoExample(f"{schema.get('title')}.{name}: {error}") from None


def with_examples(part: Any) -> Any:
    """Write schemas as JSON Schema has them: `examples`, whole numbers, no default that is nothing."""
    if isinstance(part, dict):
        members = {name: with_examples(child) for name, child in part.items() if name != "example"}
        if members.get("default", ...) is None:
            del members["default"]
        return members | ({"examples": [part["example"]]} if "example" in part else {})
    if isinstance(part, list):
        return [with_examples(child) for child in part]
    return int(part) if isinstance(part, float) and part.is_integer() else part
