"""`GET /products.csv` and `GET /products.jsonl`."""

from collections.abc import Generator
from itertools import chain
from typing import Any

from flask import Response, request

from catalog_service.compression import gzipped, prefers_gzip
from catalog_service.export import export_json_lines, export_products
from catalog_service.models import db
from catalog_service.product_schemas import ProductFilters
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

ENGINE = "exports"
"""An engine of its own, whose few connections bound how many exports run at once."""
CSV = "text/csv"
JSON_LINES = "application/jsonl"
EXAMPLES = {
    CSV: "product_id,product_name,category,price,quantity_sold,rating,review_count,neutralised_columns\n"
    "BK-1001,The Long Way Home: A Novel,Books,14.99,842,4.6,310,\n",
    JSON_LINES: '{"product_id":"BK-1001","product_name":"The Long Way Home: A Novel","category":"Books",'
    '"price":14.99,"quantity_sold":842,"rating":4.6,"review_count":310}\n',
}

blueprint = ServiceBlueprint("exports", __name__, authentication=Authentication.TOKEN, tag="Products")
blueprint.before_request(refuse_ambiguous_query)


def _answers(media_type: str) -> dict[int | str, Any]:
    file = {"description": "The products", "content": {media_type: {"schema": {"type": "string"}}}}
    return {200: file, 400: Message, 401: Message, 403: Message, 503: Message}


def _details(media_type: str) -> RouteDetails:
    return RouteDetails(
        headers={200: ("Content-Disposition", "Content-Encoding", "Vary")},
        files={media_type: EXAMPLES[media_type]},
    )


@blueprint.get("/products.csv", scope=Scope.CATALOG_READ, responses=_answers(CSV), details=_details(CSV))
def products_csv(query: ProductFilters) -> Response:
    """Download products, in key order. Uploaded again, the file changes nothing."""
    return _download(
        export_products(db.engines[ENGINE], query.filters()), f"{CSV}; charset=utf-8", "products.csv"
    )


@blueprint.get(
    "/products.jsonl", scope=Scope.CATALOG_READ, responses=_answers(JSON_LINES), details=_details(JSON_LINES)
)
def products_jsonl(query: ProductFilters) -> Response:
    """Download products, in key order, as JSON lines: an object for each."""
    return _download(export_json_lines(db.engines[ENGINE], query.filters()), JSON_LINES, "products.jsonl")


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
