"""The stack under test: one that runs already, or one that is started and removed by the session."""

import os
from collections.abc import Iterator

import pytest

from tests.contract.client import Client, User, unique
from tests.contract.products import a_product
from tests.stack.compose import Stack, docker_answers


@pytest.fixture(scope="session")
def docker() -> None:
    """Skip what needs containers where no Docker answers."""
    if not docker_answers():
        pytest.skip("needs a running Docker")


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Give the compose project that $COMPOSE_PROJECT names, or one of our own."""
    project = os.environ.get("COMPOSE_PROJECT")
    if project:
        yield Stack.running(project)
    elif request.config.getoption("--base-url"):
        pytest.skip("only an address was given: set COMPOSE_PROJECT to test that stack's containers")
    else:
        with Stack.temporary() as stack:
            stack.up("--build")
            yield stack


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest) -> str:
    """Give the gateway's address, without a slash at its end."""
    given = request.config.getoption("--base-url")
    if given:
        return str(given).rstrip("/")
    stack: Stack = request.getfixturevalue("stack")
    return stack.base_url


@pytest.fixture(scope="session")
def anonymous(base_url: str) -> Client:
    """Give a client without a token."""
    return Client(base_url)


@pytest.fixture(scope="session")
def user(anonymous: Client) -> User:
    """Give an account for tests that only need to be somebody."""
    return anonymous.new_user()


@pytest.fixture(scope="session")
def client(anonymous: Client, user: User) -> Client:
    """Give a client that is signed in."""
    return anonymous.with_token(user.access_token)


@pytest.fixture(scope="session")
def product_id(client: Client) -> str:
    """Upload a product, which stays."""
    product_id = unique("steady")
    assert client.upload([a_product(product_id)]).status_code == 200
    return product_id


@pytest.fixture
def heals(stack: Stack) -> Iterator[None]:
    """Let nobody else meet what a test has broken."""
    yield
    stack.wait_until_healthy()


@pytest.fixture(scope="session")
def echo() -> Iterator[Stack]:
    """Run the gateway with echoes behind it, which serves two host names and few logins at once."""
    echoes = "tests/stack/echo_services.yml"
    few = {"LOGIN_RATE": "5r/s", "LOGIN_BURST": "20"}
    with Stack.temporary(echoes, GATEWAY_HOSTS="localhost shop.example", **few) as stack:
        stack.up("--build", "gateway")
        yield stack
