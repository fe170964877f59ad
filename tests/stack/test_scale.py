"""Several replicas of each service behind one gateway."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.client import Client, User
from tests.stack.compose import Stack, run
from tests.stack.load import assert_whole, load, reads, uploads


@pytest.fixture(scope="module")
def replicas(stack: Stack) -> Iterator[Stack]:
    """Three catalogs and two auth services."""
    stack.scale(catalog_service=3, auth_service=2)
    yield stack
    stack.scale(catalog_service=1, auth_service=1)


def _answering(stack: Stack, service: str, since: int) -> set[str]:
    addresses = set(stack.addresses(service, "app"))
    lines = [json.loads(line) for line in stack.logs("gateway").splitlines()[since:] if line.startswith("{")]
    return addresses & {line["upstream"].partition(":")[0] for line in lines}


def test_two_hundred_requests_are_answered_by_all_replicas_and_none_fails(
    replicas: Stack, client: Client, product_id: str
) -> None:
    before = len(replicas.logs("gateway").splitlines())

    def ask(number: int) -> int:
        one = Client(client.base_url, client.token)
        return (one.product(product_id) if number % 2 else one.get("/protected")).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(200)))

    assert statuses == [200] * 200
    assert len(_answering(replicas, "catalog_service", before)) == 3
    assert len(_answering(replicas, "auth_service", before)) == 2


@pytest.mark.usefixtures("replicas")
def test_replicas_sign_with_one_key_and_accept_each_others_tokens(anonymous: Client, user: User) -> None:
    keys = {anonymous.get("/.well-known/jwks.json").text for _ in range(10)}
    tokens = [anonymous.login(user.username, user.password).json()["access_token"] for _ in range(4)]

    assert len(keys) == 1
    for token in tokens * 4:
        assert anonymous.with_token(token).get("/protected").status_code == 200


def test_a_replica_that_is_killed_under_load_loses_no_acknowledged_upload(
    replicas: Stack, client: Client, user: User
) -> None:
    """I1 to I3: what was answered with 200 is wholly there, anything else wholly there or wholly absent."""
    with load(uploads(client.base_url, user)) as made:
        made.go_on(20)
        replicas.kill("catalog_service", "gunicorn")
        made.go_on(40)

    assert set(made.statuses) <= {200, 503}
    assert_whole(client, made)


def test_a_replica_that_is_killed_costs_readers_next_to_nothing(
    replicas: Stack, client: Client, user: User, product_id: str
) -> None:
    """A GET has no effect, so the gateway asks another replica."""
    with load(reads(client.base_url, user, product_id)) as made:
        made.go_on(40)
        replicas.kill("catalog_service", "gunicorn")
        made.go_on(200)

    assert set(made.statuses) <= {200, 503}
    assert made.statuses[503] <= 4


def test_a_replica_that_is_stopped_under_load_finishes_what_it_has_accepted(
    replicas: Stack, client: Client, user: User
) -> None:
    """F20. What comes back as 503 are the few connections that nobody had accepted yet."""
    (stopped, *_) = replicas.containers("catalog_service")
    with load(uploads(client.base_url, user)) as made:
        made.go_on(20)
        run("docker", "stop", stopped)
        made.go_on(40)
    run("docker", "start", stopped)

    assert set(made.statuses) <= {200, 503}
    assert made.statuses[503] <= 8
    assert_whole(client, made)
