"""What a break-in, a runaway or a curious neighbour would find: as little as possible."""

import json
import re
import secrets as random
import subprocess

import pytest

from tests.contract.client import Client, unique
from tests.stack.compose import LONG_RUNNERS, ONE_SHOTS, Stack, run
from tests.stack.raw_http import CLOSE, exchange

SERVICES = (*LONG_RUNNERS, *ONE_SHOTS)
NETWORKS = {
    "secrets": {"none"},
    "mysql": {"auth_db", "catalog_db"},
    "auth_migrate": {"auth_db"},
    "catalog_migrate": {"catalog_db"},
    "auth_service": {"app", "auth_db"},
    "catalog_service": {"app", "catalog_db"},
    "gateway": {"edge", "app"},
}
SECRETS = {
    "auth_service": ["database_password", "signing_key_passphrase"],
    "catalog_service": ["database_password"],
    "gateway": [],
}
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}")


@pytest.fixture(scope="module")
def secret_values(stack: Stack) -> list[bytes]:
    """Every secret of the installation, as only its one-shot container may read them."""
    read_all = "cd /secrets/all/values && for name in *; do cat $name; echo; done"
    values = stack.compose(
        "run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "bash", "secrets", "-c", read_all
    )
    found = [line.encode() for line in values.split()]
    assert len(found) == 6
    return found


def test_only_the_gateway_is_published_and_only_on_this_machine(stack: Stack) -> None:
    """G27."""
    published = {service: stack.inspect(service)["HostConfig"]["PortBindings"] or {} for service in SERVICES}

    gateway = published.pop("gateway")
    assert [binding["HostIp"] for bindings in gateway.values() for binding in bindings] == ["127.0.0.1"]
    assert not any(published.values())


