"""What breaks while it runs: requests end in time and in JSON, and the stack heals by itself."""

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.contract.answers import CREATED, NAME_TAKEN, assert_bad_token
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product
from tests.stack.compose import LONG_RUNNERS, Stack
from tests.stack.load import ROWS, Load, load, reads, rows_of, uploads

HEALED_SECONDS = 10


@pytest.fixture(scope="module")
def product_id(client: Client) -> str:
    """Upload a product, which stays."""
    product = a_product(unique("steady"))
    assert client.upload([product]).status_code == 200
    return str(product["product_id"])


@pytest.fixture(autouse=True)
def _nothing_is_left_broken(stack: Stack) -> Iterator[None]:
    yield
    stack.wait_until_healthy()


def _wait_for(status: int, request: Callable[[], requests.Response], seconds: float = HEALED_SECONDS) -> None:
    """Ask until the answer has this status; until then each must be 503."""
    deadline = time.monotonic() + seconds
    while (answer := request()).status_code != status:
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, f"no {status} within {seconds} s: {answer.text}"
        time.sleep(0.1)


def _assert_unavailable(request: Callable[[], requests.Response], seconds: float) -> None:
    started = time.monotonic()
    assert request().status_code == 503
    assert time.monotonic() - started < seconds


def test_mysql_that_is_killed_under_load_is_back_within_ten_seconds(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F09 to F16 in short: 503 meanwhile, no upload lost, none in part."""
    with load(uploads(client.base_url, user), threads=3) as made:
        made.go_on(10)
        stack.kill("mysql", "mysqld")
        killed = time.monotonic()
        made.go_on(1)
        _wait_for(200, lambda: client.product(product_id))
        assert time.monotonic() - killed < HEALED_SECONDS
        made.go_on(10)

    assert set(made.statuses) <= {200, 503}
    for upload in made.acknowledged:
        assert _rows_there(client, upload) == ROWS
    for upload in made.unknown:
        assert _rows_there(client, upload) in (0, ROWS)


def _rows_there(client: Client, upload: str) -> int:
    return [client.product(product_id).status_code for product_id in rows_of(upload)].count(200)


def test_frozen_mysql_is_503_within_five_seconds(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F31."""
    with stack.paused("mysql"):
        for _ in range(3):
            _assert_unavailable(lambda: client.product(product_id), seconds=6)
        _assert_unavailable(lambda: client.login(user.username, user.password), seconds=6)
        _assert_unavailable(lambda: client.upload([a_product(unique("frozen"))]), seconds=12)

    _wait_for(200, lambda: client.product(product_id))
    _wait_for(200, lambda: client.login(user.username, user.password))


def test_a_catalog_cut_off_from_mysql_is_503_and_heals(stack: Stack, client: Client, product_id: str) -> None:
    """F34."""
    with stack.cut_off("catalog_service", "catalog_db"):
        for _ in range(3):
            _assert_unavailable(lambda: client.product(product_id), seconds=10)

    _wait_for(200, lambda: client.product(product_id))


def test_a_catalog_cut_off_from_the_gateway_is_503_and_heals(
    stack: Stack, client: Client, product_id: str
) -> None:
    """F35."""
    with stack.cut_off("catalog_service", "app"):
        for _ in range(3):
            _assert_unavailable(lambda: client.product(product_id), seconds=6)
        assert client.get("/protected").status_code == 200

    _wait_for(200, lambda: client.product(product_id))


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


def test_an_auth_service_killed_in_mid_signup_leaves_one_account_or_none(
    stack: Stack, anonymous: Client
) -> None:
    """F19."""
    username = unique("cut")

    def signup() -> requests.Response:
        return Client(anonymous.base_url, rate=None).signup(username, "any password")

    def sign_up(made: Load) -> None:
        made.count(signup)
        # A service that is down is answered for at once: unpaced, this would meet the gateway's rate limit.
        time.sleep(0.25)

    with load(sign_up, threads=2) as made:
        made.go_on(1)
        stack.kill("auth_service", "gunicorn")
        time.sleep(0.5)
    answer = signup()
    while answer.status_code == 503:
        time.sleep(0.2)
        answer = signup()

    assert set(made.statuses) <= {201, 400, 503}
    assert made.statuses[201] <= 1
    assert answer.json() in (CREATED, NAME_TAKEN)
    assert anonymous.login(username, "any password").status_code == 200


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

    _wait_for(200, lambda: client.get("/protected"))


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
    started = time.monotonic()
    _wait_for(200, lambda: client.get("/protected"), seconds=15)
    assert time.monotonic() - started < 15
    _wait_for(200, lambda: client.product(product_id))


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
