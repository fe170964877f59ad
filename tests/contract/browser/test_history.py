"""The history: what became of each upload and why, and undoing one."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, unique
from tests.contract.products import a_product, products_csv

LISTED = "**/uploads?limit=20"
UNAVAILABLE = {"status": 503, "json": {"msg": "The service is not available."}}
FAILED: dict[str, Any] = {
    "id": "one",
    "state": "failed",
    "file_name": "spring.csv",
    "bytes": 10,
    "rows_read": 0,
    "options": {"dry_run": False},
    "started_at": "2026-03-01T10:00:00Z",
    "seconds": 0,
    "undoes": None,
}


def undo(page: Page, name: str) -> None:
    """Undo the newest upload of this name."""
    page.get_by_role("button", name=f"Undo {name}").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True).click()


def test_the_history_tells_what_became_of_each_upload_and_undoes_one(
    signed_in: Visitor, client: Client
) -> None:
    page, product = signed_in.page, unique("undone")
    signed_in.load([a_product(product)], f"{product} <b>list</b>.csv")
    signed_in.open("History")
    entries = page.locator(".upload-entry")
    expect(entries.first).to_contain_text(f"{product} <b>list</b>.csv")
    expect(entries.first).to_contain_text("Loaded")
    expect(entries.nth(1)).to_contain_text("Check: good")

    page.get_by_role("button", name=f"Undo {product}").click()
    expect(page.get_by_role("dialog", name=f"Undo the upload of {product} <b>list</b>.csv?")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert client.product(product).status_code == 200
    undo(page, product)

    expect(signed_in.main.get_by_text("Undone: 1 product deleted, 0 put back.")).to_be_focused()
    assert client.product(product).status_code == 404
    expect(entries.first).to_contain_text("Undo of an upload")


def test_an_undo_names_what_it_kept(signed_in: Visitor, client: Client, tmp_path: Path) -> None:
    page, product = signed_in.page, unique("kept")
    signed_in.load([a_product(product)], f"{product}.csv")
    client.request("PATCH", f"/products/{product}", json={"price": 1})
    signed_in.open("History")
    undo(page, product)
    expect(signed_in.main.get_by_text("1 kept as changed since.")).to_be_visible()

    page.get_by_role("button", name="What was kept").first.click()

    kept = page.get_by_role("table", name="Kept products")
    expect(kept.get_by_role("rowheader")).to_have_text(product)
    expect(kept).to_contain_text("changed")
    assert kept.get_by_role("columnheader").all_inner_texts() == ["Product", "Why it was kept"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the kept products").click()
    download.value.save_as(tmp_path / "kept.csv")
    assert product in (tmp_path / "kept.csv").read_text(encoding="utf-8")


def test_an_undo_can_be_undone(signed_in: Visitor, client: Client) -> None:
    page, product = signed_in.page, unique("again")
    signed_in.load([a_product(product)], f"{product}.csv")
    signed_in.open("History")
    undo(page, product)
    expect(signed_in.main.get_by_text("Undone: 1 product deleted, 0 put back.")).to_be_visible()

    undo(page, "this undo")

    expect(signed_in.main.get_by_text("Undone: 0 products deleted, 1 put back.")).to_be_focused()
    assert client.product(product).status_code == 200


def test_an_undo_is_told_even_if_the_list_cannot_be_shown_anew(signed_in: Visitor, client: Client) -> None:
    page, product = signed_in.page, unique("stale")
    signed_in.load([a_product(product)], f"{product}.csv")
    signed_in.open("History")
    page.route(LISTED, lambda route: route.fulfill(**UNAVAILABLE))
    undo(page, product)

    expect(signed_in.main.get_by_text("Undone: 1 product deleted")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("The list is not up to date.")
    assert client.product(product).status_code == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"product_id,product_name\nx,y\n", "Missing column: category", id="a missing column"),
        pytest.param(products_csv([a_product("x")]).decode().encode("utf-16"), "UTF-16", id="UTF-16"),
    ],
)
def test_a_file_that_was_refused_as_a_whole_says_why(signed_in: Visitor, content: bytes, reason: str) -> None:
    signed_in.choose(content)
    expect(signed_in.heading("This file can't be loaded")).to_be_visible()
    signed_in.open("History")
    entry = signed_in.page.locator(".upload-entry").first
    expect(entry).to_contain_text("Nothing was loaded.")

    entry.get_by_role("button", name="What went wrong").click()

    expect(entry.locator(".upload-details > p")).to_contain_text(reason)
    assert signed_in.faults() == []


def test_an_upload_that_failed_says_why(signed_in: Visitor) -> None:
    report = {"msg": "The database can't be written to now.", "errors": [], "totals_by_code": {}}
    signed_in.page.route(LISTED, lambda route: route.fulfill(json={"items": [FAILED], "next": None}))
    signed_in.page.route("**/uploads/one", lambda route: route.fulfill(json=FAILED | report))
    signed_in.open("History")

    signed_in.page.get_by_role("button", name="What went wrong").click()

    expect(signed_in.main.get_by_text("The database can't be written to now.")).to_be_visible()


def test_older_uploads_that_cannot_be_had_are_an_error_and_can_be_asked_for_again(signed_in: Visitor) -> None:
    page = signed_in.page
    page.route(LISTED, lambda route: route.fulfill(json={"items": [FAILED], "next": "further"}))
    page.route(f"{LISTED}&cursor=further", lambda route: route.fulfill(**UNAVAILABLE))
    signed_in.open("History")
    page.get_by_role("button", name="Show older ones").click()
    expect(page.get_by_role("alert")).to_have_text("The service is not available.")

    older = {"items": [FAILED | {"file_name": "winter.csv"}], "next": None}
    page.route(f"{LISTED}&cursor=further", lambda route: route.fulfill(json=older))
    page.get_by_role("button", name="Show older ones").click()

    expect(page.get_by_role("heading", name="winter.csv")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)
