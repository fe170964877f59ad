"""What a route says of itself, written as an OpenAPI operation."""

import inspect
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from flask import Flask
from werkzeug.routing import Rule

from common.authentication import Authentication, ServiceBlueprint
from common.internal_paths import INTERNAL_PATHS
from common.refusals import Refusal
from common.route_details import RouteDetails
from common.scopes import Scope
from gateway.openapi_answers import (
    JSON,
    PROBLEM,
    SHARED,
    condition_parameters,
    header_references,
    shared_answer,
)
from gateway.openapi_examples import example_of

MESSAGE = {"$ref": "#/components/schemas/Message"}


class Route(NamedTuple):
    """A method of a path."""

    path: str
    method: str
    description: str
    scope: Scope | None
    needs_token: bool
    details: RouteDetails


def routes(app: Flask) -> Iterator[Route]:
    """Give the routes of a service that clients call."""
    for rule in app.url_map.iter_rules():
        if rule.rule not in INTERNAL_PATHS:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield _route(app, rule, method)


def _route(app: Flask, rule: Rule, method: str) -> Route:
    blueprint = cast(ServiceBlueprint, app.blueprints[rule.endpoint.rpartition(".")[0]])
    return Route(
        re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule),
        method.lower(),
        (inspect.getdoc(app.view_functions[rule.endpoint]) or "").partition("\n\n")[2],
        blueprint.scopes.get((rule.endpoint, method)),
        blueprint.authentication is Authentication.TOKEN,
        blueprint.details[rule.endpoint, method],
    )


def complete(operation: dict[str, Any], route: Route, schemas: Mapping[str, Any]) -> None:
    """Add to an operation what its models don't say, with an example for each body. Raises NoExample."""
    operation["description"] = _description(route)
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
    if parameters := operation.get("parameters", []) + condition_parameters(route.details.conditions):
        operation["parameters"] = parameters
    if route.details.basic:
        operation["security"] = [{"basic": []}, {}]
    if route.details.form is not None:
        (content,) = operation["requestBody"]["content"].values()
        content["schema"] = {"$ref": f"#/components/schemas/{route.details.form.__name__}"}
        operation["requestBody"]["required"] = True
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example_of(content["schema"], schemas)
    declared = operation["responses"]
    operation["responses"] = {
        str(status.value): _response(status, route, declared.get(str(status.value)), schemas)
        for status in sorted(_statuses(declared, route))
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the null of a parameter that may be left out: an address has no text for it."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    return {**schema, "anyOf": options} if len(options) > 1 else _only(schema, options)


def _only(schema: dict[str, Any], options: list[dict[str, Any]]) -> dict[str, Any]:
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return rest | options[0] if options else rest


def _description(route: Route) -> str:
    needs = [f"Needs a token with the scope `{route.scope}`."] if route.scope else []
    if route.needs_token and not needs:
        needs = ["Needs a token, of any scope."]
    return "\n\n".join([part for part in (route.description, *needs) if part])


def _statuses(declared: Mapping[str, Any], route: Route) -> set[HTTPStatus]:
    shared = {status for status in SHARED if _is_shared(status, route)}
    refused = {refusal.status for refusal in route.details.refusals}
    return {HTTPStatus(int(status)) for status in declared} | shared | refused


def _is_shared(status: HTTPStatus, route: Route) -> bool:
    given_by_some = {
        HTTPStatus.UNAUTHORIZED: route.needs_token,
        HTTPStatus.FORBIDDEN: route.scope is not None,
        HTTPStatus.NOT_FOUND: "{" in route.path,
    }
    return status in SHARED and given_by_some.get(status, True)


def _response(
    status: HTTPStatus, route: Route, declared: dict[str, Any] | None, schemas: Mapping[str, Any]
) -> dict[str, Any]:
    if status < HTTPStatus.BAD_REQUEST:
        return _success(status, route, declared or {}, schemas)
    examples = _examples(status, route)
    schema = (declared or {}).get("content", {}).get(JSON, {}).get("schema", MESSAGE)
    headers = route.details.headers.get(status, ())
    if _is_shared(status, route) and not examples and not headers and schema == MESSAGE:
        return {"$ref": f"#/components/responses/{SHARED[status].name}"}
    shared = shared_answer(status) if _is_shared(status, route) else _only_refused(status)
    if schema != MESSAGE:
        examples["ofThisRoute"] = {"value": example_of(schema, schemas)}
    described = PROBLEM if schema == MESSAGE else {"anyOf": [schema, PROBLEM]}
    return {
        "description": shared["description"],
        "headers": shared["headers"] | header_references(headers),
        "content": {JSON: {"schema": described, "examples": shared["content"][JSON]["examples"] | examples}},
    }


def _examples(status: HTTPStatus, route: Route) -> dict[str, Any]:
    """Give what a route answers with this status beside what any route does."""
    refusals = [refusal for refusal in route.details.refusals if refusal.status is status]
    examples = {refusal.__name__: _example(refusal) for refusal in refusals}
    if status is HTTPStatus.BAD_REQUEST:
        examples |= {name: {"value": {"msg": text}} for name, text in route.details.sentences.items()}
        examples |= {name: _misfit(name, text) for name, text in route.details.misfits.items()}
    return examples


def _only_refused(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": f"{status.phrase}.",
        "headers": header_references(()),
        "content": {JSON: {"examples": {}}},
    }


def _misfit(field: str, message: str) -> dict[str, Any]:
    return {"value": {"msg": Refusal.msg, "errors": [{"field": field, "message": message}]}}


def _example(refusal: type[Refusal]) -> dict[str, Any]:
    summary = (inspect.getdoc(refusal) or "").partition("\n")[0]
    # Not made: most are made with what the request says, which their body does not depend on.
    return {"summary": summary, "value": refusal.__new__(refusal).body()}


def _success(
    status: HTTPStatus, route: Route, declared: dict[str, Any], schemas: Mapping[str, Any]
) -> dict[str, Any]:
    headers = header_references(route.details.headers.get(status, ()))
    response = {"description": declared["description"], "headers": headers}
    content = declared.get("content", {})
    if status == HTTPStatus.OK:
        content |= {media: {"schema": {"type": "string"}} for media in route.details.files}
    for media, described in content.items():
        given = {"msg": route.details.says} if route.details.says else route.details.files.get(media)
        described["example"] = given or example_of(described["schema"], schemas)
    return response | ({"content": content} if content else {})
