"""What an operator decides about accounts reaches the auth service, and its image keeps to it."""

import json
import secrets

import pytest

from tests.stack.compose import Stack

CHOSEN = {
    "SIGNUP": "closed",
    "DEFAULT_SCOPES": "catalog:read",
    "PASSWORD_POLICY": "nist",
    "SIGNUPS_PER_ADDRESS": "7",
    "WRONG_PASSWORDS_PER_ADDRESS": "8",
}
# The service in a process of its own, beside the one that serves.
TRY = """
import sys
from auth_service.app import create_app
from auth_service.settings import AuthSettings

app = create_app(AuthSettings.from_environment())
answer = app.test_client().post("/signup", json={"username": sys.argv[1], "password": sys.argv[2]})
print(answer.status_code, answer.get_json()["msg"])
"""


@pytest.mark.usefixtures("docker")
def test_compose_hands_the_operators_settings_to_the_auth_service() -> None:
    configured = json.loads(Stack.new(**CHOSEN).compose("config", "--format", "json"))

    assert CHOSEN.items() <= configured["services"]["auth_service"]["environment"].items()


@pytest.mark.parametrize(
    ("setting", "password", "answer"),
    [
        ("SIGNUP=closed", "any password", "403 Sign-up is closed. Ask an administrator for an account."),
        ("PASSWORD_POLICY=nist", "too short", "400 A password has at least 15 characters."),
        (
            "PASSWORD_POLICY=nist",
            "1q2w3e4r5t6y7u8i",
            "400 This password is one of the most common ones. Choose another.",
        ),
    ],
)
def test_the_auth_service_keeps_to_a_setting(stack: Stack, setting: str, password: str, answer: str) -> None:
    name = f"settings-{secrets.token_hex(6)}"
    said = stack.execute("auth_service", "env", setting, "python", "-c", TRY, name, password)

    assert said.strip() == answer
