"""The server under test: one that runs already, or the embedded program started for the session."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.client import Client, User
from tests.contract.embedded_program import embedded_program, run_command
from tests.contract.tokens import Forger
from tests.stack.compose import Stack

Command = Callable[..., str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests marked `run_last` behind all others; the sort is stable, so nothing else moves."""
    items.sort(key=lambda item: item.get_closest_marker("run_last") is not None)


@pytest.fixture(autouse=True)
def _skip_what_only_the_gateway_promises(request: pytest.FixtureRequest) -> None:
    mark = request.node.get_closest_marker("gateway")
    if mark and not request.config.getoption("--base-url"):
        pytest.skip(f"needs the gateway, and this run started the embedded program: {mark.args[0]}")


@pytest.fixture(autouse=True)
def _skip_what_starts_programs_of_its_own(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("own_program") and request.config.getoption("--base-url"):
        pytest.skip("starts embedded programs of its own, as `make test` does")


@pytest.fixture(scope="session")
def own_data_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Name the folder of the program that this run starts; None where the server was given."""
    given = request.config.getoption("--base-url")
    return None if given else tmp_path_factory.mktemp("contract")


@pytest.fixture(scope="session")
def base_url(request: pytest.FixtureRequest, own_data_dir: Path | None) -> Iterator[str]:
    """Give the address of the server under test, without a slash at its end."""
    if own_data_dir is None:
        yield str(request.config.getoption("--base-url")).rstrip("/")
    else:
        with embedded_program(own_data_dir) as address:
            yield address


@pytest.fixture(scope="session")
def anonymous(base_url: str, own_data_dir: Path | None) -> Iterator[Client]:
    """Make a client without a token."""
    # The embedded program limits no rates, and its cheap bcrypt needs no mercy.
    with closing(Client(base_url) if own_data_dir is None else Client(base_url, rate=None)) as client:
        yield client


@pytest.fixture(scope="session")
def account(anonymous: Client) -> User:
    """Make an account that all tests share, for those that only need to be somebody."""
    return anonymous.new_user()


@pytest.fixture(scope="module")
def user(anonymous: Client, account: User) -> User:
    """Give the shared account a fresh token: one of 15 minutes need not last for a whole slow run."""
    answer = anonymous.login(account.username, account.password)
    return replace(account, access_token=answer.json()["access_token"])


@pytest.fixture(scope="module")
def client(anonymous: Client, user: User) -> Client:
    """Make a client that is signed in."""
    return anonymous.with_token(user.access_token)


@pytest.fixture
def newcomer(anonymous: Client) -> Client:
    """Somebody who has uploaded nothing yet."""
    return anonymous.with_token(anonymous.new_user().access_token)


@pytest.fixture
def person(anonymous: Client) -> User:
    """Make an account that the test may change as it likes."""
    return anonymous.new_user()


@pytest.fixture
def theirs(anonymous: Client, person: User) -> Client:
    """Make a client that is signed in to it."""
    return anonymous.with_token(person.access_token)


@pytest.fixture
def person_id(theirs: Client) -> str:
    """Give its id."""
    user_id: str = theirs.me()["id"]
    return user_id


@pytest.fixture(scope="session")
def other_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Start a second, empty installation of the program, with keys of its own."""
    with (
        embedded_program(tmp_path_factory.mktemp("other")) as address,
        closing(Client(address, rate=None)) as client,
    ):
        yield client


@pytest.fixture(
    params=[("GET", "/protected"), ("GET", "/products/x"), ("POST", "/upload"), ("GET", "/reports/summary")],
    ids=["protected", "products", "upload", "reports"],
)
def closed_address(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Give method and path of each address that asks for a token."""
    method, path = request.param
    return method, path


@pytest.fixture(scope="module")
def forger(anonymous: Client, user: User) -> Forger:
    """Make a forger with a genuine token to start from."""
    return Forger(user.access_token, anonymous.get("/.well-known/jwks.json").text)


@pytest.fixture(scope="session")
def command(base_url: str, own_data_dir: Path | None) -> Command:
    """Run a command of the auth service as its operator does, and give what it prints."""
    if own_data_dir is not None:
        return lambda *arguments: run_command(own_data_dir, *arguments)
    project = os.environ.get("COMPOSE_PROJECT")
    if project is None:
        pytest.skip(f"the commands of {base_url} can't be run from here: COMPOSE_PROJECT is not set")
    stack = Stack.running(project)
    return lambda *arguments: stack.execute("auth_service", "flask", "--app", "auth_service.wsgi", *arguments)


@pytest.fixture(scope="session")
def administrators_account(anonymous: Client, command: Command) -> User:
    """Make an account that may administer others."""
    account = anonymous.new_user()
    command("grant", account.username, "users:admin")
    return account


@pytest.fixture(scope="module")
def administrator(anonymous: Client, administrators_account: User) -> Client:
    """Make a client that is signed in as an administrator."""
    answer = anonymous.login(administrators_account.username, administrators_account.password)
    return anonymous.with_token(answer.json()["access_token"])
