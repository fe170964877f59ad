"""axe finds nothing in any view, light or dark, on a wide screen or on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.contract.browser.axe import violations
from tests.contract.browser.conftest import Look
from tests.contract.browser.visitor import VIEWS, Visitor
from tests.contract.client import Client, unique
from tests.contract.products import a_product, raw_csv, raw_row

REFUSED: dict[str, Any] = {"status": 413, "json": {"msg": "The request is too large."}}
NO_ANSWER = "net::ERR_FAILED"
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => (one.open = true))"
# Colours change by a transition, and axe would see them half-way.
STILL = "() => document.getAnimations().every((one) => !(one instanceof CSSTransition))"


@pytest.fixture(autouse=True)
def the_pages_own_program(request: pytest.FixtureRequest) -> None:
    """Look once: a gateway serves the same files, and axe takes its time."""
    if request.config.getoption("--base-url"):
        pytest.skip("looks at the page as `make test` serves it")


@pytest.fixture(params=[(1100, "light"), (360, "dark")], ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """Give two looks that have each width and each of the two sets of colours."""
    width, scheme = request.param
    return width, scheme


@pytest.fixture(scope="module")
def shelf(client: Client) -> str:
    """Load products for two pages, one with a suspicious price, and give the name that they share."""
    name = unique("axe")
    products = [a_product(f"{name}-{number}", product_name=name, price=number) for number in range(30)]
    assert client.upload(products).status_code == 200
    return name


def check(page: Page, view: str) -> None:
    """Open everything in a view that is wholly there, and let axe look at it."""
    page.evaluate(OPEN_ALL)
    page.wait_for_function(STILL)
    found = violations(page, view)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("look", [(1100, "light")], ids=str)
def test_what_axe_finds_is_named_with_its_rule_and_place_and_view(visitor: Visitor) -> None:
    visitor.page.goto("/")
    visitor.heading("Sign in").wait_for()
    visitor.page.evaluate("document.querySelector('label').remove()")

    with pytest.raises(AssertionError, match=r"signed out: label at \['#field-"):
        check(visitor.page, "signed out")


def test_the_doors(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    visitor.heading("Sign in").wait_for()
    check(page, "signed out")

    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Show the password").click()
    check(page, "signed out, a form that lacks something")

    page.get_by_role("link", name="Make an account").click()
    visitor.heading("Make an account").wait_for()
    check(page, "sign up")


def test_a_page_that_cannot_begin(signed_in: Visitor) -> None:
    signed_in.expected.append(NO_ANSWER)
    signed_in.page.route("**/refresh", lambda route: route.abort())
    signed_in.page.reload()
    signed_in.page.get_by_role("button", name="Try again").wait_for()

    check(signed_in.page, "no server")


def test_an_upload_that_is_sent_and_one_that_fails(signed_in: Visitor) -> None:
    page = signed_in.page
    check(page, "upload")

    signed_in.hold("**/upload?**")
    signed_in.choose([a_product(unique("sent"))])
    page.get_by_role("progressbar").wait_for()
    check(page, "upload, sending")
    page.get_by_role("button", name="Cancel").click()

    page.route("**/upload?**", lambda route: route.fulfill(**REFUSED))
    signed_in.choose([a_product(unique("refused"))])
    page.get_by_role("alert").wait_for()
    check(page, "upload, failed")


def test_a_check_its_errors_a_load_and_the_history(signed_in: Visitor) -> None:
    page, good = signed_in.page, unique("good")
    header, row = raw_csv(raw_row(good)).decode().splitlines()
    signed_in.choose(f"{header},colour\n{row},red\n".encode())
    signed_in.main.get_by_text("Columns that are not read").wait_for()
    check(page, "check, good")
    page.get_by_role("button", name="Choose another file").click()

    signed_in.choose(raw_csv(raw_row(good), raw_row(unique("bad"), price="cheap", category="")))
    page.get_by_role("table", name="Errors by line").wait_for()
    check(page, "check, errors")

    page.get_by_role("button", name="Load the 1 good row only").click()
    signed_in.heading("The good rows are loaded").wait_for()
    check(page, "load, some rows left out")

    signed_in.open("History")
    page.get_by_role("button", name="Errors").first.click()
    page.get_by_role("table", name="Errors by line").wait_for()
    check(page, "history, errors opened")

    page.get_by_role("button", name="Undo").first.click()
    check(page, "history, dialog")
    page.get_by_role("dialog").get_by_role("button", name="Undo", exact=True).click()
    signed_in.main.get_by_text("Undone: 1 product deleted").wait_for()
    check(page, "history, undone")


def test_the_products(signed_in: Visitor, shelf: str) -> None:
    page = signed_in.page
    page.goto(f"/#/products?q={shelf}&sort=-price")
    signed_in.main.get_by_text("of 30 products").wait_for()
    check(page, "products")

    page.get_by_label("Price from").fill("cheap")
    page.get_by_role("alert").wait_for()
    check(page, "products, a filter that is no number")

    page.get_by_label("Price from").fill("31")
    page.get_by_text("Nothing found", exact=True).wait_for()
    check(page, "products, none found")


@pytest.mark.usefixtures("shelf")
def test_the_reports(signed_in: Visitor) -> None:
    signed_in.open("Reports")
    signed_in.page.get_by_text("The reports are shown.").wait_for()

    check(signed_in.page, "reports")


def test_the_views_of_somebody_who_has_uploaded_nothing(newly_signed_in: Visitor) -> None:
    for asked in ("**/products?**", "**/reports/*"):
        newly_signed_in.page.route(
            asked, lambda route: route.fulfill(json={"items": [], "next": None, "total": 0})
        )
    for view in VIEWS:
        newly_signed_in.open(view)
        expect(newly_signed_in.page.locator(".waiting")).to_have_count(0)
        check(newly_signed_in.page, f"{view}, nothing there")
