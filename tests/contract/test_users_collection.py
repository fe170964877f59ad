"""`/users` itself: the list of accounts, and making one."""

import pytest

from tests.contract.answers import (
    CREDENTIALS_IN_ADDRESS,
    CREDENTIALS_REQUIRED,
    NAME_TAKEN,
    assert_answer,
)
from tests.contract.client import Client, unique


def test_the_pages_of_the_list_hold_every_account_once(administrator: Client, anonymous: Client) -> None:
    wanted = {anonymous.new_user(unique(name)).username for name in ("Äpfel", "zebra", "42", "\uff41")}

    seen, cursor = [], ""
    while True:
        page = administrator.get(f"/users?limit=100{cursor}").json()
        seen += [user["username"] for user in page["users"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert wanted <= set(seen)
    assert len(seen) == len(set(seen))
    first, second = (
        administrator.get(f"/users?limit=1{cursor}").json()
        for cursor in ("", f"&cursor={administrator.get('/users?limit=1').json()['next']}")
    )
    assert [first["users"][0]["username"], second["users"][0]["username"]] == seen[:2]


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2"),
        *("limit=1_0", "limit=%2B5", "limit=+5", "limit=5+", "limit=%D9%A3", "limit=5.0", "limit=5%00"),
        *("cursor=!", "cursor=", "cursor=a", "cursor=%ff", "after=x"),
    ],
)
def test_a_list_that_is_not_well_asked_for_is_refused(administrator: Client, query: str) -> None:
    assert administrator.get(f"/users?{query}").status_code == 400


def test_an_administrator_makes_an_account(administrator: Client, anonymous: Client) -> None:
    username, password = unique("made"), "a good password"

    made = administrator.request("POST", "/users", json={"username": username, "password": password})

    assert made.status_code == 201
    assert made.json()["username"] == username
    assert made.json() == administrator.get(f"/users/{made.json()['id']}").json()
    assert anonymous.login(username, password).status_code == 200
    again = administrator.request("POST", "/users", json={"username": username, "password": password})
    assert_answer(again, 400, NAME_TAKEN)
    assert_answer(administrator.request("POST", "/users", json={}), 400, CREDENTIALS_REQUIRED)


def test_an_account_whose_password_stands_in_the_address_too_is_not_made(administrator: Client) -> None:
    credentials = {"username": unique("made"), "password": "a good password"}
    refused = administrator.request("POST", "/users?password=a+good+password", json=credentials)
    assert_answer(refused, 400, CREDENTIALS_IN_ADDRESS)
