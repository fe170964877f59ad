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
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint
from common.json_provider import exact_json
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

ENGINE = "reports"
"""The engine whose statements may take longer than others: a report reads every product."""
JSON = "application/json"
CSV = "text/csv"
CSV_IN_UTF_8 = f"{CSV}; charset=utf-8"


def _answers(report: type[BaseModel]) -> dict[int | str, Any]:
    unchanged = {"description": "The report is still the one of If-None-Match."}
    return {200: report, 304: unchanged, 400: Message, 401: Message, 403: Message, 503: Message}


def _details(example: str) -> RouteDetails:
    return RouteDetails(
        headers={200: ("ETag", "Cache-Control", "Vary"), 304: ("ETag", "Cache-Control", "Vary")},
        conditions=("If-None-Match",),
        files={CSV: example},
    )


blueprint = ServiceBlueprint("reports", __name__, authentication=Authentication.TOKEN, tag="Reports")
blueprint.before_request(refuse_ambiguous_query)


@blueprint.get(
    "/reports/summary",
    scope=Scope.CATALOG_READ,
    responses=_answers(Summary),
    details=_details(
        "category,product_count,total_revenue,top_product_id,top_product_name,top_product_quantity_sold,"
        "average_price,average_rating\n"
        "Books,6,36454.58,BK-1001,The Long Way Home: A Novel,842,17.281667,3.4333333333333336\n"
    ),
)
def summary(query: ReportQuery) -> Response:
    """For each category: total revenue, the product sold most, and the averages."""
    return _answer(SUMMARY, query)


@blueprint.get(
    "/reports/top-products",
    scope=Scope.CATALOG_READ,
    responses=_answers(TopProducts),
    details=_details(
        "product_id,product_name,category,price,quantity_sold,revenue,revenue_percent\n"
        "EL-2001,Wireless Earbuds with Charging Case,Electronics,59.9,3120,186888,15.58\n"
    ),
)
def top_products(query: TopProductsQuery) -> Response:
    """List the products that earn most, of all or of one category."""
    return _answer(TOP_PRODUCTS, query, query.category or "", query.limit)


@blueprint.get(
    "/reports/revenue-share",
    scope=Scope.CATALOG_READ,
    responses=_answers(RevenueShare),
    details=_details(
        "category,total_revenue,revenue_percent,revenue_rank,running_revenue,running_percent\n"
        "Electronics,542435.35,45.22,1,542435.35,45.22\n"
    ),
)
def revenue_share(query: ReportQuery) -> Response:
    """For each category: its revenue, its share of the whole, and the running total."""
    return _answer(REVENUE_SHARE, query)


@blueprint.get(
    "/reports/price-distribution",
    scope=Scope.CATALOG_READ,
    responses=_answers(PriceDistribution),
    details=_details(
        "price_from,price_to,product_count,quantity_sold,total_revenue\n10,25,12,5210,88570.5\n"
    ),
)
def price_distribution(query: ReportQuery) -> Response:
    """For each price band: how many products, how many sold, and what they earn."""
    return _answer(PRICE_DISTRIBUTION, query)


@blueprint.get(
    "/reports/data-quality",
    scope=Scope.CATALOG_READ,
    responses=_answers(DataQuality),
    details=_details(
        "column,finding,meaning,product_count,example_ids\nprice,zero,The price is 0.,1,GR-3001\n"
    ),
)
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
        response = Response(lines, content_type=CSV_IN_UTF_8)
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
    return request.accept_mimetypes.best_match([JSON, CSV, CSV_IN_UTF_8]) in (CSV, CSV_IN_UTF_8)


def cached_reports() -> CachedReports:
    """Give the reports, which the app's factory has put there."""
    return cast("CachedReports", current_app.extensions["reports"])
