"""A rotation as operators do it, while people work."""

import os
import time

import jwt
import pytest

from tests.contract.client import Client, User, unique
from tests.contract.products import a_product
from tests.stack.compose import Stack
from tests.stack.load import load, sign_ins

PUBLISHED_AHEAD_SECONDS = 120
RELOAD_SECONDS = 5
PAUSE_SECONDS = 1.0
"""Between two sign-ins of a thread, which keeps three threads below the gateway's rate."""


@pytest.mark.skipif(
    os.environ.get("ROTATION") != "1",
    reason="takes the two minutes for which a new key is published before it signs; ROTATION=1 runs it",
)
def test_a_rotation_under_load_refuses_nobody_and_restarts_nothing(
    stack: Stack, anonymous: Client, client: Client, user: User
) -> None:
    """J16, F45."""
    product_id = unique("steady")
    assert client.upload([a_product(product_id)]).status_code == 200
    # A token of 15 minutes need not have two left.
    fresh = User(
        user.username, user.password, anonymous.login(user.username, user.password).json()["access_token"]
    )
    old = jwt.get_unverified_header(fresh.access_token)["kid"]
    before = [stack.containers(service) for service in ("auth_service", "catalog_service")]

    with load(sign_ins([client.base_url], fresh, product_id, PAUSE_SECONDS), threads=3) as made:
        made.go_on(30)
        stack.execute("auth_service", "flask", "--app", "auth_service.wsgi", "rotate")
        deadline = time.monotonic() + PUBLISHED_AHEAD_SECONDS + 4 * RELOAD_SECONDS
        while old in made.key_ids[-10:]:
            assert time.monotonic() < deadline, made.key_ids
            time.sleep(1)
        made.go_on(60)

    assert set(made.statuses) == {200}
    assert len(set(made.key_ids)) == 2
    assert [stack.containers(service) for service in ("auth_service", "catalog_service")] == before
