"""The OpenAPI document and its page, as a program and a browser get them."""

import re
from pathlib import Path

import pytest

from tests.contract.client import Client

PAGES = Path(__file__).parents[2] / "gateway" / "pages"


def test_the_document_is_served_to_anybody_as_it_was_written(anonymous: Client) -> None:
    answer = anonymous.get("/openapi.json")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.content == (PAGES / "openapi.json").read_bytes()


def test_the_document_that_is_known_is_not_sent_again(anonymous: Client) -> None:
    tag = anonymous.get("/openapi.json").headers["ETag"]

    assert anonymous.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_page_asks_this_address_alone_for_what_it_needs(anonymous: Client, path: str) -> None:
    page = anonymous.get(path)

    assert page.status_code == 200
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/docs.js"} <= set(needed)
    for address in set(needed) - {"data:,"}:
        assert anonymous.get(address).content == (PAGES / address.removeprefix("/")).read_bytes()


def test_the_page_may_run_no_script_but_ours(anonymous: Client) -> None:
    page = anonymous.get("/docs")

    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert re.findall(r"<script(?! src=)|<style| on[a-z]+=", page.text) == []


def test_the_page_comes_with_its_licence(anonymous: Client) -> None:
    assert "Apache License" in anonymous.get("/docs/license.txt").text
