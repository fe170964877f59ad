"""`/products/{product_id}`."""

from typing import Any

from werkzeug.routing import BaseConverter

from catalog_service.models import db
from catalog_service.products import find_product
from catalog_service.schemas import Message, ProductBody, ProductPath
from common.authentication import Authentication, ServiceBlueprint

blueprint = ServiceBlueprint("products", __name__, authentication=Authentication.TOKEN)


class ProductIdConverter(BaseConverter):
    """Takes the rest of the path as it is: an id may begin with a slash, or hold two, or a line break."""

    regex = r"(?s:.+)"
    part_isolating = False


@blueprint.get(
    "/products/<product_id:product_id>",
    responses={200: ProductBody, 400: Message, 401: Message, 404: Message},
)
def product(path: ProductPath) -> dict[str, Any]:
    """Read one product."""
    return vars(find_product(db.engine, path.product_id))
