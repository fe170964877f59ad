"""How a stack starts: the first time, again, and after something went wrong with its secrets."""

import random
from collections.abc import Iterator

import pytest

from tests.contract.client import Client, unique
from tests.contract.products import a_product
from tests.stack.compose import LONG_RUNNERS, ONE_SHOTS, Stack, run

SEED = 20261122
READ_ALL = "cd /secrets && find . -type f | sort | while read -r f; do echo $f $(cat $f); done"


@pytest.fixture
def secrets_stack() -> Iterator[Stack]:
    """Give a stack of which only the secrets' container is ever run."""
    with Stack.temporary() as stack:
        stack.compose("build", "secrets")
        yield stack


def _write_secrets(stack: Stack) -> str:
    return stack.compose("run", "--rm", "--no-deps", "--no-TTY", "secrets")


def _inside(stack: Stack, script: str) -> str:
    options = ("--rm", "--no-deps", "--no-TTY", "--cap-add", "DAC_OVERRIDE", "--entrypoint", "bash")
    return stack.compose("run", *options, "secrets", "-c", script)


def _secrets(stack: Stack) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in _inside(stack, READ_ALL).splitlines())


def test_a_second_start_makes_no_new_secrets(secrets_stack: Stack) -> None:
    _write_secrets(secrets_stack)
    first = _secrets(secrets_stack)
    _write_secrets(secrets_stack)

    assert _secrets(secrets_stack) == first
    assert len(first) == 6 + 5 + 2 + 2 + 1 + 1
    assert len(set(first.values())) == 6


def test_no_secret_is_ever_printed(secrets_stack: Stack) -> None:
    printed = _write_secrets(secrets_stack) + _write_secrets(secrets_stack)

    assert printed
    assert not [value for value in _secrets(secrets_stack).values() if value in printed]


def test_each_secret_is_readable_for_its_reader_alone(secrets_stack: Stack) -> None:
    _write_secrets(secrets_stack)
    listed = _inside(secrets_stack, "cd /secrets && find . -type f -printf '%p %u:%g %m\n'")

    modes = dict(line.split(" ", 1) for line in listed.splitlines())
    assert {mode for path, mode in modes.items() if path.startswith("./all/")} == {"root:root 600"}
    assert {mode for path, mode in modes.items() if path.startswith("./mysql/")} == {"root:mysql 440"}
    services = {mode for path, mode in modes.items() if not path.startswith(("./all/", "./mysql/"))}
    assert services == {"10001:10001 400"}


def test_a_start_that_was_cut_off_is_completed_by_the_next(secrets_stack: Stack) -> None:
    _write_secrets(secrets_stack)
    first = _secrets(secrets_stack)
    half_done = "mv /secrets/auth_service/database_password /secrets/auth_service/database_password.new"
    _inside(secrets_stack, f"rm /secrets/catalog_service/* /secrets/mysql/auth_app_password; {half_done}")
    _write_secrets(secrets_stack)

    assert _secrets(secrets_stack) == first


def test_values_that_were_never_handed_out_are_made_anew(secrets_stack: Stack) -> None:
    _inside(secrets_stack, "mkdir /secrets/all/new.abcdef && echo half >/secrets/all/new.abcdef/mysql_root")
    _write_secrets(secrets_stack)

    assert "half" not in _secrets(secrets_stack).values()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("rm -r /secrets/all/values", "this installation's secrets is gone"),
        ("rm /secrets/all/values/auth_app", "auth_app is missing or damaged"),
        ("echo short >/secrets/all/values/auth_app", "auth_app is missing or damaged"),
        ("echo other >/secrets/catalog_service/database_password", "is not this installation's catalog_app"),
    ],
)
def test_secrets_that_cant_fit_are_refused_with_a_clear_line(
    secrets_stack: Stack, damage: str, complaint: str
) -> None:
    _write_secrets(secrets_stack)
    _inside(secrets_stack, damage)
    before = _secrets(secrets_stack)

    with pytest.raises(AssertionError, match=complaint):
        _write_secrets(secrets_stack)
    assert _secrets(secrets_stack) == before


def test_no_new_passwords_are_made_for_a_database_that_has_others(secrets_stack: Stack) -> None:
    """The volumes with the secrets are gone, MySQL's is not."""
    _inside(secrets_stack, "true")
    volume = f"{secrets_stack.project}_mysql_data"
    make_folder = ("--user", "root", "--volume", f"{volume}:/data", "--entrypoint", "mkdir")
    run("docker", "run", "--rm", *make_folder, "mysql:9.7", "/data/mysql")

    with pytest.raises(AssertionError, match="or MySQL's data are there"):
        _write_secrets(secrets_stack)


def test_every_container_gets_healthy_and_every_one_shot_ends_well(stack: Stack) -> None:
    states = {service: stack.inspect(service)["State"] for service in (*LONG_RUNNERS, *ONE_SHOTS)}

    assert {states[service]["Health"]["Status"] for service in LONG_RUNNERS} == {"healthy"}
    for service in ONE_SHOTS:
        assert (states[service]["Status"], states[service]["ExitCode"]) == ("exited", 0)


def test_a_second_start_in_whatever_order_keeps_accounts_products_and_keys(
    stack: Stack, client: Client
) -> None:
    """F47: nobody needs another to be there first, or ends because it isn't."""
    user = client.new_user()
    product = a_product(unique("kept"))
    assert client.upload([product]).status_code == 200

    stack.compose("down")
    stack.compose("up", "--no-start")
    containers = [*LONG_RUNNERS, *ONE_SHOTS]
    random.Random(SEED).shuffle(containers)
    for service in containers:
        run("docker", "start", *stack.containers(service))
    stack.wait_until_healthy()

    assert [stack.inspect(service)["RestartCount"] for service in LONG_RUNNERS] == [0] * len(LONG_RUNNERS)
    # What ran too early to do its work is run again.
    stack.up()
    assert client.stored(product["product_id"]) == product
    assert client.with_token(user.access_token).get("/protected").status_code == 200
    assert client.login(user.username, user.password).status_code == 200


def test_a_first_start_of_mysql_that_was_cut_off_is_started_over() -> None:
    """Its data folder is there, the services' accounts are not."""
    with Stack.temporary() as stack:
        stack.compose("up", "--build", "--detach", "secrets")
        stack.compose("run", "--detach", "--no-deps", "--name", f"{stack.project}-first", "mysql")
        _wait_for_data(stack)
        run("docker", "rm", "--force", f"{stack.project}-first")
        stack.up("mysql")
        logs = stack.logs("mysql")

    assert "starting it over" in logs


def _wait_for_data(stack: Stack) -> None:
    script = "for _ in $(seq 300); do [ -d /mysql_data/mysql ] && exit 0; sleep 0.1; done; exit 1"
    _inside(stack, script)


def test_a_volume_of_an_earlier_version_gets_what_the_accounts_need_now(stack: Stack, client: Client) -> None:
    """What was granted on the first start is what that version needed."""
    stack.as_root("REVOKE DELETE ON auth.* FROM auth_app")
    stack.compose("restart", "mysql")
    stack.wait_until_healthy()

    assert "DELETE" in stack.as_root("SHOW GRANTS FOR auth_app")
    user = client.new_user()
    assert client.with_token(user.access_token).delete_account(user.password).status_code == 200
