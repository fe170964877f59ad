"""API keys as a person makes them and a program uses them."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from tests.contract.client import Client

GRANT = {"grant_type": "client_credentials"}


@dataclass(frozen=True)
class ApiKey:
    """What a program is given."""

    client_id: str
    client_secret: str

    @property
    def in_body(self) -> dict[str, str]:
        """The parameters that authenticate it."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    @property
    def in_header(self) -> dict[str, str]:
        """The header that authenticates it; neither part has a character to be encoded."""
        credentials = f"{self.client_id}:{self.client_secret}".encode()
        return {"Authorization": f"Basic {b64encode(credentials).decode()}"}


def make_api_key(client: Client, **wanted: Any) -> ApiKey:
    """Make an API key for a signed-in client; its secret is remembered as one."""
    answer = client.request("POST", "/api-keys", json={"name": "CI", **wanted})
    assert answer.status_code == 201, answer.text
    made = ApiKey(answer.json()["client_id"], answer.json()["client_secret"])
    client.seen_secrets.add(made.client_secret)
    return made


def exchange(
    client: Client, parameters: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> requests.Response:
    """POST /token; a token in the answer is remembered as a secret."""
    answer = client.request("POST", "/token", data=parameters, headers=headers)
    if answer.status_code == 200:
        client.seen_secrets.add(answer.json()["access_token"])
    return answer


def program(anonymous: Client, key: ApiKey) -> Client:
    """Make a client that has exchanged an API key for a token."""
    answer = exchange(anonymous, GRANT | key.in_body)
    assert answer.status_code == 200, answer.text
    return anonymous.with_token(answer.json()["access_token"])
