"""Takes the pictures of the README: `make screenshots`. With a folder, all views into that."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect, sync_playwright

from tests.contract.browser.installed import ARGUMENTS, MISSING, installed_chromium
from tests.contract.browser.visitor import VIEWS, Visitor
from tests.contract.client import Client, User
from tests.contract.embedded_program import embedded_program

REPOSITORY = Path(__file__).parents[3]
FOLDER = REPOSITORY / "docs" / "screenshots"
SAMPLE = (REPOSITORY / "db" / "sample_products.csv").read_text(encoding="utf-8")
FAULTY = {
    ",14.99,": ",cheap,",
    ",842,": ",-842,",
    ",21.00,": ",£21.00,",
    "Extra Virgin Olive Oil 750 ml": "",
    ",4.8,811": ',"4,8",811',
}
DRAWN_MILLISECONDS = 1000
"""Charts and counts come a moment after what they stand in."""

SIZES = {"": (1100, 800), "-tall": (1100, 880), "-phone": (360, 740)}


def main(arguments: list[str]) -> None:
    """Start the program, fill it with the sample, and take the pictures."""
    program = installed_chromium()
    if program is None:
        sys.exit(MISSING)
    with (
        TemporaryDirectory() as folder,
        embedded_program(Path(folder)) as base_url,
        sync_playwright() as tool,
    ):
        user = Client(base_url, rate=None).new_user("ada")
        Client(base_url, user.access_token).upload(SAMPLE.encode(), "sample_products.csv")
        browser = tool.chromium.launch(executable_path=program, args=ARGUMENTS)
        if arguments:
            _all(browser, base_url, user, Path(arguments[0]))
        else:
            _chosen(browser, base_url, user)
        browser.close()


def _chosen(browser: Browser, base_url: str, user: User) -> None:
    with _opened(browser, base_url) as visitor:
        _door(visitor)
        _take(visitor, FOLDER / "sign-in.png")
    with _seen(browser, base_url, user) as visitor:
        _good(visitor)
        _take(visitor, FOLDER / "check.png")
    with _seen(browser, base_url, user) as visitor:
        _refused(visitor)
        _take(visitor, FOLDER / "errors.png")
        _show(visitor, "History")
        _take(visitor, FOLDER / "history.png")
    with _seen(browser, base_url, user, "-tall") as visitor:
        _show(visitor, "Reports")
        _take(visitor, FOLDER / "reports.png")
    with _seen(browser, base_url, user, "-phone", "dark") as visitor:
        _show(visitor, "Products")
        _take(visitor, FOLDER / "products-phone.png")


def _all(browser: Browser, base_url: str, user: User, folder: Path) -> None:
    for size in SIZES:
        for scheme in ("light", "dark"):
            with _opened(browser, base_url, size, scheme) as visitor:
                _door(visitor)
                _take(visitor, folder / f"sign-in{size}-{scheme}.png")
            with _seen(browser, base_url, user, size, scheme) as visitor:
                _good(visitor)
                _take(visitor, folder / f"check{size}-{scheme}.png")
                visitor.page.get_by_role("button", name="Choose another file").click()
                _refused(visitor)
                _take(visitor, folder / f"errors{size}-{scheme}.png")
                for view in VIEWS:
                    _show(visitor, view)
                    _take(visitor, folder / f"{view.lower()}{size}-{scheme}.png")


@contextmanager
def _opened(browser: Browser, base_url: str, size: str = "", scheme: str = "light") -> Iterator[Visitor]:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    yield Visitor(context.new_page(), base_url)
    context.close()


@contextmanager
def _seen(
    browser: Browser, base_url: str, user: User, size: str = "", scheme: str = "light"
) -> Iterator[Visitor]:
    with _opened(browser, base_url, size, scheme) as visitor:
        visitor.sign_in(user)
        yield visitor


def _door(visitor: Visitor) -> None:
    visitor.page.goto("/")
    visitor.heading("Sign in").wait_for()


def _good(visitor: Visitor) -> None:
    visitor.choose(SAMPLE.replace(",14.99,", ",15.99,", 1).encode(), "price list of April.csv")
    visitor.heading("The file is good").wait_for()


def _refused(visitor: Visitor) -> None:
    faulty = SAMPLE
    for good, bad in FAULTY.items():
        faulty = faulty.replace(good, bad, 1)
    visitor.choose(faulty.encode(), "price list of March.csv")
    visitor.heading("can't be loaded").wait_for()


def _show(visitor: Visitor, view: str) -> None:
    visitor.open(view)
    expect(visitor.page.locator(".waiting")).to_have_count(0)
    visitor.page.wait_for_timeout(DRAWN_MILLISECONDS)


def _take(visitor: Visitor, file: Path) -> None:
    visitor.page.screenshot(path=str(file))


if __name__ == "__main__":
    main(sys.argv[1:])
