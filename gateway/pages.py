"""Serves the browser page and the documentation without nginx, as the gateway's container does with it."""

from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import PreconditionFailed
from werkzeug.http import generate_etag

from common.errors import register_error_handlers
from common.logs import register_request_log

FOLDER = Path(__file__).parent / "pages"
INDEX = "index.html"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
# page.conf has the same for nginx, and the tests expect it of both.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types 'none'"
"""Not for the documentation: its library writes markup of its own, which these forbid."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}


def create_pages(folder: Path = FOLDER) -> Flask:
    """Make an app that serves the files of a folder, and nothing that was not in it when it was made."""
    app = Flask("pages", static_folder=None)
    app.url_map.merge_slashes = False
    register_request_log(app)
    register_error_handlers(app)
    for file in sorted(folder.rglob("*")):
        if file.suffix in CONTENT_TYPES:
            for address in addresses(file.relative_to(folder)):
                _serve(app, address, file)
    return app


def addresses(file: Path) -> list[str]:
    """Give the addresses that a file of the folder has."""
    if file.name != INDEX:
        return [f"/{file.as_posix()}"]
    folder = file.parent.as_posix()
    return ["/"] if folder == "." else [f"/{folder}", f"/{folder}/"]


def _serve(app: Flask, address: str, file: Path) -> None:
    content = file.read_bytes()
    tag = generate_etag(content)
    content_type = CONTENT_TYPES[file.suffix]
    policy = POLICY if address.startswith("/docs") else POLICY + TRUSTED_TYPES
    headers = {**HEADERS, "Content-Security-Policy": policy}

    def answer() -> Response:
        # RFC 9110, section 13. Werkzeug's own 412 has the whole file in it, and `If-Match: *` is one.
        if "If-Match" in request.headers and not request.if_match.contains(tag):
            raise PreconditionFailed
        response = Response(content, content_type=content_type, headers=headers)
        if request.if_none_match.contains_weak(tag):
            response = Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        response.set_etag(tag)
        return response

    app.add_url_rule(
        address, address.replace(".", "_"), answer, methods=["GET"], provide_automatic_options=False
    )
