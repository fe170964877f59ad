"""The catalog service with one more route, which checks the token as every route does and only answers."""

from typing import cast

from catalog_service import wsgi
from common.authentication import Authentication, ServiceBlueprint
from common.service import Service

app = cast("Service", wsgi.app)

blueprint = ServiceBlueprint("token_check", __name__, authentication=Authentication.TOKEN)


@blueprint.get("/token_check")
def token_check() -> dict[str, str]:
    """Answer as the bare Flask does."""
    return {"msg": "hello"}


app.register_api(blueprint)
