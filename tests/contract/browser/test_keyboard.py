"""The page by the keyboard alone: what is reached, and where the focus goes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, products_csv

MOST_STOPS = 60
IS_SEEN = """() => {
  const one = document.activeElement;
  const label = one.matches(".visually-hidden") ? one.labels[0] : one;
  return getComputedStyle(label).outlineStyle === "solid" && label.getBoundingClientRect().width > 10;
}"""
UNAVAILABLE: dict[str, Any] = {"status": 503, "json": {"msg": "The service is not available."}}


def tab_to(page: Page, wanted: Any) -> None:
    """Press Tab until an element has the focus; at each stop on the way one can see where it is."""
    passed = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if page.evaluate("document.activeElement !== document.body"):
            assert page.evaluate(IS_SEEN), f"no sign of the focus at {stop}"
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        passed.append(stop)
    raise AssertionError(f"{wanted} is not reached: {passed}")


def press(page: Page, wanted: Any) -> None:
    """Go to an element by Tab, and press Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name).first


def test_everything_can_be_done_by_the_keyboard_alone(
    visitor: Visitor, somebody: User, client: Client, tmp_path: Path
) -> None:
    page, product = visitor.page, unique("typed")
    file = tmp_path / f"{product}.csv"
    file.write_bytes(products_csv([a_product(f"{product}-{number}") for number in range(26)]))
    page.goto("/")
    visitor.heading("Sign in").wait_for()
    tab_to(page, page.get_by_label("Username"))
    page.keyboard.type(somebody.username)
    tab_to(page, page.get_by_label("Password", exact=True))
    page.keyboard.type(somebody.password)
    page.keyboard.press("Enter")
    expect(visitor.heading("Upload products")).to_be_focused()

    with page.expect_file_chooser() as chooser:
        press(page, page.locator("#file"))
    chooser.value.set_files(file)
    expect(visitor.heading("The file is good")).to_be_focused()
    press(page, button(page, "Load 26 rows"))
    expect(visitor.heading("Your products are loaded")).to_be_focused()
    press(page, page.get_by_role("link", name="See the products"))
    expect(visitor.heading("Products").first).to_be_focused()

    tab_to(page, page.get_by_label("Search in the name"))
    tab_to(page, page.get_by_label("Price from"))
    press(page, page.get_by_role("columnheader", name="Sold").get_by_role("button"))
    expect(page.get_by_role("columnheader", name="Sold")).to_have_attribute("aria-sort", "descending")
    press(page, button(page, "Next"))
    expect(page.locator(".total-line")).to_be_focused()

    page.locator(".skip").focus()
    press(page, page.get_by_role("link", name="Reports"))
    expect(visitor.heading("Reports")).to_be_focused()
    visitor.page.get_by_text("The reports are shown.").wait_for()
    press(page, page.locator("summary").first)
    expect(page.get_by_role("table", name="Revenue by category")).to_be_visible()

    page.locator(".skip").focus()
    press(page, page.get_by_role("link", name="History"))
    expect(visitor.heading("History")).to_be_focused()
    press(page, button(page, "Undo"))
    expect(button(page, "Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    # It has the focus a moment before it may be pressed again.
    expect(page.locator("dialog")).to_have_count(0)
    expect(button(page, "Undo")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True))
    expect(visitor.main.get_by_text("Undone: 26 products deleted")).to_be_focused()
    assert client.product(f"{product}-0").status_code == 404

    page.locator(".skip").focus()
    press(page, button(page, "Sign out"))
    expect(visitor.heading("Sign in")).to_be_focused()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(signed_in: Visitor) -> None:
    signed_in.page.reload()
    signed_in.heading("Upload products").wait_for()

    press(signed_in.page, signed_in.page.get_by_role("link", name="Skip to the content"))

    expect(signed_in.main).to_be_focused()
    expect(signed_in.heading("Upload products")).to_be_visible()
    tab_to(signed_in.page, signed_in.page.locator("#file"))


def test_a_button_that_is_busy_keeps_the_focus_and_is_not_pressed_twice(signed_in: Visitor) -> None:
    page = signed_in.page
    held = signed_in.hold("**/products.csv")
    signed_in.open("Products")
    press(page, button(page, "Download as CSV"))
    first = held.next()
    expect(button(page, "Download as CSV")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    first.fulfill(**UNAVAILABLE)

    expect(page.get_by_role("alert")).to_have_text("The service is not available.")
    expect(button(page, "Download as CSV")).to_be_focused()
    assert len(held.routes) == 1
    page.keyboard.press("Enter")
    held.next().fulfill(body="product_id\n")
    expect(page.locator("#status")).to_have_text("The products are downloaded.")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_undo_that_fails_leaves_the_focus_where_it_can_be_tried_again(signed_in: Visitor) -> None:
    page = signed_in.page
    signed_in.load([a_product(unique("undo"))])
    page.route("**/undo", lambda route: route.fulfill(**UNAVAILABLE))
    signed_in.open("History")
    press(page, button(page, "Undo"))
    press(page, page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True))

    expect(page.get_by_role("alert")).to_have_text("The service is not available.")
    expect(button(page, "Undo")).to_be_focused()


def test_a_page_that_cannot_be_had_takes_the_focus_to_why(signed_in: Visitor, client: Client) -> None:
    page, name = signed_in.page, unique("paged")
    products = [a_product(f"{name}-{number}", product_name=name) for number in range(26)]
    assert client.upload(products).status_code == 200
    page.goto(f"/#/products?q={name}")
    signed_in.main.get_by_text("1 to 25 of 26 products").wait_for()
    page.route("**/products?**cursor=**", lambda route: route.fulfill(**UNAVAILABLE))

    press(page, button(page, "Next"))

    expect(page.get_by_role("alert")).to_have_text("The service is not available.")
    expect(page.get_by_role("alert")).to_be_focused()
