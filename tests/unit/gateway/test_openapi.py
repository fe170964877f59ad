"""The OpenAPI document says of every route what it takes and gives, with examples, and is up to date."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.internal_paths import INTERNAL_PATHS
from gateway.embedded import EmbeddedSettings, create_services
from gateway.openapi import PATH, TAGS, NameClash, current_document, make_document, written
from gateway.openapi_answers import SHARED
from gateway.openapi_examples import NoExample, example_of

TOKEN: list[dict[str, list[str]]] = [{"bearer": []}]
DOCS = PATH.parent / "docs"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return current_document()


@pytest.fixture(scope="module")
def resolved(document: dict[str, Any]) -> dict[str, Any]:
    """Give the document with the shared answers in the place of the references to them."""

    def resolve(part: Any) -> Any:
        if isinstance(part, list):
            return [resolve(child) for child in part]
        if not isinstance(part, dict):
            return part
        kind, _, name = str(part.get("$ref", "")).removeprefix("#/components/").partition("/")
        if kind in ("responses", "headers"):
            return resolve(document["components"][kind][name])
        return {name: resolve(child) for name, child in part.items()}

    return {**document, "paths": resolve(document["paths"])}


@pytest.fixture
def services(tmp_path: Path) -> tuple[Flask, Flask]:
    (tmp_path / "signing_key_passphrase").write_text("a passphrase for this test")
    return create_services(EmbeddedSettings(data_dir=tmp_path))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the bodies of all requests and answers, as media type objects with the place where they stand."""
    for name, operation in operations(document):
        for media, body in operation.get("requestBody", {"content": {}})["content"].items():
            yield f"{name} {media}", body
        for status, answer in operation["responses"].items():
            for media, body in answer.get("content", {}).items():
                yield f"{name} {status} {media}", body


def examples(body: dict[str, Any]) -> list[Any]:
    given = [body["example"]] if "example" in body else []
    return given + [example["value"] for example in body.get("examples", {}).values()]


def test_the_file_is_what_the_code_makes(document: dict[str, Any]) -> None:
    assert PATH.read_text(encoding="utf-8") == written(document), "run `make openapi`"


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_has_every_route_of_both_services(
    document: dict[str, Any], services: tuple[Flask, Flask]
) -> None:
    routes = {
        (method, re.sub("<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule))
        for app in services
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in INTERNAL_PATHS
    }

    assert {tuple(name.split(" ")) for name, _ in operations(document)} == routes


def test_every_body_has_an_example(resolved: dict[str, Any]) -> None:
    found = list(bodies(resolved))

    assert len(found) > 300
    assert [place for place, body in found if not examples(body)] == []


def test_every_example_is_what_its_schema_asks_for(resolved: dict[str, Any]) -> None:
    for place, body in bodies(resolved):
        validator = OAS31Validator({**body["schema"], "components": resolved["components"]})
        for example in examples(body):
            assert [error.message for error in validator.iter_errors(example)] == [], place


def test_every_example_in_a_schema_is_what_the_schema_asks_for(document: dict[str, Any]) -> None:
    checked = 0
    for name, schema in document["components"]["schemas"].items():
        for member in (schema, *schema.get("properties", {}).values()):
            for example in member.get("examples", []):
                validator = OAS31Validator({**member, "components": document["components"]})
                assert [error.message for error in validator.iter_errors(example)] == [], name
                checked += 1
    assert checked > 30


def test_every_operation_says_what_it_does_and_belongs_to_a_part(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"].endswith("."), name
        assert operation["description"].endswith("."), name
        assert set(operation["tags"]) <= TAGS.keys(), name
    assert {tag["name"] for tag in document["tags"]} == {
        tag for _, operation in operations(document) for tag in operation["tags"]
    }


def test_every_operation_says_what_any_route_can_answer(resolved: dict[str, Any]) -> None:
    for name, operation in operations(resolved):
        wanted = {str(status.value) for status in SHARED} - {"401", "403", "404"}
        wanted |= {"401"} if operation.get("security") == TOKEN else set()
        wanted |= {"403"} if "with the scope" in operation["description"] else set()
        wanted |= {"404"} if "{" in name else set()
        assert wanted <= operation["responses"].keys(), name


def test_every_answer_names_the_headers_that_a_client_acts_on(resolved: dict[str, Any]) -> None:
    wanted = {"405": "Allow", "429": "Retry-After", "503": "Retry-After", "304": "ETag"}
    for name, operation in operations(resolved):
        for status, answer in operation["responses"].items():
            assert answer["headers"]["X-Request-ID"]["required"], f"{name} {status}"
            assert wanted.get(status, "X-Request-ID") in answer["headers"], f"{name} {status}"
        if operation.get("security") == TOKEN:
            assert "WWW-Authenticate" in operation["responses"]["401"]["headers"], name


def test_an_operation_with_a_scope_names_it(document: dict[str, Any], services: tuple[Flask, Flask]) -> None:
    ids = {operation["operationId"]: operation for _, operation in operations(document)}
    for app in services:
        for blueprint in app.blueprints.values():
            for (endpoint, _), scope in getattr(blueprint, "scopes", {}).items():
                assert f"`{scope}`" in ids[endpoint.rpartition(".")[2]]["description"], endpoint


def test_a_parameter_is_never_described_as_null(document: dict[str, Any]) -> None:
    parameters = [p for _, operation in operations(document) for p in operation.get("parameters", [])]

    assert parameters
    assert [p["name"] for p in parameters if '"null"' in json.dumps(p["schema"])] == []


def test_two_services_that_mean_different_things_by_one_name_have_no_document(
    services: tuple[Flask, Flask],
) -> None:
    auth, catalog = services
    auth.api_doc["components"]["schemas"]["Message"]["description"] = "Something else."  # type: ignore[attr-defined]

    with pytest.raises(NameClash, match="Message"):
        make_document([auth, catalog])


def test_a_schema_of_which_nobody_gave_an_example_has_none() -> None:
    schema = {"title": "Person", "properties": {"name": {"type": "string"}}}

    with pytest.raises(NoExample, match=r"Person\.name"):
        example_of(schema, {})


def test_the_files_of_the_documentation_page_are_the_published_ones() -> None:
    listed = re.findall(r"^([0-9a-f]{64})  (\S+)$", (DOCS / "version.txt").read_text(), re.MULTILINE)

    assert {name for _, name in listed} | {"index.html", "docs.js", "version.txt"} == {
        file.name for file in DOCS.iterdir()
    }
    for digest, name in listed:
        assert hashlib.sha256((DOCS / name).read_bytes()).hexdigest() == digest, name
