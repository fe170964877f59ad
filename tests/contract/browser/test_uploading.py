"""Uploads: dropped or chosen, checked first, loaded, refused, undone."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.contract.browser.conftest import NewVisitor
from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, raw_csv, raw_row

MANY_ROWS = 20_000
REMEMBER_PROGRESS = """() => {
  globalThis.seen = { shares: [], sentences: [], said: [] };
  const status = document.getElementById("status");
  new MutationObserver(() => seen.said.push(status.textContent)).observe(status, { childList: true });
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (!bar) return;
    if (bar.hasAttribute("value")) seen.shares.push(bar.value);
    seen.sentences.push(document.querySelector(".progress-what").textContent);
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
REMEMBER_FOCUS = """() => {
  globalThis.focused = [];
  document.addEventListener("focusin", ({ target }) => focused.push(target.className));
}"""


def test_a_dropped_file_is_checked_first_and_stored_only_when_told_so(
    signed_in: Visitor, client: Client
) -> None:
    product = unique("dropped")
    assert signed_in.drop([a_product(product)])

    expect(signed_in.heading("The file is good")).to_be_focused()
    expect(signed_in.page.locator(".figures")).to_contain_text("would be added1")
    assert client.product(product).status_code == 404

    signed_in.page.get_by_role("button", name="Load 1 row").click()
    expect(signed_in.heading("Your products are loaded")).to_be_focused()
    assert client.stored(product)["product_name"] == "Kettle"


def test_a_bad_file_shows_line_column_and_value_and_gives_the_rejected_rows(
    signed_in: Visitor, client: Client, tmp_path: Path
) -> None:
    good, bad = unique("good"), unique("bad")
    signed_in.choose(raw_csv(raw_row(good), raw_row(bad, price="cheap", rating="-1")), "march.csv")

    expect(signed_in.heading("1 row of 2 can't be loaded")).to_be_focused()
    rows = signed_in.page.get_by_role("table", name="Errors by line").get_by_role("row")
    expect(rows).to_have_count(3)
    assert rows.nth(1).get_by_role("cell").all_inner_texts()[:2] == ["price", "cheap"]
    assert [rows.nth(number).get_by_role("rowheader").inner_text() for number in (1, 2)] == ["3", "3"]
    expect(signed_in.page.get_by_role("list", name="Errors by kind")).to_contain_text("1 Not a number")

    with signed_in.page.expect_download() as download:
        signed_in.page.get_by_role("button", name="Download the rejected rows").click()
    download.value.save_as(tmp_path / "rejects.csv")
    assert bad in (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    assert client.product(good).status_code == 404


def test_on_a_phone_each_cell_of_an_error_is_named(new_visitor: NewVisitor, account: User) -> None:
    visitor = new_visitor(width=360)
    visitor.sign_in(account)
    visitor.choose(raw_csv(raw_row(unique("bad"), price="cheap")), "march.csv")
    table = visitor.page.get_by_role("table", name="Errors by line")
    label = "(cell) => getComputedStyle(cell, '::before').content !== 'none' && cell.dataset.label"

    expect(table.get_by_role("columnheader")).to_have_text(["Line", "Column", "Value", "What is wrong"])
    labels = [cell.evaluate(label) for cell in table.locator("tbody tr > *").all()]
    assert labels == ["Line", "Column", "Value", False]
    assert visitor.faults() == []


def test_the_good_rows_of_a_bad_file_can_be_loaded_alone(signed_in: Visitor, client: Client) -> None:
    good, bad = unique("good"), unique("bad")
    signed_in.choose(raw_csv(raw_row(good), raw_row(bad, price="cheap")))

    signed_in.page.get_by_role("button", name="Load the 1 good row only").click()

    expect(signed_in.heading("The good rows are loaded, 1 row left out")).to_be_visible()
    assert client.product(good).status_code == 200
    assert client.product(bad).status_code == 404


def test_a_file_without_a_column_says_which(signed_in: Visitor) -> None:
    signed_in.choose(b"product_id,product_name\nx,y\n")

    expect(signed_in.heading("This file can't be loaded")).to_be_visible()
    expect(signed_in.main.get_by_role("table", name="Errors by line")).to_contain_text(
        "Missing column: category"
    )


def test_the_bar_follows_the_bytes_and_then_the_rows(signed_in: Visitor) -> None:
    page = signed_in.page
    page.evaluate(REMEMBER_PROGRESS)
    tell_rows(page)
    send_slowly(page)
    prefix = unique("many")
    signed_in.choose(a_product(f"{prefix}-{number}") for number in range(MANY_ROWS))
    expect(signed_in.heading("The file is good")).to_be_visible()

    seen = page.evaluate("seen")
    assert any(0 < share < 1 for share in seen["shares"])
    assert any(sentence.endswith(" MB sent") or " kB of " in sentence for sentence in seen["sentences"])
    assert "1,200 rows checked" in seen["sentences"]
    assert seen["said"][-2:] == ["Everything is sent.", "Checking the rows."]
    assert {f"{quarter}% sent." for quarter in (25, 50, 75)} >= set(seen["said"][:-2]) != set()


def send_slowly(page: Page) -> None:
    """Let a megabyte take a second to go up."""
    slow = page.context.new_cdp_session(page)
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000},
    )


