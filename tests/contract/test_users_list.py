"""`GET /users`: every account once, a page at a time."""

import pytest

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
        *("cursor=!", "cursor=", "cursor=a", "cursor=%ff", "after=x"),
    ],
)
def test_a_list_that_is_not_well_asked_for_is_refused(administrator: Client, query: str) -> None:
    assert administrator.get(f"/users?{query}").status_code == 400
