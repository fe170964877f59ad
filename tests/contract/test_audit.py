"""GET /audit: who did what to whom, when and from where."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.api_keys import GRANT, exchange, make_api_key
from tests.contract.client import Client, User, unique
from tests.contract.conftest import Command


def events(administrator: Client, query: str) -> list[dict[str, Any]]:
    answer = administrator.get(f"/audit?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def actions(administrator: Client, user_id: str) -> list[str]:
    """Give what was done to an account, the oldest first."""
    return [event["action"] for event in reversed(events(administrator, f"user_id={user_id}"))]


def test_an_event_tells_who_did_what_to_whom_when_and_from_where(
    administrator: Client, anonymous: Client, person: User, person_id: str
) -> None:
    answer = anonymous.login(person.username, person.password)
    newest = events(administrator, f"user_id={person_id}")[0]

    account = {"id": person_id, "username": person.username}
    assert newest["action"] == "signed_in"
    assert (newest["actor"], newest["subject"], newest["detail"]) == (account, account, {})
    assert abs(datetime.now(UTC) - datetime.fromisoformat(newest["at"])) < timedelta(minutes=5)
    assert newest["request_id"] == answer.headers["X-Request-ID"]
    # Which address that is depends on how the server is reached; of a container's client, Docker's.
    assert newest["address"].count(".") == 3


def test_what_a_client_says_of_its_address_is_not_believed(
    administrator: Client, anonymous: Client, person: User, person_id: str
) -> None:
    """G11."""
    credentials = {"username": person.username, "password": person.password}
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    assert anonymous.request("POST", "/login", headers=forged, json=credentials).status_code == 200

    newest = events(administrator, f"user_id={person_id}")[0]

    assert newest["address"] != "203.0.113.9"


def test_an_accounts_whole_life_is_kept_beyond_its_end(
    administrator: Client, anonymous: Client, person: User, theirs: Client, person_id: str
) -> None:
    anonymous.login(person.username, "wrong")
    make_api_key(theirs)
    theirs.change_password(person.password, "another good password")
    session = anonymous.login(person.username, "another good password").json()
    anonymous.with_token(session["access_token"]).request("POST", "/logout")
    last = anonymous.login(person.username, "another good password").json()
    anonymous.with_token(last["access_token"]).delete_account("another good password")

    assert actions(administrator, person_id) == [
        "signed_up", "signed_in", "sign_in_failed", "api_key_created", "password_changed", "signed_in",
        "signed_out", "signed_in", "account_deleted",
    ]  # fmt: skip


def test_what_an_administrator_does_names_both(administrator: Client, person: User, person_id: str) -> None:
    administrator.change_account(person_id, scopes=["catalog:read"])
    administrator.change_account(person_id, disabled=True)
    administrator.change_account(person_id, disabled=True)
    administrator.change_account(person_id, disabled=False)

    done = events(administrator, f"user_id={person_id}&actor_id={administrator.me()['id']}")

    assert [event["action"] for event in done] == ["account_enabled", "account_disabled", "scopes_changed"]
    assert {event["subject"]["username"] for event in done} == {person.username}
    assert done[-1]["detail"] == {"before": "catalog:read catalog:write", "after": "catalog:read"}


def test_what_is_done_at_the_command_line_has_no_actor_and_no_address(
    administrator: Client, person: User, person_id: str, command: Command
) -> None:
    command("grant", person.username, "users:admin")

    (granted,) = events(administrator, f"user_id={person_id}&action=scopes_changed")

    assert (granted["actor"], granted["address"], granted["request_id"]) == (None, None, None)


def test_a_wrong_password_is_kept_and_what_was_typed_is_not(
    administrator: Client, anonymous: Client, person: User, person_id: str
) -> None:
    """People type their password where the name belongs."""
    typed = unique("my-secret-password")
    anonymous.login(person.username, typed)
    unknown = anonymous.login(typed, "wrong")

    (known,) = events(administrator, f"user_id={person_id}&action=sign_in_failed")
    assert (known["actor"], known["subject"]["username"]) == (None, person.username)
    failed = events(administrator, "action=sign_in_failed&limit=100")
    (of_unknown,) = [e for e in failed if e["request_id"] == unknown.headers["X-Request-ID"]]
    assert (of_unknown["actor"], of_unknown["subject"]) == (None, None)
    assert typed not in administrator.get("/audit?limit=100").text


def test_a_refused_exchange_names_the_key_and_keeps_no_secret(
    administrator: Client, anonymous: Client, theirs: Client, person: User, person_id: str
) -> None:
    key = make_api_key(theirs)
    wrong = GRANT | {"client_id": key.client_id, "client_secret": unique("wrong-secret")}
    swapped = GRANT | {"client_id": key.client_secret, "client_secret": key.client_id}
    exchange(anonymous, wrong)
    by_nobody = exchange(anonymous, swapped).headers["X-Request-ID"]

    (refused,) = events(administrator, f"user_id={person_id}&action=token_refused")
    assert refused["detail"] == {"error": "invalid_client", "api_key_id": key.client_id}
    assert (refused["actor"], refused["subject"]["username"]) == (None, person.username)
    assert refused["address"]
    of_all = events(administrator, "action=token_refused&limit=100")
    (of_nobody,) = [event for event in of_all if event["request_id"] == by_nobody]
    assert (of_nobody["subject"], of_nobody["detail"]) == (None, {"error": "invalid_client"})
    assert wrong["client_secret"] not in str(of_all)


def test_the_pages_hold_every_event_once_the_newest_first(
    administrator: Client, anonymous: Client, person: User, person_id: str
) -> None:
    for _ in range(4):
        anonymous.login(person.username, person.password)
    whole = events(administrator, f"user_id={person_id}")

    paged: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = administrator.get(f"/audit?user_id={person_id}&limit=2{cursor}").json()
        paged += page["events"]
        if page["next"] is None:
            break
        assert isinstance(page["next"], str)
        cursor = f"&cursor={page['next']}"

    assert paged == whole
    assert len(whole) == 6
    numbers = [event["number"] for event in whole]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "cursor=", "cursor=0", "cursor=7", "cursor=x", "cursor=YWRh"),
        *("limit=1_0", "limit=%2B5", "limit=+5", "limit=5+", "limit=%D9%A3", "limit=5.0", "cursor=1_0"),
        *("action=nothing", "action=signed_in&action=signed_out", "x=1"),
    ],
)
def test_a_list_that_is_not_well_asked_for_is_refused(administrator: Client, query: str) -> None:
    assert administrator.get(f"/audit?{query}").status_code == 400


def test_an_unknown_account_has_no_events(administrator: Client) -> None:
    assert administrator.get("/audit?user_id=nobody").json() == {"events": [], "next": None}
    assert administrator.get("/audit?user_id=").json() == {"events": [], "next": None}
    assert administrator.get("/audit?user_id=%27%20OR%201=1").json() == {"events": [], "next": None}


def test_no_secret_is_in_the_log(administrator: Client, anonymous: Client) -> None:
    answer = administrator.get("/audit?limit=100")

    long_enough = {secret for secret in anonymous.seen_secrets if len(secret) >= 16}
    assert len(long_enough) > 3
    assert [secret for secret in long_enough if secret in answer.text] == []
