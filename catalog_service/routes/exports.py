"""`GET /products.csv` and `GET /products.jsonl`."""

from collections.abc import Generator
from itertools import chain
from typing import Any

from flask import Response, request

from catalog_service.compression import gzipped, prefers_gzip
from catalog_service.export import export_json_lines, export_products
from catalog_service.models import db
from catalog_service.routes.parameters import refuse_repeated_parameters
from catalog_service.schemas import ExportQuery, Message
from common.authentication import Authentication, ServiceBlueprint
from common.scopes import Scope

ENGINE = "exports"
"""An engine of its own, whose few connections bound how many exports run at once."""
CSV = "text/csv"
JSON_LINES = "application/jsonl"

blueprint = ServiceBlueprint("exports", __name__, authentication=Authentication.TOKEN)
blueprint.before_request(refuse_repeated_parameters)


def _answers(media_type: str) -> dict[int | str, Any]:
    file = {"description": "All products", "content": {media_type: {"schema": {"type": "string"}}}}
    return {200: file, 400: Message, 401: Message, 403: Message, 503: Message}


@blueprint.get("/products.csv", scope=Scope.CATALOG_READ, responses=_answers(CSV))
def products_csv(query: ExportQuery) -> Response:  # noqa: ARG001 - any parameter is refused
    """Download all products, in key order. Uploaded again, the file changes nothing."""
    return _download(export_products(db.engines[ENGINE]), f"{CSV}; charset=utf-8", "products.csv")


@blueprint.get("/products.jsonl", scope=Scope.CATALOG_READ, responses=_answers(JSON_LINES))
def products_jsonl(query: ExportQuery) -> Response:  # noqa: ARG001 - as above
    """Download all products, in key order, as JSON lines: an object for each."""
    return _download(export_json_lines(db.engines[ENGINE]), JSON_LINES, "products.jsonl")


def _download(pieces: Generator[bytes, None, None], content_type: str, file_name: str) -> Response:
    # Before the answer begins, so that a database that doesn't serve is a 503 and not a file cut off.
    content = chain([next(pieces)], pieces)
    packed = prefers_gzip(request.accept_encodings)
    response = Response(gzipped(content) if packed else content, content_type=content_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response.call_on_close(pieces.close)
    return response
