"""`/reports/...`."""

from http import HTTPStatus
from typing import Any, cast

from flask import Response, current_app, request
from pydantic import BaseModel
from werkzeug.http import quote_etag

from catalog_service.cached_reports import CachedReports
from catalog_service.report_schemas import (
    DataQuality,
    PriceDistribution,
    ReportQuery,
    RevenueShare,
    Summary,
    TopProducts,
    TopProductsQuery,
)
from catalog_service.reports.kinds import (
    DATA_QUALITY,
    EDITION,
    PRICE_DISTRIBUTION,
    REVENUE_SHARE,
    SUMMARY,
    TOP_PRODUCTS,
    Kind,
    items_of,
    report_csv,
)
from catalog_service.routes.parameters import refuse_repeated_parameters
from catalog_service.schemas import Message
from common.authentication import Authentication, ServiceBlueprint
from common.json_provider import exact_json
from common.scopes import Scope

ENGINE = "reports"
"""The engine whose statements may take longer than others: a report reads every product."""
JSON = "application/json"
CSV = "text/csv"


def _answers(report: type[BaseModel]) -> dict[int | str, Any]:
    unchanged = {"description": "The report is still the one of If-None-Match."}
    return {200: report, 304: unchanged, 400: Message, 401: Message, 403: Message, 503: Message}


blueprint = ServiceBlueprint("reports", __name__, authentication=Authentication.TOKEN)
blueprint.before_request(refuse_repeated_parameters)


@blueprint.get("/reports/summary", scope=Scope.CATALOG_READ, responses=_answers(Summary))
def summary(query: ReportQuery) -> Response:
    """For each category: total revenue, the product sold most, and the averages."""
    return _answer(SUMMARY, query)


@blueprint.get("/reports/top-products", scope=Scope.CATALOG_READ, responses=_answers(TopProducts))
def top_products(query: TopProductsQuery) -> Response:
    """List the products that earn most, of all or of one category."""
    return _answer(TOP_PRODUCTS, query, query.category or "", query.limit)


@blueprint.get("/reports/revenue-share", scope=Scope.CATALOG_READ, responses=_answers(RevenueShare))
def revenue_share(query: ReportQuery) -> Response:
    """For each category: its revenue, its share of the whole, and the running total."""
    return _answer(REVENUE_SHARE, query)


@blueprint.get(
    "/reports/price-distribution",
    scope=Scope.CATALOG_READ,
    responses=_answers(PriceDistribution),
)
def price_distribution(query: ReportQuery) -> Response:
    """For each price band: how many products, how many sold, and what they earn."""
    return _answer(PRICE_DISTRIBUTION, query)


@blueprint.get("/reports/data-quality", scope=Scope.CATALOG_READ, responses=_answers(DataQuality))
def data_quality(query: ReportQuery) -> Response:
    """For each column: what is blank, zero or suspicious, in how many products, and in which."""
    return _answer(DATA_QUALITY, query)


def _answer(kind: Kind, query: ReportQuery, category: str = "", limit: int | None = None) -> Response:
    made = cached_reports().get(kind, category)
    wants_csv = _wants_csv(query)
    # Two averages of the same ratings may differ in their last digit: not the same bytes, so weak.
    tag = f"{made.version}.{EDITION}.{'csv' if wants_csv else 'json'}"
    if request.if_none_match.contains_weak(tag):
        response = Response(status=HTTPStatus.NOT_MODIFIED)
    elif wants_csv:
        lines = report_csv(kind.line, items_of(made.body)[:limit])
        response = Response(lines, content_type=f"{CSV}; charset=utf-8")
    else:
        response = Response(_first_items(made.body, limit), content_type=JSON)
    response.headers["ETag"] = quote_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Accept")
    return response


def _first_items(body: bytes, limit: int | None) -> bytes:
    return body if limit is None else exact_json({"items": items_of(body)[:limit]}).encode()


def _wants_csv(query: ReportQuery) -> bool:
    """Tell whether the client asks for CSV, by parameter or by Accept (RFC 9110, section 12.5.1)."""
    if query.format is not None:
        return query.format == "csv"
    return request.accept_mimetypes.best_match([JSON, CSV]) == CSV


def cached_reports() -> CachedReports:
    """Give the reports, which the app's factory has put there."""
    return cast("CachedReports", current_app.extensions["reports"])
