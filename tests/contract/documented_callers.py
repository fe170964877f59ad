"""Who sends Schemathesis's cases, and what there is for them to find."""

import time
from collections.abc import Mapping
from typing import Any

from schemathesis import Case, GenerationMode

from tests.contract.client import GATEWAYS_ZONES, Client, User, unique
from tests.contract.products import raw_csv, raw_row

ENDS_TOKEN = {"POST /logout", "POST /logout/all", "PATCH /me/password", "DELETE /me"}
MOST_RENEWALS = 5
"""Each takes a sign-in, which the gateway limits; from then on the token that was ended is sent."""
TOKEN: list[dict[str, list[str]]] = [{"bearer": []}]


class Caller:
    """Somebody with a token, who comes back as somebody new when an answer has ended it."""

    def __init__(self, anonymous: Client, user: User) -> None:
        """Begin as `user`; `anonymous` makes the others."""
        self.user = user
        self.renewals = 0
        self._anonymous = anonymous

    def keep_to_the_rate(self, case: Case[Any]) -> None:
        """Wait until the gateway takes a case; one with a token is sent without and with a bad one too."""
        rate, zone = self._anonymous.rate, GATEWAYS_ZONES.get(case.operation.path)
        if rate is not None and zone is not None and case.method.upper() != "GET":
            for _ in range(3 if _asks_for_token(case) else 1):
                rate.wait(zone)

    def headers(self, case: Case[Any]) -> dict[str, str]:
        """Give the token to a case whose operation asks for one."""
        return {"Authorization": f"Bearer {self.user.access_token}"} if _asks_for_token(case) else {}

    def secrets(self) -> dict[str, str]:
        """Give what ends a token by the names of the members, as long as there can be another token."""
        if self.renewals == MOST_RENEWALS:
            return {}
        return {"password": self.user.password, "current_password": self.user.password}

    def renew(self) -> None:
        """Become somebody new, unless it has been often enough."""
        if self.renewals < MOST_RENEWALS:
            self.renewals += 1
            self.user = signed_up(self._anonymous)


def _asks_for_token(case: Case[Any]) -> bool:
    return bool(case.operation.definition.raw.get("security") == TOKEN)


def signed_up(anonymous: Client) -> User:
    """Make a user, as soon as the gateway's rates allow it after all the cases before."""
    username, password = unique("documented"), "quiet otters juggle lanterns"
    for send in (anonymous.signup, anonymous.login):
        answer = send(username, password)
        while answer.status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = send(username, password)
        assert answer.status_code in (200, 201), answer.text
    return User(username, password, answer.json()["access_token"])


def name_what_is_there(case: Case[Any], there: Mapping[str, str]) -> None:
    """Let about every other well-formed case name something that there is: a made-up id is nobody's."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    named: list[dict[str, Any]] = [case.path_parameters]
    named += [case.body] if isinstance(case.body, dict) else []
    for members in named:
        for name in members.keys() & there.keys():
            if len(str(members[name])) % 2:
                members[name] = there[name]


def make_something(client: Client) -> dict[str, str]:
    """Make one of each thing that a path names, and give their ids by the parameters' names."""
    product_id = unique("there")
    rows = raw_csv(raw_row(product_id), raw_row(unique("not-there"), price="cheap"))
    upload = client.request(
        "POST",
        "/upload?on_error=skip",
        files={"file": ("products.csv", rows)},
    )
    key = client.request("POST", "/api-keys", json={"name": "documented"})
    return {
        "upload_id": upload.headers["Location"].removeprefix("/uploads/"),
        "product_id": product_id,
        "client_id": key.json()["client_id"],
    }
