"""Sign up, sign in, stay signed in, sign out."""

import pytest
from playwright.sync_api import Error, Request, Route, expect

from tests.contract.browser.visitor import Visitor
from tests.contract.client import Client, User, unique

ENDED = "Your session has ended. Sign in again to go on."


def test_a_newcomer_makes_an_account_and_is_newly_signed_in(visitor: Visitor) -> None:
    name = unique("visitor")

    visitor.page.goto("/")
    visitor.page.get_by_role("link", name="Make an account").click()
    visitor.fill_door("Make the account", name, "correct horse battery staple")

    expect(visitor.heading("Upload products")).to_be_focused()
    expect(visitor.page.locator("#account")).to_contain_text(name)
    expect(visitor.page).to_have_title("Upload products · Product catalog")


def test_a_name_that_is_taken_is_said_where_the_form_is(visitor: Visitor, somebody: User) -> None:
    visitor.page.goto("/#/sign-up")
    visitor.fill_door("Make the account", somebody.username, "another password")

    expect(visitor.page.get_by_role("alert")).to_have_text("Username already exists")
    expect(visitor.page.get_by_label("Username")).to_be_focused()


def test_an_account_that_is_made_is_not_made_again_if_signing_in_fails(visitor: Visitor) -> None:
    page, name = visitor.page, unique("visitor")
    busy = {"msg": "Too many requests."}
    page.route("**/login", lambda route: route.fulfill(status=429, json=busy))
    page.goto("/#/sign-up")
    visitor.fill_door("Make the account", name, "correct horse battery staple")
    expect(visitor.heading("Sign in")).to_be_focused()
    told = "Your account is made, but signing in to it failed. Too many requests."
    expect(visitor.main.get_by_text(told)).to_be_visible()
    expect(page.locator("#status")).to_have_text(told)
    expect(page.get_by_label("Username")).to_have_value(name)

    page.unroute("**/login")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()

    expect(visitor.heading("Upload products")).to_be_focused()


def test_a_wrong_password_leaves_the_name_and_asks_for_the_password_again(
    visitor: Visitor, somebody: User
) -> None:
    visitor.page.goto("/")
    visitor.fill_door("Sign in", somebody.username, "wrong")

    expect(visitor.page.get_by_role("alert")).to_have_text("Invalid username or password")
    expect(visitor.page.get_by_label("Username")).to_have_value(somebody.username)
    expect(visitor.page.get_by_label("Password", exact=True)).to_be_focused()


def test_an_empty_form_says_what_is_missing_and_asks_nobody(visitor: Visitor) -> None:
    visitor.page.goto("/")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.method))
    visitor.page.get_by_role("button", name="Sign in").click()

    expect(visitor.page.get_by_role("alert")).to_have_text("Enter a username.")
    assert "POST" not in asked


def test_a_reload_goes_on_where_it_was(newly_signed_in: Visitor) -> None:
    newly_signed_in.open("History")

    newly_signed_in.page.reload()

    expect(newly_signed_in.heading("History")).to_be_visible()
    expect(newly_signed_in.page).to_have_title("History · Product catalog")


def test_no_script_can_read_a_token_from_what_the_browser_keeps(newly_signed_in: Visitor) -> None:
    kept = newly_signed_in.page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    (cookie,) = newly_signed_in.page.context.cookies(f"{newly_signed_in.page.url.split('#')[0]}refresh")

    assert kept == '["",{"has-session":"yes"},{}]'
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


def test_no_script_can_make_markup_of_a_text(visitor: Visitor) -> None:
    visitor.page.goto("/")

    with pytest.raises(Error, match="TrustedHTML"):
        visitor.page.evaluate("document.body.innerHTML = '<b>a name</b>'")
    assert visitor.problems.pop().startswith("console: ")


def test_a_token_that_is_no_longer_taken_is_renewed_without_a_word(
    newly_signed_in: Visitor,
) -> None:
    refused: list[str] = []

    def refuse_once(route: Route, request: Request) -> None:
        if refused:
            route.continue_()
            return
        refused.append(request.headers["authorization"])
        route.fulfill(status=401, json={"msg": "Missing or invalid token"})

    newly_signed_in.page.route("**/uploads?limit=20", refuse_once)
    with newly_signed_in.page.expect_response("**/refresh") as renewed:
        newly_signed_in.open("History")

    assert renewed.value.status == 200
    expect(newly_signed_in.main.get_by_text("Nothing uploaded yet")).to_be_visible()
    assert len(refused) == 1


def test_signing_out_ends_the_session_and_a_reload_does_not_bring_it_back(newly_signed_in: Visitor) -> None:
    with newly_signed_in.page.expect_response("**/logout") as answer:
        newly_signed_in.page.get_by_role("button", name="Sign out").click()
    expect(newly_signed_in.heading("Sign in")).to_be_visible()
    newly_signed_in.page.reload()

    assert answer.value.status == 200
    expect(newly_signed_in.heading("Sign in")).to_be_visible()


def test_signing_out_with_an_old_token_still_ends_the_session(newly_signed_in: Visitor) -> None:
    statuses: list[int] = []

    def refuse_first(route: Route) -> None:
        if statuses:
            route.continue_()
        else:
            route.fulfill(status=401, json={"msg": "Missing or invalid token"})

    newly_signed_in.page.route("**/logout", refuse_first)
    newly_signed_in.page.on(
        "response", lambda answer: statuses.append(answer.status) if "/logout" in answer.url else None
    )
    newly_signed_in.page.get_by_role("button", name="Sign out").click()

    expect(newly_signed_in.heading("Sign in")).to_be_visible()
    assert statuses == [401, 200]


@pytest.mark.parametrize("reloaded", [True, False], ids=["after a reload", "in the page"])
def test_a_session_that_was_ended_elsewhere_leads_to_the_door_and_says_why(
    newly_signed_in: Visitor, somebody: User, anonymous: Client, *, reloaded: bool
) -> None:
    page = newly_signed_in.page
    anonymous.with_token(somebody.access_token).request("POST", "/logout/all")
    if reloaded:
        page.reload()
    else:
        page.route("**/uploads?limit=20", lambda route: route.fulfill(status=401, json={"msg": "Over"}))
        page.get_by_role("link", name="History").click()

    expect(newly_signed_in.heading("Sign in")).to_be_visible()
    expect(newly_signed_in.main.get_by_text(ENDED)).to_be_visible()
    expect(page.locator("#status")).to_have_text(ENDED)


def test_a_stranger_is_told_of_no_session(visitor: Visitor) -> None:
    visitor.page.goto("/")

    expect(visitor.heading("Sign in")).to_be_visible()
    expect(visitor.page.get_by_text(ENDED)).to_have_count(0)


@pytest.mark.parametrize("view", ["upload", "history", "products", "reports"])
def test_a_stranger_who_follows_a_link_signs_in_and_gets_there(
    visitor: Visitor, account: User, view: str
) -> None:
    visitor.page.goto(f"/#/{view}")
    visitor.fill_door("Sign in", account.username, account.password)

    expect(visitor.page.locator(f"main .page.{view} h1")).to_be_visible()
