"""The files of the browser page, as a browser gets them."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from tests.contract.client import Client
from tests.contract.raw_http import send

FOLDER = Path(__file__).parents[2] / "gateway" / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types 'none'"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY + TRUSTED_TYPES,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
CONTENT_TYPES = {
    "/": "text/html; charset=utf-8",
    "/assets/app.js": "text/javascript; charset=utf-8",
    "/assets/theme.css": "text/css; charset=utf-8",
    "/assets/icon.svg": "image/svg+xml; charset=utf-8",
    "/assets/vendor/chart.LICENSE.txt": "text/plain; charset=utf-8",
}


def promised(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers.get(name, "") for name in HEADERS}


@pytest.fixture(scope="module")
def index(anonymous: Client) -> requests.Response:
    return anonymous.get("/")


@pytest.mark.parametrize("path", CONTENT_TYPES)
def test_a_file_of_the_page_is_served_to_anybody_as_what_it_is(anonymous: Client, path: str) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == CONTENT_TYPES[path]
    assert answer.content == (FOLDER / ("index.html" if path == "/" else path[1:])).read_bytes()


@pytest.mark.parametrize("path", CONTENT_TYPES)
def test_each_file_comes_with_what_keeps_other_sites_and_scripts_out(anonymous: Client, path: str) -> None:
    assert promised(anonymous.get(path).headers) == HEADERS


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/docs/docs.js"])
def test_the_documentation_has_the_same_but_for_what_its_library_needs(anonymous: Client, path: str) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 200
    assert promised(answer.headers) == HEADERS | {"Content-Security-Policy": POLICY}


def test_a_browser_asks_again_and_is_told_that_nothing_changed(
    anonymous: Client, index: requests.Response
) -> None:
    answer = anonymous.get("/", headers={"If-None-Match": index.headers["ETag"]})

    assert (answer.status_code, answer.content) == (304, b"")
    # nginx calls the tag of what it packs a weak one.
    assert answer.headers["ETag"].removeprefix("W/") == index.headers["ETag"].removeprefix("W/")
    assert promised(answer.headers) == HEADERS


@pytest.mark.parametrize(("condition", "status"), [("*", 200), ('"another"', 412)])
def test_a_condition_that_is_not_met_is_answered_as_every_error(
    anonymous: Client, condition: str, status: int
) -> None:
    answer = anonymous.get("/", headers={"If-Match": condition})

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html" if status == 200 else "application/json")


def test_an_address_with_a_query_is_the_same_page(anonymous: Client, index: requests.Response) -> None:
    assert anonymous.get("/?from=a-bookmark").content == index.content


def test_head_answers_as_get_does_without_a_body(anonymous: Client, index: requests.Response) -> None:
    head = anonymous.request("HEAD", "/")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == index.headers["Content-Type"]


@pytest.mark.parametrize("path", ["/", "/assets/app.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_a_file_can_only_be_read(anonymous: Client, method: str, path: str) -> None:
    answer = anonymous.request(method, path)

    assert answer.status_code == 405
    assert {one.strip() for one in answer.headers["Allow"].split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/assets",
        "/assets/",
        "/assets/vendor",
        "/assets/vendor/",
        "/assets/nothing.js",
        "/assets/app.js/",
        "/assets/app.js%00",
        "/assets//app.js",
        "//assets/app.js",
        "/assets/./app.js",
        "/assets/../index.html",
        "/assets/../../pages.py",
        "/assets/..%2f..%2fpages.py",
        "/assets/%2e%2e/%2e%2e/pages.py",
        "/assets/..\\..\\pages.py",
        "/assets/.hidden",
        "/ASSETS/app.js",
    ],
)
def test_nothing_but_the_files_is_served(base_url: str, path: str) -> None:
    answer = send(base_url, "GET", path, [])

    assert answer.status in (400, 404)
    assert b"create_pages" not in answer.body
    assert "script-src" not in dict(answer.headers).get("Content-Security-Policy", "")


@pytest.mark.gateway("nginx packs; the embedded program serves this machine alone")
def test_a_browser_that_can_unpack_gets_the_page_packed(anonymous: Client) -> None:
    answer = anonymous.get("/assets/vendor/chart.umd.min.js", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_page_names_no_other_host_and_has_nothing_inline() -> None:
    """What the policy forbids would just not work; a host in a comment or a licence is no request."""
    page = (FOLDER / "index.html").read_text(encoding="utf-8")

    assert not re.search(r"(?:src|href)=\"(?!/|#)", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    for file in FOLDER.glob("assets/*.*"):
        code = file.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", code), file.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", code), (
            file.name
        )
