"""`/products/{product_id}`."""

import logging
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from flask import Response, current_app, jsonify, request
from werkzeug.http import quote_etag
from werkzeug.routing import BaseConverter

from catalog_service.cell_schemas import problem_of
from catalog_service.ingest.failures import IngestError
from catalog_service.product_edits import ProductEdits
from catalog_service.product_schemas import ProductBody, ProductChange, ProductContent, ProductPath
from catalog_service.products import NoSuchProduct, Products, StoredProduct
from catalog_service.routes.preconditions import PreconditionFailed, answer_read, check_preconditions
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.errors import answer_refusal
from common.parameters import NoParameters
from common.refusals import FieldRefusal, Unavailable
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

log = logging.getLogger(__name__)

blueprint = ServiceBlueprint("products", __name__, authentication=Authentication.TOKEN, tag="Products")

CHANGING = frozenset({"PUT", "PATCH", "DELETE"})
CONDITIONS = ("If-Match", "If-None-Match")
MISFITS = {"price": "price must have at most 6 decimals."}
_REFUSALS: dict[str | int, Any] = {400: Message, 401: Message, 403: Message, 412: Message, 503: Message}


class BadProductId(FieldRefusal):
    """No product can have this id."""

    field = "product_id"

    def __init__(self, problem: str) -> None:
        """Say in a sentence why."""
        super().__init__(problem)
        self.problem = problem


class ProductIdConverter(BaseConverter):
    """Takes the rest of the path as it is: an id may begin with a slash, or hold two, or a line break."""

    regex = r"(?s:.+)"
    part_isolating = False


def products() -> Products:
    """Give the products, which the app's factory has put there."""
    return cast(Products, current_app.extensions["products"])


def edits() -> ProductEdits:
    """Give what changes products, which the app's factory has put there."""
    return cast(ProductEdits, current_app.extensions["product_edits"])


@blueprint.before_request
def refuse_ambiguous_changes() -> None:
    """Hold a change to an address that has one meaning; a read ignores its query."""
    if request.method in CHANGING:
        refuse_ambiguous_query()


@blueprint.get(
    "/products/<product_id:product_id>",
    scope=Scope.CATALOG_READ,
    responses={
        200: ProductBody,
        304: {"description": "The product is still the one of If-None-Match."},
        404: Message,
        **_REFUSALS,
    },
    details=RouteDetails(
        refusals=(NoSuchProduct, PreconditionFailed),
        headers={200: ("ETag",), 304: ("ETag",)},
        conditions=CONDITIONS,
    ),
)
def product(path: ProductPath) -> Response:
    """Read one product.

    Ids are compared by bytes. A number that is not known is null.
    """
    if not _path_is_utf8():
        raise NoSuchProduct
    found = products().find(path.product_id)
    return answer_read(jsonify(vars(found)), found.tag)


@blueprint.put(
    "/products/<product_id:product_id>",
    scope=Scope.CATALOG_WRITE,
    responses={200: ProductBody, 201: ProductBody, **_REFUSALS},
    details=RouteDetails(
        refusals=(PreconditionFailed,),
        misfits=MISFITS,
        headers={200: ("ETag",), 201: ("ETag", "Location")},
        conditions=CONDITIONS,
    ),
)
def put_product(path: ProductPath, query: NoParameters, body: ProductContent) -> Response:  # noqa: ARG001 - any parameter is refused
    """Make a product, or replace the whole of it.

    With `If-Match: <ETag>` it replaces only what was seen, with `If-None-Match: *` it makes one only where
    there is none. Each value has to be one that an upload would take.
    """
    product_id = _checked_id(path)
    if body.product_id not in (None, product_id):
        raise BadProductId("This is another id than the one in the address.")
    put = edits().put(product_id, body.model_dump(exclude={"product_id"}), check_preconditions)
    response = _answer(put.product)
    if put.created:
        response.status_code = HTTPStatus.CREATED
        response.headers["Location"] = f"/products/{quote(product_id, safe='')}"
        response.autocorrect_location_header = False
    return response


@blueprint.patch(
    "/products/<product_id:product_id>",
    scope=Scope.CATALOG_WRITE,
    responses={200: ProductBody, 404: Message, **_REFUSALS},
    details=RouteDetails(
        refusals=(NoSuchProduct, PreconditionFailed),
        misfits=MISFITS,
        headers={200: ("ETag",)},
        conditions=CONDITIONS,
    ),
)
def patch_product(path: ProductPath, query: NoParameters, body: ProductChange) -> Response:  # noqa: ARG001 - any parameter is refused
    """Change some of a product's columns."""
    changes = body.model_dump(exclude_unset=True)
    return _answer(edits().patch(_checked_id(path), changes, check_preconditions))


@blueprint.delete(
    "/products/<product_id:product_id>",
    scope=Scope.CATALOG_WRITE,
    responses={204: {"description": "The product is deleted."}, 404: Message, **_REFUSALS},
    details=RouteDetails(refusals=(NoSuchProduct, PreconditionFailed), conditions=CONDITIONS),
)
def delete_product(path: ProductPath, query: NoParameters) -> Response:  # noqa: ARG001 - any parameter is refused
    """Delete a product."""
    edits().delete(_checked_id(path), check_preconditions)
    return current_app.response_class(status=HTTPStatus.NO_CONTENT)


@blueprint.errorhandler(IngestError)
def answer_ingest_error(error: IngestError) -> Response:
    """Turn what kept a product from being changed into 503."""
    log.error("a product could not be changed", exc_info=error)
    return answer_refusal(Unavailable())


def _path_is_utf8() -> bool:
    """Tell whether the path's id is what was sent: for bytes that are no UTF-8 Werkzeug has put others."""
    try:
        # WSGI hands the path's bytes on as Latin-1 (PEP 3333).
        request.environ["PATH_INFO"].encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


def _checked_id(path: ProductPath) -> str:
    """Give the id of a product that is to be changed. Raises BadProductId if none can have it."""
    if not _path_is_utf8():
        raise BadProductId("The id is not UTF-8.")
    if problem := problem_of("product_id", path.product_id):
        raise BadProductId(problem)
    return path.product_id


def _answer(stored: StoredProduct) -> Response:
    response = jsonify(vars(stored))
    response.headers["ETag"] = quote_etag(stored.tag)
    return response
