"""What breaks while it runs: requests end in time and in JSON, and the stack heals by itself."""

import time
from collections.abc import Iterator

import pytest
import requests

from tests.contract.answers import CREATED, NAME_TAKEN, assert_bad_token
from tests.contract.client import Client, User, unique
from tests.stack.compose import LONG_RUNNERS, Stack
from tests.stack.load import Load, assert_whole, load, logins, reads, token_checks, uploads
from tests.stack.outages import HEALED_SECONDS, wait_for

pytestmark = pytest.mark.usefixtures("heals")


@pytest.mark.parametrize(("service", "process"), [("catalog_service", "gunicorn"), ("gateway", "nginx")])
def test_a_container_whose_processes_are_killed_comes_back(
    stack: Stack, client: Client, product_id: str, service: str, process: str
) -> None:
    """F17, F18."""
    stack.kill(service, process)
    killed = time.monotonic()
    answered = None
    while answered != 200:
        assert time.monotonic() - killed < HEALED_SECONDS
        try:
            answered = Client(client.base_url, client.token).product(product_id).status_code
        except requests.ConnectionError:
            # Only a gateway that is gone answers nothing at all.
            assert service == "gateway"
        assert answered in (None, 200, 503)
        time.sleep(0.1)


def test_a_gateway_that_was_killed_in_mid_upload_leaves_no_body_on_its_disk(
    stack: Stack, client: Client
) -> None:
    def halves() -> Iterator[bytes]:
        yield b"x" * 5_000_000
        stack.kill("gateway", "nginx")
        time.sleep(1)
        yield b"x" * 5_000_000

    with pytest.raises(requests.ConnectionError):
        requests.post(f"{client.base_url}/upload", data=halves(), timeout=30)
    stack.wait_until_healthy()

    assert stack.execute("gateway", "find", "/var/spool/gateway", "-type", "f") == ""


def test_a_gateway_that_is_killed_under_load_loses_no_acknowledged_upload(
    stack: Stack, client: Client, user: User
) -> None:
    """F18: an upload without an answer is wholly there or wholly absent."""
    with load(uploads(client.base_url, user)) as made:
        made.go_on(20)
        stack.kill("gateway", "nginx")
        made.go_on(20)
        wait_for_answers(client)
        made.go_on(20)

    assert made.statuses["cut"]
    assert set(made.statuses) <= {200, 503, "cut"}
    assert_whole(client, made)


