"""What the page says when a file, the server, the line or the browser fails."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from tests.contract.browser.visitor import Visitor
from tests.contract.client import unique
from tests.contract.products import a_product, products_csv

UNREACHABLE = "The server can't be reached. Check the connection and try again."
CONNECTION_LOST = "The connection was lost. Check it and try again: nothing is loaded twice."
TOO_MANY = "Too many requests from your address. Try again in a moment."
NO_ANSWER = "net::ERR_FAILED"
YESTERDAY = time.time() - 24 * 60 * 60
LATER = "() => { const now = Date.now; Date.now = () => now() + 20 * 60_000; }"


def answer(status: int, msg: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, json={"msg": msg})


@pytest.mark.parametrize(("status", "msg"), [(413, "The request is too large."), (429, TOO_MANY)])
def test_a_file_that_is_not_taken_says_why(signed_in: Visitor, status: int, msg: str) -> None:
    signed_in.page.route("**/upload?**", answer(status, msg))
    signed_in.choose([a_product(unique("refused"))])

    expect(signed_in.heading("That didn't work")).to_be_focused()
    expect(signed_in.page.get_by_role("alert")).to_have_text(msg)


def test_a_file_that_gets_no_answer_can_be_sent_again(signed_in: Visitor) -> None:
    signed_in.expected.append(NO_ANSWER)
    signed_in.page.route("**/upload?**", lambda route: route.abort())
    signed_in.choose([a_product(unique("unanswered"))])
    expect(signed_in.page.get_by_role("alert")).to_have_text(CONNECTION_LOST)

    signed_in.page.unroute("**/upload?**")
    signed_in.page.get_by_role("button", name="Try again").click()

    expect(signed_in.heading("The file is good")).to_be_focused()


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_file_that_is_not_what_was_chosen_has_to_be_chosen_again(
    signed_in: Visitor, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "spring.csv"
    file.write_bytes(products_csv([a_product(unique("edited"))]))
    # A browser may look at whole seconds alone.
    os.utime(file, (YESTERDAY, YESTERDAY))
    signed_in.expected += ["net::ERR_UPLOAD_FILE_CHANGED", "net::ERR_FILE_NOT_FOUND", NO_ANSWER]
    signed_in.page.set_input_files("#file", file)
    expect(signed_in.heading("The file is good")).to_be_focused()
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(products_csv([a_product(unique("edited")), a_product(unique("edited"))]))
    signed_in.page.get_by_role("button", name="Load 1 row").click()

    expect(signed_in.page.get_by_role("alert")).to_contain_text("This file has changed since it was chosen")
    expect(signed_in.page.get_by_role("button", name="Try again")).to_have_count(0)
    signed_in.page.get_by_role("button", name="Choose it again").click()
    expect(signed_in.page.locator("#file")).to_be_focused()


@pytest.mark.parametrize(
    ("late", "told"), [(True, "took longer than the 15 minutes"), (False, "no longer accepted the token")]
)
def test_a_sent_file_is_not_sent_again_when_its_token_is_refused(
    signed_in: Visitor, told: str, *, late: bool
) -> None:
    sent: list[str] = []

    def with_an_old_token(route: Route, request: Request) -> None:
        sent.append(request.method)
        if late:
            signed_in.page.evaluate(LATER)
        route.continue_(headers=request.headers | {"authorization": "Bearer an-old-one"})

    signed_in.page.route("**/upload?**", with_an_old_token)
    with signed_in.page.expect_response("**/refresh"):
        signed_in.choose([a_product(unique("slow"))])

    expect(signed_in.page.get_by_role("alert")).to_contain_text(told)
    assert sent == ["POST"]


def test_a_view_that_is_asked_for_too_often_says_so(signed_in: Visitor) -> None:
    signed_in.page.route("**/products?**", answer(429, TOO_MANY))
    signed_in.open("Products")

    expect(signed_in.page.get_by_role("alert")).to_have_text(TOO_MANY)


@pytest.mark.parametrize(("view", "asked"), [("Products", "**/products?**"), ("Reports", "**/reports/*")])
def test_a_view_without_an_answer_says_that_the_server_cannot_be_reached(
    signed_in: Visitor, view: str, asked: str
) -> None:
    signed_in.expected.append(NO_ANSWER)
    signed_in.page.route(asked, lambda route: route.abort())
    signed_in.open(view)

    expect(signed_in.page.get_by_role("alert")).to_have_text(UNREACHABLE)


def test_a_page_that_cannot_begin_says_why_and_can_try_again(signed_in: Visitor) -> None:
    signed_in.expected.append(NO_ANSWER)
    signed_in.page.route("**/refresh", lambda route: route.abort())
    signed_in.page.reload()
    expect(signed_in.page.get_by_role("alert")).to_contain_text(UNREACHABLE)

    signed_in.page.unroute("**/refresh")
    signed_in.page.get_by_role("button", name="Try again").click()

    expect(signed_in.heading("Upload products")).to_be_visible()


def test_a_browser_that_is_too_old_is_told_so(visitor: Visitor) -> None:
    visitor.page.add_init_script("delete AbortSignal.any")
    visitor.page.goto("/")

    expect(visitor.page.get_by_role("alert")).to_contain_text("This browser is too old for this page")