def tell_rows(page: Page) -> None:
    """Answer the page's looks at its upload as while the server checks: a small file takes it no time."""
    keys: list[str] = []
    running = {"state": "running", "stage": "checking", "bytes": 10, "bytes_read": 5, "rows_read": 1200}
    page.on("request", lambda request: keys.extend(_key(request)))
    page.route(
        "**/uploads?limit=5", lambda route: route.fulfill(json={"items": [{"id": keys[0], **running}]})
    )


def _key(request: Any) -> list[str]:
    key = request.headers.get("idempotency-key")
    return [key] if key else []


def test_what_is_sent_can_be_cut_off(signed_in: Visitor) -> None:
    page = signed_in.page
    signed_in.hold("**/upload?**")
    signed_in.choose([a_product(unique("cut"))])

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("#file")).to_be_focused()


def test_a_connection_that_breaks_is_tried_again_under_the_same_name(
    signed_in: Visitor,
) -> None:
    keys: list[str] = []

    def break_first(route: Any, request: Any) -> None:
        keys.extend(_key(request))
        if len(keys) == 1:
            route.fulfill(status=503, json={"msg": "The service is not available."})
        else:
            route.continue_()

    signed_in.page.route("**/upload?**", break_first)
    signed_in.choose([a_product(unique("broken"))])
    expect(signed_in.page.get_by_role("alert")).to_have_text("The service is not available.")
    signed_in.page.get_by_role("button", name="Try again").click()

    expect(signed_in.heading("The file is good")).to_be_visible()
    assert keys[0] == keys[1]


def test_the_focus_stays_with_the_upload_when_it_can_no_longer_be_cancelled(signed_in: Visitor) -> None:
    page = signed_in.page
    send_slowly(page)
    page.evaluate(REMEMBER_FOCUS)
    prefix = unique("focus")
    signed_in.choose(a_product(f"{prefix}-{number}") for number in range(MANY_ROWS))
    page.get_by_role("button", name="Cancel").focus()
    expect(signed_in.heading("The file is good")).to_be_focused()

    assert page.evaluate("focused")[-3:] == ["quiet", "card running", "outcome good"]


def test_an_upload_goes_on_while_another_view_is_shown(signed_in: Visitor) -> None:
    signed_in.choose([a_product(unique("left"))])
    signed_in.open("History")
    signed_in.open("Upload")

    expect(signed_in.heading("The file is good")).to_be_visible()


def test_who_looks_at_something_else_is_told_how_an_upload_ended(signed_in: Visitor) -> None:
    held = signed_in.hold("**/upload?**")
    signed_in.choose([a_product(unique("told"))], "spring.csv")
    checked = held.next()
    signed_in.open("History")
    checked.continue_()

    expect(signed_in.page.locator("#status")).to_have_text("spring.csv: The file is good.")


def test_a_file_may_be_dropped_anywhere_also_where_another_was_looked_at(signed_in: Visitor) -> None:
    signed_in.choose([a_product(unique("first"))], "first.csv")
    expect(signed_in.heading("The file is good")).to_be_visible()

    assert signed_in.drop([a_product(unique("second"))], target="body")

    expect(signed_in.page.locator(".file-line")).to_contain_text("spring.csv")
    expect(signed_in.heading("The file is good")).to_be_focused()


def test_no_view_is_left_for_a_file_that_is_dropped_there(signed_in: Visitor) -> None:
    signed_in.open("Products")

    assert signed_in.drop([a_product(unique("astray"))], target="main h1")


def test_of_two_dropped_files_none_is_taken_and_everybody_is_told(signed_in: Visitor) -> None:
    signed_in.drop([a_product(unique("two"))], files=2)

    expect(signed_in.page.get_by_role("alert")).to_have_text("Drop one file at a time.")
    expect(signed_in.page.locator("#file")).to_be_attached()


def test_who_may_only_read_is_told_so(
    visitor: Visitor, somebody: User, administrator: Client, anonymous: Client
) -> None:
    own = anonymous.with_token(somebody.access_token).me()
    administrator.change_account(own["id"], scopes=["catalog:read"])

    visitor.sign_in(somebody)

    expect(visitor.main.get_by_text("You may read, but not upload")).to_be_visible()
