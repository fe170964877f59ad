"""What a screen reader makes of the page: names, descriptions, and what is said without being asked."""

import re

from playwright.sync_api import expect

from tests.contract.browser.conftest import NewVisitor
from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, raw_csv, raw_row

LISTED = "**/uploads?limit=20"
RUNNING = {
    "id": "one",
    "state": "running",
    "file_name": "spring.csv",
    "bytes": 10,
    "rows_read": 7,
    "options": {"dry_run": False},
    "started_at": "2026-03-01T10:00:00Z",
    "seconds": 0,
    "undoes": None,
}
CHARTS = ("Revenue by category", "Top products", "Prices")


def test_who_is_not_signed_in_hears_of_no_views(visitor: Visitor) -> None:
    visitor.page.goto("/")
    visitor.heading("Sign in").wait_for()

    expect(visitor.page.get_by_role("navigation")).to_have_count(0)


def test_the_signs_beside_names_are_not_read_out(signed_in: Visitor, client: Client) -> None:
    assert client.upload([a_product(unique("sign"))]).status_code == 200
    signed_in.page.goto("/#/products?sort=-price")

    expect(signed_in.page.get_by_role("button", name="Price", exact=True)).to_be_visible()
    expect(signed_in.page.get_by_role("button", name="Sold", exact=True)).to_be_visible()


def test_on_a_phone_a_cell_is_not_read_out_with_the_head_that_its_table_gives_it(
    new_visitor: NewVisitor, account: User
) -> None:
    visitor = new_visitor(width=360)
    visitor.sign_in(account)
    visitor.choose(raw_csv(raw_row(unique("bad"), price="cheap")))

    row = visitor.page.get_by_role("table", name="Errors by line").get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader", name="2", exact=True)).to_be_visible()
    expect(row.get_by_role("cell", name="cheap", exact=True)).to_be_visible()


def test_the_steps_of_an_upload_say_which_are_done(signed_in: Visitor) -> None:
    page = signed_in.page
    signed_in.hold("**/upload?**")
    signed_in.choose([a_product(unique("steps"))])
    steps = page.get_by_role("list", name="Steps")
    expect(steps.locator("[aria-current=step]")).to_have_text("Send")
    expect(steps).to_match_aria_snapshot(
        "- list:\n  - listitem: Send\n  - listitem: Check\n  - listitem: Compare"
    )

    steps.get_by_role("listitem").first.evaluate("(one) => (one.className = 'done')")

    expect(steps).to_match_aria_snapshot('- list:\n  - listitem: "done: Send"\n  - listitem: Check')


def test_each_figure_is_read_out_after_what_it_counts(signed_in: Visitor) -> None:
    signed_in.choose([a_product(unique("figure"))])

    expect(signed_in.main).to_match_aria_snapshot(
        """
        - term: would be added
        - definition: "1"
        - term: would change
        - definition: "0"
        """
    )


def test_each_button_of_the_history_says_which_upload_it_is_about(signed_in: Visitor) -> None:
    name = f"{unique('named')}.csv"
    signed_in.choose(raw_csv(raw_row(unique("bad"), price="cheap")), name)
    signed_in.heading("can't be loaded").wait_for()
    signed_in.open("History")

    signed_in.page.get_by_role("button", name=f"Errors in {name} of ").click()

    expect(signed_in.page.locator("#status")).to_have_text("The details are shown.")


def test_a_question_is_described_by_what_it_would_do(signed_in: Visitor) -> None:
    name = f"{unique('asked')}.csv"
    signed_in.load([a_product(unique("asked"))], name)
    signed_in.open("History")
    signed_in.page.get_by_role("button", name=f"Undo {name} of ").click()

    dialog = signed_in.page.get_by_role("dialog", name=f"Undo the upload of {name}?")
    expect(dialog).to_have_accessible_description(re.compile("^Products that it added are deleted"))


def test_each_chart_names_itself_and_the_table_with_its_numbers(signed_in: Visitor, client: Client) -> None:
    assert client.upload([a_product(unique("chart"))]).status_code == 200
    signed_in.open("Reports")
    for title in CHARTS:
        card = signed_in.page.get_by_role("region", name=title, exact=True)
        expect(card.get_by_role("img", name="the table below has the numbers")).to_be_visible()
        card.get_by_text(f"Show as a table ({title})").click()
        expect(card.get_by_role("table").get_by_role("row").nth(1)).to_be_visible()


def test_a_view_that_takes_time_says_so_and_when_it_is_there(signed_in: Visitor, client: Client) -> None:
    page = signed_in.page
    assert client.upload([a_product(unique("slow"))]).status_code == 200
    for view, asked, waits, shown in (
        ("History", LISTED, "Loading the history …", "The history is shown."),
        ("Reports", "**/reports/summary", "Working out the reports …", "The reports are shown."),
    ):
        held = signed_in.hold(asked)
        signed_in.open(view)
        expect(page.get_by_role("status")).to_have_text(waits)
        held.next().continue_()
        expect(page.get_by_role("status")).to_have_text(shown)


def test_a_view_that_has_nothing_says_so(newly_signed_in: Visitor) -> None:
    page = newly_signed_in.page
    page.route("**/reports/*", lambda route: route.fulfill(json={"items": []}))
    for view, sentence in (("History", "Nothing uploaded yet"), ("Reports", "Nothing to report yet")):
        newly_signed_in.open(view)
        expect(page.get_by_role("status")).to_have_text(sentence)


def test_the_end_of_an_upload_from_elsewhere_is_said_in_the_history(signed_in: Visitor) -> None:
    page = signed_in.page
    page.route(LISTED, lambda route: route.fulfill(json={"items": [RUNNING], "next": None}))
    page.route("**/uploads/one", lambda route: route.fulfill(json=RUNNING | {"state": "rejected"}))
    signed_in.open("History")

    expect(page.get_by_role("status")).to_have_text("spring.csv: Refused.")


def test_a_page_of_products_says_which_before_all_are_counted(signed_in: Visitor, client: Client) -> None:
    page, name = signed_in.page, unique("counted")
    products = [a_product(f"{name}-{number}", product_name=name) for number in range(26)]
    assert client.upload(products).status_code == 200
    page.goto(f"/#/products?q={name}")
    signed_in.main.get_by_text("1 to 25 of 26 products").wait_for()
    signed_in.hold("**/products?**include_total=true")

    page.get_by_role("button", name="Next").click()

    expect(page.locator(".total-line")).to_be_focused()
    expect(page.locator(".total-line")).to_have_text("26 to 26")


def test_a_field_that_is_refused_is_marked_until_it_is_right(signed_in: Visitor) -> None:
    price = signed_in.page.get_by_label("Price from")
    signed_in.open("Products")
    price.fill("cheap")
    expect(signed_in.page.get_by_role("alert")).to_contain_text("Price from: ")
    expect(price).to_have_attribute("aria-invalid", "true")

    price.fill("1")

    expect(signed_in.page.get_by_role("alert")).to_have_count(0)
    expect(price).not_to_have_attribute("aria-invalid", "true")
