"""Products and reports, as somebody sees them who has no other way to."""

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.contract.browser.conftest import NewVisitor
from tests.contract.browser.visitor import VIEWS, Visitor
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product

PAGE = 25

# Chromium complains at the console, which fails a test, where getImageData is called often on one canvas.
IS_DRAWN = """(canvas) => {
    const {width, height} = canvas;
    const blank = Object.assign(document.createElement("canvas"), {width, height});
    return canvas.toDataURL() !== blank.toDataURL();
}"""


@pytest.fixture(scope="module")
def category(client: Client) -> str:
    """Load thirty products, and give the name of their category, which nothing else is in."""
    name = unique("shelf")
    products = [
        a_product(
            f"{name}-{number:02}",
            product_name=f"{name} item {number:02}",
            category=name,
            price=Decimal(number) + Decimal("0.5"),
            quantity_sold=1000 - number,
            rating=Decimal(number % 5),
        )
        for number in range(30)
    ]
    assert client.upload(products).status_code == 200
    return name


def rows(page: Page) -> Any:
    return page.get_by_role("table", name="Products").locator("tbody tr")


def test_products_are_found_by_a_part_of_their_name_as_it_is_typed(signed_in: Visitor, category: str) -> None:
    signed_in.open("Products")
    signed_in.page.get_by_label("Search in the name").fill(f"{category} ITEM 07")

    expect(rows(signed_in.page)).to_have_count(1)
    expect(rows(signed_in.page)).to_contain_text(f"{category}-07")
    expect(signed_in.main.get_by_text("1 to 1 of 1 product")).to_be_visible()


def test_products_are_filtered_and_a_reload_keeps_the_filters(signed_in: Visitor, category: str) -> None:
    page = signed_in.page
    signed_in.open("Products")
    page.get_by_label("Category").select_option(category)
    page.get_by_label("Price from").fill("27")
    page.get_by_label("Price to").fill("28.5")
    expect(rows(page)).to_have_count(2)

    page.reload()

    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Price from")).to_have_value("27")
    expect(page.get_by_label("Category")).to_have_value(category)


def test_a_filter_that_is_no_number_is_explained(signed_in: Visitor) -> None:
    signed_in.open("Products")
    signed_in.page.get_by_label("Price from").fill("cheap")

    expect(signed_in.page.get_by_role("alert")).to_contain_text("Price from: ")


def test_a_column_is_sorted_by_its_head_and_says_so(signed_in: Visitor, category: str) -> None:
    page = signed_in.page
    page.goto(f"/#/products?category={category}")
    head = page.get_by_role("columnheader", name="Price")
    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "descending")
    expect(rows(page).first).to_contain_text("29.50")
    expect(head.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(rows(page).first).to_contain_text("0.50")


def test_pages_lead_on_and_back(signed_in: Visitor, category: str) -> None:
    page = signed_in.page
    page.goto(f"/#/products?category={category}&sort=product_name")
    expect(rows(page)).to_have_count(PAGE)
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()

    page.get_by_role("button", name="Next").click()
    expect(signed_in.main.get_by_text("26 to 30 of 30 products")).to_be_visible()
    expect(rows(page)).to_have_count(30 - PAGE)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()

    expect(rows(page).first).to_contain_text(f"{category} item 00")


def test_the_products_that_are_shown_can_be_saved(signed_in: Visitor, category: str, tmp_path: Path) -> None:
    signed_in.page.goto(f"/#/products?category={category}&min_price=20")
    expect(rows(signed_in.page)).to_have_count(10)
    with signed_in.page.expect_download() as download:
        signed_in.page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "products.csv")

    with (tmp_path / "products.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 10


def test_a_product_may_have_any_name(signed_in: Visitor, client: Client) -> None:
    name = unique("strange")
    names = [
        f"{name} <img src=x onerror=alert(1)><script>alert(1)</script>",
        f"{name} \u202egnp.exe مصباح",
        f"{name} " + "W" * 230,
    ]
    assert (
        client.upload(
            [
                a_product(f"{name}-{number}", product_name=text, category=text[:128])
                for number, text in enumerate(names)
            ]
        ).status_code
        == 200
    )
    signed_in.page.set_viewport_size({"width": 360, "height": 740})
    signed_in.page.goto(f"/#/products?q={name}")

    expect(rows(signed_in.page)).to_have_count(3)
    shown = "".join(signed_in.page.locator("tbody th bdi").all_text_contents())
    assert all(text in shown for text in names)
    assert signed_in.page.locator("main img, main script").count() == 0
    assert signed_in.faults() == []


def test_a_number_that_no_double_holds_keeps_its_digits(signed_in: Visitor, client: Client) -> None:
    name = unique("exact")
    exact = a_product(
        name, product_name=name, quantity_sold=9223372036854775807, price=Decimal("123456789012.654321")
    )
    assert client.upload([exact]).status_code == 200
    signed_in.page.goto(f"/#/products?q={name}")

    expect(rows(signed_in.page)).to_contain_text("9,223,372,036,854,775,807")
    expect(rows(signed_in.page)).to_contain_text("123,456,789,012.654321")
    assert client.request("DELETE", f"/products/{name}").status_code == 204


def test_the_reports_are_charts_with_the_same_numbers_beside_them(
    signed_in: Visitor, client: Client, category: str
) -> None:
    page = signed_in.page
    signed_in.open("Reports")

    for title in ("Revenue by category", "Top products", "Prices"):
        card = page.get_by_role("region", name=title, exact=True)
        expect(card.get_by_role("img")).to_be_visible()
        # Chart.js draws in a frame that may come after the one that shows the canvas.
        page.wait_for_function(IS_DRAWN, arg=card.locator("canvas").element_handle())
    (own,) = (one for one in client.summary() if one["category"] == category)
    table = page.get_by_role("table", name="Categories in numbers")
    line = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=category, exact=True))
    expect(line).to_contain_text(f"{own['total_revenue']:,.2f}")
    expect(page.get_by_role("region", name="Worth a look").locator("li").first).to_be_visible()


def test_the_prices_name_the_most_common_one_and_how_many_have_it(
    signed_in: Visitor, client: Client, category: str
) -> None:
    assert client.product(f"{category}-00").status_code == 200
    signed_in.open("Reports")

    sentence = re.compile(r"The most common price is \S+: [\d,]+ of [\d,]+ products?\.")
    expect(signed_in.page.get_by_role("region", name="Prices")).to_contain_text(sentence)


def test_a_report_is_saved_as_csv(signed_in: Visitor, category: str, tmp_path: Path) -> None:
    signed_in.open("Reports")
    with signed_in.page.expect_download() as download:
        signed_in.page.get_by_role("button", name="CSV of Revenue by category").click()
    download.value.save_as(tmp_path / "report.csv")

    assert category in (tmp_path / "report.csv").read_text(encoding="utf-8")


@pytest.mark.usefixtures("category")
@pytest.mark.parametrize(("width", "scheme"), [(1100, "light"), (360, "dark")])
def test_every_view_can_be_read_out_and_fits_the_screen(
    new_visitor: NewVisitor, account: User, width: int, scheme: str
) -> None:
    visitor = new_visitor(width=width, scheme=scheme)
    visitor.page.goto("/")
    assert visitor.faults() == []
    visitor.sign_in(account)
    for view, title in VIEWS.items():
        visitor.open(view)
        expect(visitor.page.locator(".waiting")).to_have_count(0)
        visitor.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        expect(visitor.heading(title).first).to_be_focused()
        expect(visitor.page.get_by_role("link", name=view, exact=True)).to_have_attribute(
            "aria-current", "page"
        )
        assert visitor.faults() == []
