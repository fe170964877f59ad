"""One Chromium for all these tests, and for each a visitor of its own, whose every complaint fails it.

Without a Chromium they are skipped, unless ``REQUIRE_CHROMIUM=1`` says that a green run must mean that they
ran.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.contract.browser.installed import ARGUMENTS, MISSING, installed_chromium
from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User

PATIENCE_MILLISECONDS = 15_000
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
MOST_RUNS = 3

NewVisitor = Callable[..., Visitor]
Look = tuple[int, str]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test of this folder again if the machine's network changed under it.

    Chromium then drops requests. It happens when any container starts or stops, as those of other tests do.
    """
    # pytest asks every conftest about every test.
    if not item.path.is_relative_to(Path(__file__).parent):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for run in range(1, MOST_RUNS + 1):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if run == MOST_RUNS or not any(NETWORK_CHANGED in report.longreprtext for report in reports):
            break
        item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public makes fixtures anew
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start the machine's own Chromium: none is downloaded."""
    program = installed_chromium()
    if program is None and os.environ.get("REQUIRE_CHROMIUM") == "1":
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_visitor(chromium: Browser, base_url: str) -> Iterator[NewVisitor]:
    """Open a browser window of its own, with nothing stored; what it complained of fails the test."""
    opened: list[Visitor] = []

    def make(width: int = 1100, scheme: str = "light", kept: StorageState | None = None) -> Visitor:
        context = chromium.new_context(
            base_url=base_url,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            storage_state=kept,
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened.append(Visitor(context.new_page(), base_url))
        return opened[-1]

    yield make
    for visitor in opened:
        visitor.page.context.close()
    assert [problem for visitor in opened for problem in visitor.problems] == []


@pytest.fixture
def look() -> Look:
    """Say how wide the browser window is, and whether all is light or dark in it."""
    return 1100, "light"


@pytest.fixture
def visitor(new_visitor: NewVisitor, look: Look) -> Visitor:
    """Somebody who is not signed in."""
    return new_visitor(*look)


@pytest.fixture
def somebody(anonymous: Client) -> User:
    """Somebody who has uploaded nothing yet."""
    return anonymous.new_user()


@pytest.fixture
def newly_signed_in(visitor: Visitor, somebody: User) -> Visitor:
    """Somebody who has just signed in by the form, and has uploaded nothing yet."""
    visitor.sign_in(somebody)
    return visitor


@pytest.fixture(scope="package")
def kept() -> list[StorageState]:
    """Keep what the shared account's browser stored last: checking a password is slow on purpose."""
    return []


@pytest.fixture
def signed_in(
    new_visitor: NewVisitor, look: Look, account: User, kept: list[StorageState]
) -> Iterator[Visitor]:
    """Somebody who is signed in to the account that all tests share, and sees the first view."""
    visitor = new_visitor(*look, kept=kept.pop() if kept else None)
    visitor.sign_in(account)
    yield visitor
    kept.append(visitor.page.context.storage_state())


@pytest.fixture
def page(signed_in: Visitor) -> Page:
    """Give the page that they see."""
    return signed_in.page
