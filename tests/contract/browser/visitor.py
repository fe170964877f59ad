"""Somebody at a browser, as the tests need one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import ConsoleMessage, FilePayload, Page, Request, Route, expect

from tests.contract.client import User
from tests.contract.products import Product, products_csv

EXPECTED = tuple(f"status of {status} " for status in (400, 401, 413, 429, 503))
"""A browser notes every answer of an error status in its console, also one that the page then explains."""

VIEWS = {"History": "History", "Products": "Products", "Reports": "Reports", "Upload": "Upload products"}

DROP = """([target, text, files]) => {
  const data = new DataTransfer();
  for (let count = 0; count < files; count += 1)
    data.items.add(new File([text], "spring.csv", { type: "text/csv" }));
  const one = document.querySelector(target);
  const happen = (name) =>
    one.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
  return [happen("dragover"), happen("drop")].every((unhandled) => !unhandled);
}"""

HELD_TRIES = 200
HELD_MILLISECONDS = 50

FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")


class Held:
    """Requests of a page that are left without an answer."""

    def __init__(self, page: Page, address: str) -> None:
        """Keep what `page` asks of an address from now on."""
        self.routes: list[Route] = []
        self._page = page
        self._given = 0
        page.route(address, self._keep)

    def next(self) -> Route:
        """Give the next one, once it is there. Raises AssertionError after a while."""
        for _ in range(HELD_TRIES):
            if len(self.routes) > self._given:
                self._given += 1
                return self.routes[self._given - 1]
            # Playwright hands routes over only while it is asked for something.
            self._page.wait_for_timeout(HELD_MILLISECONDS)
        raise AssertionError(f"the page has asked {len(self.routes)} times")

    # Playwright asks how many arguments it takes, which `append` by itself doesn't tell.
    def _keep(self, route: Route) -> None:
        self.routes.append(route)


class Visitor:
    """Sees one page, and keeps what the browser complains of."""

    def __init__(self, page: Page, base_url: str) -> None:
        """Watch `page`: its console, its exceptions, and whom it asks."""
        self.page = page
        self.main = page.locator("#main")
        self.problems: list[str] = []
        self.expected = list(EXPECTED)
        self._base_url = base_url
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        expected = any(words in message.text for words in self.expected)
        if message.type in ("error", "warning") and not expected:
            self.problems.append(f"console: {message.text}")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self._base_url}/", f"blob:{self._base_url}/")):
            self.problems.append(f"another host was asked: {request.url}")

    def sign_in(self, user: User) -> None:
        """Sign in by the form, unless the browser is signed in already."""
        self.page.goto("/")
        title = self.page.get_by_role("heading", level=1)
        expect(title).to_be_visible()
        if title.inner_text() == "Sign in":
            self.fill_door("Sign in", user.username, user.password)
        expect(self.heading("Upload products")).to_be_visible()

    def fill_door(self, button: str, username: str, password: str) -> None:
        """Fill in the form for signing in or up, and send it."""
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name=button).click()

    def heading(self, name: str) -> Any:
        """Give the heading with these words."""
        return self.page.get_by_role("heading", name=name)

    def choose(self, content: bytes | Iterable[Product], name: str = "products.csv") -> None:
        """Choose a file with this content in the upload view."""
        body = content if isinstance(content, bytes) else products_csv(content)
        payload: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": body}
        self.page.set_input_files("#file", files=[payload])

    def drop(self, products: Iterable[Product], target: str = ".drop-zone", files: int = 1) -> bool:
        """Drop files of these products on an element; tell whether the page kept the browser there."""
        text = products_csv(products).decode()
        return bool(self.page.evaluate(DROP, [target, text, files]))

    def load(self, content: bytes | Iterable[Product], name: str = "products.csv") -> None:
        """Choose a good file, and load it after its check."""
        self.choose(content, name)
        self.page.get_by_role("button", name="Load ").click()
        expect(self.heading("Your products are loaded")).to_be_visible()

    def open(self, view: str) -> None:
        """Go to a view by the menu."""
        self.page.get_by_role("link", name=view, exact=True).click()
        expect(self.page.get_by_role("heading", level=1, name=VIEWS[view])).to_be_visible()

    def hold(self, address: str) -> Held:
        """Leave what is asked of an address without an answer, until it is given one."""
        return Held(self.page, address)

    def faults(self) -> list[str]:
        """List what somebody with a screen reader or a phone would stumble over."""
        return cast("list[str]", self.page.evaluate(FAULTS))
