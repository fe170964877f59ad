"""`GET /products.csv`."""

from itertools import chain

from flask import Response

from catalog_service.export import export_products
from catalog_service.models import db
from catalog_service.schemas import ExportQuery, Message
from common.authentication import Authentication, ServiceBlueprint
from common.scopes import Scope

ENGINE = "exports"
"""An engine of its own, whose few connections bound how many exports run at once."""

blueprint = ServiceBlueprint("exports", __name__, authentication=Authentication.TOKEN)


@blueprint.get(
    "/products.csv",
    scope=Scope.CATALOG_READ,
    responses={
        200: {"description": "All products", "content": {"text/csv": {"schema": {"type": "string"}}}},
        400: Message,
        401: Message,
        403: Message,
        503: Message,
    },
)
def products_csv(query: ExportQuery) -> Response:  # noqa: ARG001 - any parameter is refused
    """Download all products, in key order. Uploaded again, the file changes nothing."""
    pieces = export_products(db.engines[ENGINE])
    # Before the answer begins, so that a database that doesn't serve is a 503 and not a file cut off.
    first = next(pieces)
    response = Response(chain([first], pieces), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="products.csv"'
    response.call_on_close(pieces.close)
    return response