@pytest.mark.parametrize("service", LONG_RUNNERS)
def test_no_process_runs_as_root(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        _, *users = run("docker", "top", container, "-eo", "pid,uid,comm").splitlines()
        assert users
        assert not [user for user in users if user.split()[1] == "0"]


@pytest.mark.parametrize("service", LONG_RUNNERS)
def test_a_running_container_has_no_capability_and_can_gain_none(stack: Stack, service: str) -> None:
    status = stack.execute(service, "cat", "/proc/1/status")

    held = {
        line.split(":")[0]: line.split()[1]
        for line in status.splitlines()
        if line.startswith(("Cap", "NoNew"))
    }
    assert held.pop("NoNewPrivs") == "1"
    assert {int(value, 16) for value in held.values()} == {0}


@pytest.mark.parametrize("service", SERVICES)
def test_every_capability_is_dropped_but_those_that_hand_out_secrets(stack: Stack, service: str) -> None:
    host = stack.inspect(service)["HostConfig"]

    assert host["CapDrop"] == ["ALL"]
    expected = {"CHOWN", "DAC_READ_SEARCH"} if service == "secrets" else set()
    assert {name.removeprefix("CAP_") for name in host["CapAdd"] or ()} == expected
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_root_file_system_is_read_only(stack: Stack, service: str) -> None:
    assert stack.inspect(service)["HostConfig"]["ReadonlyRootfs"]


@pytest.mark.parametrize("service", ["auth_service", "catalog_service"])
def test_a_service_can_change_nothing_of_its_code(stack: Stack, service: str) -> None:
    mine = stack.execute(
        service,
        "find",
        "/app",
        "/opt/venv",
        "(",
        "-user",
        "10001",
        "-o",
        "-perm",
        "-o+w",
        ")",
        "!",
        "-type",
        "l",
    )

    assert mine == ""
    assert set(stack.execute(service, "ls", "/app").split()) == {"common", service}


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_has_limits(stack: Stack, service: str) -> None:
    host = stack.inspect(service)["HostConfig"]

    assert host["Memory"] > 0
    assert host["NanoCpus"] > 0
    assert 0 < host["PidsLimit"] <= 1024
    assert host["LogConfig"]["Type"] == "json-file"
    assert {"max-size", "max-file"} <= host["LogConfig"]["Config"].keys()
    if service in LONG_RUNNERS:
        assert [limit["Name"] for limit in host["Ulimits"]] == ["nofile"]
        assert host["RestartPolicy"]["Name"] == "unless-stopped"


@pytest.mark.parametrize(("service", "expected"), NETWORKS.items())
def test_each_container_is_on_the_networks_that_it_needs_alone(
    stack: Stack, service: str, expected: set[str]
) -> None:
    networks = stack.inspect(service)["NetworkSettings"]["Networks"]

    assert {name.removeprefix(f"{stack.project}_") for name in networks} == expected


def test_every_network_but_the_published_one_leads_nowhere(stack: Stack) -> None:
    for name in ("app", "auth_db", "catalog_db"):
        (network,) = json.loads(run("docker", "network", "inspect", stack.network(name)))
        assert network["Internal"]


@pytest.mark.parametrize(("service", "expected"), SECRETS.items())
def test_a_service_can_read_its_own_secrets_alone(stack: Stack, service: str, expected: list[str]) -> None:
    found = stack.execute(service, "sh", "-c", "ls /run/secrets 2>/dev/null || true").split()

    assert found == expected


@pytest.mark.parametrize("service", LONG_RUNNERS)
def test_no_secret_stands_in_an_environment_a_command_or_a_log(
    stack: Stack, service: str, secret_values: list[bytes]
) -> None:
    """`docker inspect` shows the first two to everybody who may ask Docker."""
    shown = (json.dumps(stack.inspect(service)) + stack.logs(service)).encode()

    assert not [value for value in secret_values if value in shown]
    assert not PRIVATE_KEY.search(shown)


@pytest.mark.parametrize("service", ["catalog_service", "gateway"])
def test_catalog_and_gateway_hold_no_private_key_and_no_secret(
    stack: Stack, service: str, secret_values: list[bytes]
) -> None:
    """J43: their whole file systems are searched, and how their images were made."""
    (container, *_) = stack.containers(service)
    export = ["docker", "export", container]
    files = subprocess.run(export, capture_output=True, check=True).stdout  # noqa: S603
    history = run("docker", "history", "--no-trunc", stack.inspect(service)["Image"]).encode()

    assert len(files) > 1_000_000
    for searched in (files, history):
        assert not PRIVATE_KEY.search(searched)
        assert not [value for value in secret_values if value in searched]


def test_a_signing_key_stands_in_the_database_only_encrypted(stack: Stack) -> None:
    dump = _mysql(stack, "auth_app", "SELECT * FROM auth.signing_keys")

    assert "PUBLIC KEY" in dump or "PRIVATE KEY" in dump
    assert "BEGIN PRIVATE KEY" not in dump
    assert "BEGIN RSA PRIVATE KEY" not in dump


def test_no_log_holds_a_password_a_token_or_a_hash(stack: Stack, anonymous: Client) -> None:
    """L14, L15."""
    password = f"hush-{random.token_hex(8)}"
    user = anonymous.new_user(unique("logged"), password)
    anonymous.login(user.username, f"{password}-wrong")
    anonymous.request("POST", f"/login?username={user.username}&password={password}")
    anonymous.with_token(user.access_token).get("/protected")
    anonymous.with_token(user.access_token).product(unique("nothing"))
    anonymous.login(f'{password}"\n{{"level": "INFO"', "any password")

    logs = stack.logs()
    assert "/login" in logs
    assert password not in logs
    assert user.access_token not in logs
    assert not re.search(r"\$2[aby]\$", logs)


def _mysql(stack: Stack, account: str, statement: str) -> str:
    """Give what the mysql client prints for a statement of this account, errors included."""
    client = f"mysql --host=127.0.0.1 --user={account} --batch --skip-column-names --execute='{statement}'"
    script = f"MYSQL_PWD=$(cat /run/secrets/{account}_password) {client} 2>&1 || true"
    return stack.execute("mysql", "bash", "-c", script)


@pytest.mark.parametrize(
    ("account", "statement"),
    [
        ("auth_app", "DROP TABLE auth.users"),
        ("auth_app", "CREATE TABLE auth.x (a INT)"),
        ("auth_app", "SELECT * FROM catalog.products"),
        ("catalog_app", "CREATE TABLE catalog.x (a INT)"),
        ("catalog_app", "SELECT * FROM auth.signing_keys"),
        ("catalog_app", "SELECT * FROM mysql.user"),
        ("catalog_app", 'SELECT 1 INTO OUTFILE "/tmp/x"'),
        ("catalog_migrator", "SELECT * FROM auth.signing_keys"),
        ("auth_migrator", "SELECT * FROM catalog.products"),
        ("auth_migrator", "GRANT SELECT ON auth.* TO catalog_app"),
        ("auth_migrator", "SET GLOBAL local_infile = OFF"),
    ],
)
def test_a_database_account_is_refused_what_its_service_does_not_need(
    stack: Stack, account: str, statement: str
) -> None:
    assert re.search(r"ERROR (1044|1142|1227|1290|1045) ", _mysql(stack, account, statement))


def test_mysql_keeps_its_promises_of_durability_and_strictness(stack: Stack) -> None:
    names = {
        "innodb_flush_log_at_trx_commit": "1",
        "sync_binlog": "1",
        "innodb_doublewrite": "ON",
        "secure_file_priv": "NULL",
        "innodb_lock_wait_timeout": "5",
        "max_execution_time": "10000",
        "wait_timeout": "600",
        "local_infile": "ON",
        "character_set_server": "utf8mb4",
        "collation_server": "utf8mb4_0900_bin",
        "log_bin": "ON",
        "innodb_buffer_pool_size": str(1024**3),
    }
    shown = _mysql(stack, "catalog_app", "SHOW GLOBAL VARIABLES")

    values = dict(line.split("\t", 1) for line in shown.splitlines() if "\t" in line)
    assert {name: values[name] or "NULL" for name in names} == names
    assert "STRICT_ALL_TABLES" in values["sql_mode"]
    assert int(values["max_connections"]) >= 300
    assert int(values["binlog_expire_logs_seconds"]) <= 7 * 86_400


@pytest.mark.parametrize("line", [b"GET /protected", b"GET http://evil.example/protected"])
def test_by_default_only_names_of_this_machine_are_served(stack: Stack, line: bytes) -> None:
    """G13: a page of a stranger's may have a name of its own lead here."""
    request = line + b" HTTP/1.1\r\nHost: evil.example\r\n" + CLOSE + b"\r\n"
    exchange(stack.base_url, request).assert_error(421)
    port = stack.base_url.rpartition(":")[2].encode()
    for host in (b"localhost", b"127.0.0.1", b"[::1]", b"gateway"):
        request = b"GET /protected HTTP/1.1\r\nHost: " + host + b":" + port + b"\r\n" + CLOSE + b"\r\n"
        exchange(stack.base_url, request).assert_error(401)
