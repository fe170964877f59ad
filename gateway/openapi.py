"""Makes one OpenAPI document of both services, from their routes and models: `make openapi` writes it."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel

from common.schemas import Problem
from gateway.embedded import EmbeddedSettings, create_services
from gateway.openapi_answers import answer_components, header_components
from gateway.openapi_examples import REFERENCE, with_examples
from gateway.openapi_operations import Route, complete, routes

PATH = Path(__file__).parent / "pages" / "openapi.json"
INFO = {
    "title": "Product catalog",
    "version": "1.0.0",
    "summary": "People sign in, upload a CSV of products, and read the products and reports back.",
    "description": (
        "A token from `POST /login` or `POST /token` goes into `Authorization: Bearer <token>`.\n\n"
        "Every error is JSON with a sentence in `msg`. Every answer has an `X-Request-ID`."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}
TAGS = {
    "Accounts": "Signing up, and one's own account.",
    "Sessions": "Signing in and out, and the keys that tokens are signed with.",
    "API keys": "Tokens for programs.",
    "Administration": "Other people's accounts, and what was done to accounts.",
    "Uploads": "Loading products from CSV, and undoing it.",
    "Products": "Reading products, one by one, in lists and as files, and changing them.",
    "Reports": "What all products say together.",
}


class NameClash(Exception):
    """Both services give one name to different things."""


def make_document(services: Iterable[Flask]) -> dict[str, Any]:
    """Give the services' document. Raises NameClash, NoExample, KeyError for a header not described."""
    apps = list(services)
    parts = [with_examples(json.loads(json.dumps(app.api_doc))) for app in apps if isinstance(app, OpenAPI)]
    described = [route for app in apps for route in routes(app)]
    schemas = _merged([part["components"]["schemas"] for part in parts] + [_schemas(described)])
    paths = _merged([part["paths"] for part in parts])
    for route in described:
        complete(paths[route.path][route.method], route, schemas)
    schemes = _merged([part["components"]["securitySchemes"] for part in parts])
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _used(schemas, paths),
            "responses": answer_components(),
            "headers": header_components(),
            "securitySchemes": schemes,
        },
    }


def _schemas(described: Iterable[Route]) -> dict[str, Any]:
    """Give the schemas of the models that no route declares to the library."""
    models: list[type[BaseModel]] = [Problem, *{r.details.form for r in described if r.details.form}]
    found: dict[str, Any] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=f"{REFERENCE}{{model}}", mode="serialization")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return dict(with_examples(found))


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        for name, content in part.items():
            if merged.setdefault(name, content) != content:
                raise NameClash(name)
    return merged


def _used(schemas: Mapping[str, Any], paths: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the schemas that the library adds to every document."""
    wanted: set[str] = set()
    waiting = ["Problem", *_named_in(paths)]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += _named_in(schemas[name])
    return {name: schemas[name] for name in sorted(wanted)}


def _named_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str) and part["$ref"].startswith(REFERENCE):
            yield part["$ref"].removeprefix(REFERENCE)
        part = list(part.values())
    for child in part if isinstance(part, list) else ():
        yield from _named_in(child)


def written(document: Mapping[str, Any]) -> str:
    """Write the document as the file has it."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def current_document() -> dict[str, Any]:
    """Make the services on an empty folder, and their document."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "signing_key_passphrase").write_text("of no key", encoding="utf-8")
        return make_document(create_services(EmbeddedSettings(data_dir=Path(folder))))


if __name__ == "__main__":
    PATH.write_text(written(current_document()), encoding="utf-8")
