"""`/products`, `/products:batch-get` and `/categories`."""

from typing import Any, cast

from flask import current_app

from catalog_service.product_list import ProductList
from catalog_service.product_schemas import (
    CategoriesBody,
    ProductIds,
    ProductsFound,
    ProductsPage,
    ProductsQuery,
)
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.cursors import BadCursor
from common.parameters import NoParameters
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

blueprint = ServiceBlueprint("product_lists", __name__, authentication=Authentication.TOKEN, tag="Products")
blueprint.before_request(refuse_ambiguous_query)

_REFUSALS: dict[str | int, Any] = {400: Message, 401: Message, 403: Message, 503: Message}


def product_list() -> ProductList:
    """Give the list of products, which the app's factory has put there."""
    return cast(ProductList, current_app.extensions["product_list"])


@blueprint.get(
    "/products",
    scope=Scope.CATALOG_READ,
    responses={200: ProductsPage, **_REFUSALS},
    details=RouteDetails(refusals=(BadCursor,)),
)
def list_products(query: ProductsQuery) -> dict[str, Any]:
    """List products, a page at a time.

    A page begins behind the last product of the page before. What is made or deleted meanwhile moves no
    others.
    """
    page = product_list().page(query.listing(), query.cursor)
    total = {} if page.total is None else {"total": page.total}
    return {"items": [query.shown(item) for item in page.items], "next": page.next, **total}


@blueprint.post("/products:batch-get", scope=Scope.CATALOG_READ, responses={200: ProductsFound, **_REFUSALS})
def batch_get_products(query: NoParameters, body: ProductIds) -> dict[str, Any]:  # noqa: ARG001 - any parameter is refused
    """Read up to 1,000 products by their ids."""
    return product_list().find(body.ids)._asdict()


@blueprint.get("/categories", scope=Scope.CATALOG_READ, responses={200: CategoriesBody, **_REFUSALS})
def categories(query: NoParameters) -> dict[str, Any]:  # noqa: ARG001 - any parameter is refused
    """List the categories, with how many products each has."""
    return {"items": [one._asdict() for one in product_list().categories()]}
