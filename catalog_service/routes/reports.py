"""`/reports/...`."""

from flask import Response, jsonify, request

from catalog_service.models import db
from catalog_service.reports import category_summaries, summary_csv
from catalog_service.schemas import Message, ReportQuery, Summary
from common.authentication import Authentication, ServiceBlueprint
from common.repeated_parameters import refuse_repeated_parameters
from common.scopes import Scope

ENGINE = "reports"
"""The engine whose statements may take longer than others: a report reads every product."""
CSV = "text/csv"

blueprint = ServiceBlueprint("reports", __name__, authentication=Authentication.TOKEN)
blueprint.before_request(refuse_repeated_parameters)


@blueprint.get(
    "/reports/summary",
    scope=Scope.CATALOG_READ,
    responses={200: Summary, 400: Message, 401: Message, 403: Message},
)
def summary(query: ReportQuery) -> Response:
    """For each category: total revenue, the product sold most, and the averages."""
    with db.engines[ENGINE].connect() as connection:
        summaries = category_summaries(connection)
    if _wants_csv(query):
        return Response(summary_csv(summaries), content_type=f"{CSV}; charset=utf-8")
    return jsonify(items=[vars(line) for line in summaries])


def _wants_csv(query: ReportQuery) -> bool:
    """Tell whether the client asks for CSV, by parameter or by Accept (RFC 9110, section 12.5.1)."""
    if query.format is not None:
        return query.format == "csv"
    return request.accept_mimetypes.best_match(["application/json", CSV]) == CSV
