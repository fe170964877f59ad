"""`/products/{product_id}`."""

from typing import Any, cast

from flask import current_app
from werkzeug.routing import BaseConverter

from catalog_service.products import Products
from catalog_service.schemas import Message, ProductBody, ProductPath
from common.authentication import Authentication, ServiceBlueprint
from common.scopes import Scope

blueprint = ServiceBlueprint("products", __name__, authentication=Authentication.TOKEN)


def products() -> Products:
    """Give the products, which the app's factory has put there."""
    return cast(Products, current_app.extensions["products"])


class ProductIdConverter(BaseConverter):
    """Takes the rest of the path as it is: an id may begin with a slash, or hold two, or a line break."""

    regex = r"(?s:.+)"
    part_isolating = False


@blueprint.get(
    "/products/<product_id:product_id>",
    scope=Scope.CATALOG_READ,
    responses={200: ProductBody, 400: Message, 401: Message, 403: Message, 404: Message},
)
def product(path: ProductPath) -> dict[str, Any]:
    """Read one product."""
    return vars(products().find(path.product_id))
