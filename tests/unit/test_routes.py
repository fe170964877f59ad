"""Every route says who may call it and what it answers, in a document that tools can read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_openapi3.openapi import OpenAPI

from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import INTERNAL_PATHS
from common.scopes import Scope
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.tables import close_connections

PUBLIC_ROUTES = {"/signup", "/login", "/token", "/refresh", "/.well-known/jwks.json", *INTERNAL_PATHS}
READ_BY_POST = {"/products:batch-get"}
"""What reads, but is asked for by more than an address holds."""
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
REFERENCE = "#/components/schemas/"


@pytest.fixture(params=[make_auth_service, make_catalog_service], ids=["auth_service", "catalog_service"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    made: Flask = request.param(tmp_path)
    yield made
    close_connections(made)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    assert isinstance(app, OpenAPI)
    return app.api_doc


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Give each route's path as OpenAPI writes it, its methods in turn, and its endpoint."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield path, method.lower(), rule.endpoint


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def members(part: object) -> Iterator[tuple[str, Any]]:
    """Give the members of all objects in a document."""
    if isinstance(part, dict):
        yield from part.items()
    for child in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from members(child)


def blueprint_of(app: Flask, endpoint: str) -> ServiceBlueprint:
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    assert isinstance(blueprint, ServiceBlueprint), f"{endpoint} does not say who may call it"
    return blueprint


def test_every_route_belongs_to_a_blueprint_that_says_who_may_call_it(app: Flask) -> None:
    found = {path: blueprint_of(app, endpoint).authentication for path, _method, endpoint in routes(app)}
    assert len(found) >= 5
    public = {path for path, authentication in found.items() if authentication is Authentication.PUBLIC}
    assert public <= PUBLIC_ROUTES


def test_a_route_that_needs_a_token_is_closed_to_strangers(app: Flask) -> None:
    for path, method, endpoint in routes(app):
        answer = app.test_client().open(path.replace("{product_id}", "x"), method=method.upper())
        is_closed = blueprint_of(app, endpoint).authentication is Authentication.TOKEN
        assert (answer.status_code == 401) == is_closed, path


def test_every_route_of_the_catalog_asks_for_a_scope(app: Flask) -> None:
    asked = {
        (path, method): blueprint_of(app, endpoint).scopes.get((endpoint, method.upper()))
        for path, method, endpoint in routes(app)
        if app.name == "catalog_service" and path not in INTERNAL_PATHS
    }
    assert len(asked) >= 8 or app.name != "catalog_service"
    for (path, method), scope in asked.items():
        reads = method == "get" or path in READ_BY_POST
        assert scope is (Scope.CATALOG_READ if reads else Scope.CATALOG_WRITE), f"{method} {path}"


def test_a_route_declares_403_if_it_asks_for_a_scope(app: Flask, document: dict[str, Any]) -> None:
    for path, method, endpoint in routes(app):
        if (endpoint, method.upper()) in blueprint_of(app, endpoint).scopes:
            assert "403" in document["paths"][path][method]["responses"], f"{method} {path}"


def test_every_route_declares_its_answers(app: Flask, document: dict[str, Any]) -> None:
    for path, method, _endpoint in routes(app):
        if path in INTERNAL_PATHS:
            continue  # for the machinery around a service, not for its clients
        assert any(status.startswith("2") for status in document["paths"][path][method]["responses"]), path


def test_a_route_declares_401_and_the_token_exactly_if_it_asks_for_one(
    app: Flask, document: dict[str, Any]
) -> None:
    for path, method, endpoint in routes(app):
        if path in INTERNAL_PATHS:
            continue
        operation = document["paths"][path][method]
        needs_token = blueprint_of(app, endpoint).authentication is Authentication.TOKEN
        assert (operation.get("security") == [{"bearer": []}]) == needs_token, path
        assert not needs_token or "401" in operation["responses"], path


def test_every_error_that_is_declared_has_the_shape_that_is_answered(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status < "400":
                continue
            schema = response["content"]["application/json"]["schema"]
            named = schema.get("$ref", "").removeprefix(REFERENCE)
            properties = document["components"]["schemas"].get(named, {}).get("properties", {})
            assert "msg" in properties, f"{method} {path} {status}"


def test_the_document_declares_no_route_that_is_not_there(app: Flask, document: dict[str, Any]) -> None:
    there = {(path, method) for path, method, _endpoint in routes(app)}
    assert {(path, method) for path, method, _operation in operations(document)} <= there


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {"title", "version"} <= document["info"].keys()
    assert set(document) <= {
        "openapi",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    }
    assert all(path.startswith("/") and item.keys() <= METHODS for path, item in document["paths"].items())


def test_every_operation_has_an_id_of_its_own_and_a_sentence(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(operation["summary"].endswith(".") for _path, _method, operation in operations(document))


def test_every_response_has_a_status_and_a_description(document: dict[str, Any]) -> None:
    for _path, _method, operation in operations(document):
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5](\d\d|XX)|default", status)
            assert response["description"]


def test_every_parameter_in_a_path_is_declared_as_required(document: dict[str, Any]) -> None:
    for path, _method, operation in operations(document):
        declared = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
        assert {parameter["name"] for parameter in declared} == set(re.findall(r"{([^}]+)}", path))
        assert all(parameter["required"] is True and "schema" in parameter for parameter in declared)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = {value for name, value in members(document) if name == "$ref"}
    assert references
    for reference in references:
        assert reference.startswith(REFERENCE)
        assert reference.removeprefix(REFERENCE) in document["components"]["schemas"]


def test_every_security_requirement_names_a_scheme_that_is_declared(document: dict[str, Any]) -> None:
    named = {
        scheme
        for _path, _method, operation in operations(document)
        for requirement in operation.get("security", [])
        for scheme in requirement
    }
    assert named <= document["components"]["securitySchemes"].keys()


def test_the_document_has_no_leftovers_of_openapi_3_0(document: dict[str, Any]) -> None:
    assert [name for name, value in members(document) if name == "nullable" or value == "#/definitions"] == []
