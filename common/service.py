"""The part of an app that both services have: JSON, errors, logs, metrics and database."""

from collections.abc import Callable, Mapping
from logging.config import dictConfig
from types import MappingProxyType
from typing import Any

from flask import Response
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_sqlalchemy import SQLAlchemy

from common.authentication import SECURITY_SCHEMES
from common.database import engine_options, prepare_engine
from common.errors import ValidationAnswers, register_error_handlers
from common.json_provider import StrictJsonProvider
from common.logs import log_configuration, register_request_log
from common.metrics import register_metrics
from common.request_bodies import WholeRequest
from common.settings import ServiceSettings

SLOWER_POOL_SIZE = 4
LARGEST_JSON_BODY = 1024 * 1024
LARGEST_FORM_FIELD = 512 * 1024


class TypedResponse(Response):
    """An answer that names the type of what it holds, and none if it holds nothing."""

    default_mimetype = None


class Service(OpenAPI):
    """A Flask app whose routes declare their OpenAPI contract."""

    request_class = WholeRequest
    response_class = TypedResponse
    json_provider_class = StrictJsonProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function itself: none here is a coroutine, and looking costs each request some time."""
        return func


def create_service(
    name: str,
    settings: ServiceSettings,
    db: SQLAlchemy,
    contract: Mapping[str, str],
    slower_engines: Mapping[str, int] = MappingProxyType({}),
) -> Service:
    """Make a service's app without its routes.

    `contract` maps a model's name to the sentence that answers any body which does not fit it, and
    `Model.field` to the one for a misfit there alone.
    `slower_engines` names engines beside the default one, with the seconds that their statements may take.
    """
    dictConfig(log_configuration(settings.log_level))
    url = settings.sqlalchemy_url()
    app = Service(
        name,
        info=Info(title=name, version="1.0.0"),
        security_schemes=SECURITY_SCHEMES,
        validation_error_callback=ValidationAnswers(contract),
        validation_error_status=400,
        doc_ui=False,
        static_folder=None,
    )
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            url, settings.database_pool_size, isolation_level=settings.isolation_level
        ),
        SQLALCHEMY_BINDS={
            engine: {"url": url, **engine_options(url, SLOWER_POOL_SIZE, seconds)}
            for engine, seconds in slower_engines.items()
        },
        MAX_CONTENT_LENGTH=LARGEST_JSON_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_FIELD,
        MAX_FORM_PARTS=16,
    )
    # A product's id may hold slashes, also two in a row.
    app.url_map.merge_slashes = False
    register_request_log(app)
    register_metrics(app)
    register_error_handlers(app)
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            prepare_engine(engine)
    return app
