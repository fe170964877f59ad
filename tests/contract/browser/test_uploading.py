"""Uploads: dropped or chosen, checked first, loaded, refused, undone."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, products_csv, raw_csv, raw_row

MANY_ROWS = 20_000
DROP = """([text, name]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/csv" }));
  const zone = document.querySelector(".drop-zone");
  zone.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
REMEMBER_PROGRESS = """() => {
  globalThis.seen = { shares: [], sentences: [] };
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (!bar) return;
    if (bar.hasAttribute("value")) seen.shares.push(bar.value);
    seen.sentences.push(document.querySelector(".progress-what").textContent);
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def test_a_dropped_file_is_checked_first_and_stored_only_when_told_so(
    signed_in: Visitor, client: Client
) -> None:
    product = unique("dropped")
    signed_in.page.evaluate(DROP, [products_csv([a_product(product)]).decode(), "spring.csv"])

    expect(signed_in.heading("The file is good")).to_be_focused()
    expect(signed_in.page.locator(".figures")).to_contain_text("1would be added")
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
    slow = page.context.new_cdp_session(page)
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000},
    )
    prefix = unique("many")
    signed_in.choose(a_product(f"{prefix}-{number}") for number in range(MANY_ROWS))
    expect(signed_in.heading("The file is good")).to_be_visible()

    seen = page.evaluate("seen")
    assert any(0 < share < 1 for share in seen["shares"])
    assert any(sentence.endswith(" MB sent") or " kB of " in sentence for sentence in seen["sentences"])
    assert "1,200 rows checked" in seen["sentences"]


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
    page.route("**/upload?**", lambda _route: None)
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


def test_an_upload_goes_on_while_another_view_is_shown(signed_in: Visitor) -> None:
    signed_in.choose([a_product(unique("left"))])
    signed_in.open("History")
    signed_in.open("Upload")

    expect(signed_in.heading("The file is good")).to_be_visible()


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
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert client.product(product).status_code == 200
    page.get_by_role("button", name=f"Undo {product}").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True).click()

    expect(signed_in.main.get_by_text("Undone: 1 product deleted, 0 put back.")).to_be_focused()
    assert client.product(product).status_code == 404
    expect(entries.first).to_contain_text("Undo of an upload")


def test_an_undo_names_what_it_kept(signed_in: Visitor, client: Client) -> None:
    page, product = signed_in.page, unique("kept")
    signed_in.load([a_product(product)], f"{product}.csv")
    client.request("PATCH", f"/products/{product}", json={"price": 1})
    signed_in.open("History")
    page.get_by_role("button", name=f"Undo {product}").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True).click()
    expect(signed_in.main.get_by_text("1 kept as changed since.")).to_be_visible()

    page.get_by_role("button", name="What was kept").first.click()

    expect(page.get_by_role("table", name="Errors by line")).to_contain_text("changed")


def test_who_may_only_read_is_told_so(
    visitor: Visitor, somebody: User, administrator: Client, anonymous: Client
) -> None:
    own = anonymous.with_token(somebody.access_token).me()
    administrator.change_account(own["id"], scopes=["catalog:read"])

    visitor.sign_in(somebody)

    expect(visitor.main.get_by_text("You may read, but not upload")).to_be_visible()
