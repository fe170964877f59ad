"""The README's walk and its commands for operators, run against containers as they stand on the page."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.client import Client, User, unique
from tests.stack.compose import REPOSITORY, Stack
from tests.unit.test_readme import LINES_BEFORE_REPORT, README, code_block, run_walk
from tests.waiting import wait_until

KEYS_ARE_READ_ANEW_SECONDS = 6
"""A replica reads its keys anew after 5 s, and the catalog asks for unknown ones each 30 s."""
PRODUCT = "EL-2002"
CATEGORIES = {"Books", "Electronics", "Grocery", "Home & Kitchen", "Sports & Outdoors", "Toys & Games"}


@pytest.fixture(scope="module")
def stack_of_its_own(docker: None) -> Iterator[Stack]:  # noqa: ARG001  # skips without one
    """Give a stack that may be taken down, so that no other test meets a lost key or an old dump."""
    stack = Stack.new()
    try:
        stack.up("--build")
        yield stack
    finally:
        stack.remove()


def run_as_written(stack: Stack, block: str, folder: Path) -> str:
    """Run one of the README's commands on a stack, its files in a folder, and give what it prints."""
    environment = {
        "COMPOSE_PROJECT_NAME": stack.project,
        "COMPOSE_FILE": str(REPOSITORY / "docker-compose.yml"),
    }
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=block,
        cwd=folder,
        env=os.environ | dict(stack.settings) | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout


def signed_in(anonymous: Client, user: User) -> Client:
    """Give a client with a new token of an account."""
    return anonymous.with_token(anonymous.login(user.username, user.password).json()["access_token"])


def published_keys(client: Client) -> set[str]:
    """Give the ids of the keys in the key set."""
    return {key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]}


def test_the_walk_works_as_written_against_the_gateway(base_url: str) -> None:
    """Others use the same stack, so that the report may hold more than the walk's own products."""
    walk = code_block("sh", "BASE=").replace('"ada"', f'"{unique("ada")}"')

    printed = run_walk(base_url, walk)

    promised = code_block("text", "User created successfully").splitlines()
    assert printed[:LINES_BEFORE_REPORT] == promised[:LINES_BEFORE_REPORT]
    assert printed[LINES_BEFORE_REPORT] == promised[LINES_BEFORE_REPORT]
    assert {line.partition(",")[0] for line in printed[LINES_BEFORE_REPORT + 1 :]} >= CATEGORIES


def test_a_backup_brings_accounts_and_products_into_a_new_stack(
    stack_of_its_own: Stack, tmp_path: Path
) -> None:
    """The new stack has passwords and a passphrase of its own."""
    # Comes before the rotation below: while one is under way another is refused.
    stack = stack_of_its_own
    anonymous = Client(stack.base_url)
    user = anonymous.new_user()
    sample = (REPOSITORY / "db" / "sample_products.csv").read_bytes()
    assert anonymous.with_token(user.access_token).upload(sample).status_code == 200
    run_as_written(stack, code_block("sh", "mysqldump"), tmp_path)
    stack.compose("down", "--volumes", "--timeout", "5")
    stack.up()

    run_as_written(stack, code_block("sh", "< backup.sql"), tmp_path)

    def everything_is_there() -> bool:
        if anonymous.login(user.username, user.password).status_code != 200:
            return False
        return signed_in(anonymous, user).product(PRODUCT).status_code == 200

    wait_until(everything_is_there, pause=0.5)


def test_rotating_publishes_a_new_key_and_refuses_no_token(stack_of_its_own: Stack, tmp_path: Path) -> None:
    anonymous = Client(stack_of_its_own.base_url)
    # The restore above has put other keys under the running service, which every worker reads within 5 s;
    # and of `rotate --now` the README says that tokens of the new key may be refused for 30 s.
    time.sleep(KEYS_ARE_READ_ANEW_SECONDS)
    client = anonymous.with_token(anonymous.new_user().access_token)
    wait_until(lambda: client.get("/reports/summary").status_code == 200, pause=0.5)

    printed = run_as_written(stack_of_its_own, code_block("sh", "wsgi rotate\n"), tmp_path)

    kid = printed.removeprefix("The new signing key is ").rstrip(".\n")
    wait_until(lambda: kid in published_keys(anonymous), pause=0.5)
    assert client.get("/protected").status_code == 200
    assert client.get("/reports/summary").status_code == 200


def test_more_replicas_are_started_as_written(stack_of_its_own: Stack, tmp_path: Path) -> None:
    run_as_written(stack_of_its_own, code_block("sh", "--scale"), tmp_path)

    assert len(stack_of_its_own.containers("catalog_service")) == 3
    assert len(stack_of_its_own.containers("auth_service")) == 2


def test_the_upgrade_keeps_accounts(stack_of_its_own: Stack, tmp_path: Path) -> None:
    """Without its `git pull`, for which a clone of somewhere would be needed."""
    anonymous = Client(stack_of_its_own.base_url)
    user = anonymous.new_user()
    pull, upgrade = code_block("sh", "git pull").splitlines()
    assert pull == "git pull"

    run_as_written(stack_of_its_own, upgrade, tmp_path)

    def the_account_is_known() -> bool:
        answer = anonymous.login(user.username, user.password)
        if answer.status_code != 200:
            return False
        token = answer.json()["access_token"]
        return anonymous.with_token(token).get("/protected").status_code == 200

    # The replicas of the test above are taken down meanwhile, which nginx learns within seconds.
    wait_until(the_account_is_known, pause=0.5)


def test_the_readme_names_the_services_of_the_stack(stack_of_its_own: Stack) -> None:
    section = README.split("## Services\n", 1)[1].split("\n## ", 1)[0]

    assert all(
        f"`{service}`" in section for service in stack_of_its_own.compose("config", "--services").split()
    )