def wait_for_answers(client: Client) -> None:
    """Wait until the gateway takes connections."""
    deadline = time.monotonic() + HEALED_SECONDS
    while True:
        try:
            requests.get(client.base_url, timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


def test_an_auth_service_killed_in_mid_signup_leaves_one_account_or_none(
    stack: Stack, anonymous: Client, user: User
) -> None:
    """F19: who signs in meanwhile is told 503, and never that the password is wrong."""
    username = unique("cut")

    def signup() -> requests.Response:
        return Client(anonymous.base_url, rate=None).signup(username, "any password")

    def sign_up(made: Load) -> None:
        made.count(signup)
        # A service that is down is answered for at once: unpaced, this would meet the gateway's rate limit.
        time.sleep(0.25)

    entering = logins(anonymous.base_url, user, pause=0.25)
    with load(sign_up, threads=2) as made, load(entering, threads=2) as entered:
        made.go_on(1)
        entered.go_on(2)
        stack.kill("auth_service", "gunicorn")
        time.sleep(0.5)
        answer = signup()
        while answer.status_code == 503:
            time.sleep(0.2)
            answer = signup()
        entered.go_on(2)

    assert set(made.statuses) <= {201, 400, 503}
    assert made.statuses[201] + (answer.status_code == 201) <= 1
    assert answer.json() in (CREATED, NAME_TAKEN)
    assert set(entered.statuses) <= {200, 503}
    assert anonymous.login(username, "any password").status_code == 200


def test_an_auth_service_that_is_restarted_under_load_finishes_what_it_has_accepted(
    stack: Stack, client: Client, user: User
) -> None:
    """F20: whoever it does not take in is told 503."""
    entering, checking = logins(client.base_url, user, pause=0.25), token_checks(client.base_url, user)
    with load(entering, threads=2) as entered, load(checking, threads=2) as checked:
        checked.go_on(20)
        stack.compose("restart", "auth_service")
        wait_for(200, lambda: client.get("/protected"))
        entered.go_on(4)
        checked.go_on(20)

    assert set(entered.statuses) | set(checked.statuses) <= {200, 503}


def test_the_catalog_serves_valid_tokens_and_refuses_bad_ones_while_the_auth_service_is_frozen(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F32, once every worker has fetched the key set."""
    for _ in range(40):
        assert Client(client.base_url, client.token).product(product_id).status_code == 200
    with stack.paused("auth_service"):
        for _ in range(20):
            assert client.product(product_id).status_code == 200
            assert_bad_token(client.with_token(user.access_token[:-8] + "AAAAAAAA").product(product_id))

    wait_for(200, lambda: client.get("/protected"))


def test_a_catalog_that_starts_without_the_auth_service_is_503_and_ready_once_it_is_there(
    stack: Stack, client: Client, product_id: str
) -> None:
    """F33, K10."""
    stack.compose("stop", "auth_service")
    stack.compose("restart", "catalog_service")
    statuses = set()
    for _ in range(5):
        statuses.add(client.product(product_id).status_code)
    assert statuses == {503}

    stack.compose("start", "auth_service")
    wait_for(200, lambda: client.get("/protected"), seconds=15)
    wait_for(200, lambda: client.product(product_id), seconds=10)


def test_services_that_swap_their_addresses_never_get_each_others_requests(
    stack: Stack, client: Client, product_id: str
) -> None:
    """F37: a 404 to one of these would come from the other service."""
    before = {service: stack.address(service, "app") for service in ("auth_service", "catalog_service")}
    stack.compose("stop", "auth_service", "catalog_service")
    last_started_first = sorted(before, key=lambda service: before[service], reverse=True)
    for service in last_started_first:
        stack.compose("start", service)

    deadline = time.monotonic() + 30
    answers: list[int] = []
    while answers[-2:] != [200, 200]:
        assert time.monotonic() < deadline
        answers += [client.get("/protected").status_code, client.product(product_id).status_code]
        assert set(answers) <= {200, 503}
    after = {service: stack.address(service, "app") for service in before}
    assert after == dict(zip(before, reversed(before.values()), strict=True))


def test_a_reload_of_the_gateway_under_load_fails_nothing(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F44."""
    with load(reads(client.base_url, user, product_id)) as made:
        for _ in range(3):
            made.go_on(20)
            stack.execute("gateway", "nginx", "-s", "reload")
        made.go_on(40)

    assert set(made.statuses) == {200}


def test_a_restart_of_the_gateway_under_load_answers_wholly_or_not_at_all(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F44 with I6: what it has accepted is answered, and who keeps an idle connection holds nobody up."""
    assert client.get("/protected").status_code == 200
    reading = reads(client.base_url, user, product_id)
    with load(uploads(client.base_url, user), threads=2) as made, load(reading, threads=2) as read:
        made.go_on(10)
        started = time.monotonic()
        stack.compose("restart", "gateway")
        wait_for_answers(client)
        took = time.monotonic() - started
        made.go_on(10)
        read.go_on(10)

    assert set(made.statuses) | set(read.statuses) <= {200, "cut"}
    assert_whole(client, made)
    assert took < 30


def test_a_stop_of_the_whole_stack_takes_less_than_the_patience_of_docker(
    stack: Stack, client: Client
) -> None:
    """Idle connections hold nobody up, and no container has to be killed."""
    assert client.get("/protected").status_code == 200
    started = time.monotonic()
    stack.compose("stop")
    took = time.monotonic() - started
    codes = {service: stack.inspect(service)["State"]["ExitCode"] for service in LONG_RUNNERS}
    stack.up()

    assert took < 40
    assert set(codes.values()) <= {0, 143}
