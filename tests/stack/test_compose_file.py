"""docker-compose.yml as compose reads it: what holds for every container, whichever is added next."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.stack.compose import LONG_RUNNERS, ONE_SHOTS, REPOSITORY, Stack, run

ROOMY_BYTES = 2 * 1024**3
LONGEST_WAIT_SECONDS = 20
"""For a health check to find out that a container doesn't serve."""


@pytest.fixture(scope="module")
def configured(docker: None) -> dict[str, Any]:  # noqa: ARG001 - skips without one
    """Give what compose makes of the file, without any setting of an operator's."""
    unset = dict.fromkeys(re.findall(r"\$\{([A-Z_]+)", (REPOSITORY / "docker-compose.yml").read_text()), "")
    found: dict[str, Any] = json.loads(Stack("compose-file", unset).compose("config", "--format", "json"))
    return found


@pytest.fixture(params=[*LONG_RUNNERS, *ONE_SHOTS])
def service(request: pytest.FixtureRequest, configured: dict[str, Any]) -> dict[str, Any]:
    """Each service."""
    found: dict[str, Any] = configured["services"][request.param]
    return found


@pytest.fixture(params=LONG_RUNNERS)
def long_runner(request: pytest.FixtureRequest, configured: dict[str, Any]) -> dict[str, Any]:
    """Each service that doesn't end by itself."""
    found: dict[str, Any] = configured["services"][request.param]
    return found


def seconds(duration: str) -> float:
    """Read a duration as compose writes it: 2m10s."""
    parts = re.findall(r"([\d.]+)(h|m|s)", duration)
    assert "".join(number + unit for number, unit in parts) == duration
    return sum(float(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def test_these_are_all_services(configured: dict[str, Any]) -> None:
    assert set(configured["services"]) == {*LONG_RUNNERS, *ONE_SHOTS}


def test_a_container_can_change_nothing_and_gain_nothing(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert not any(volume["type"] == "bind" for volume in service.get("volumes", ()))


def test_a_container_has_limits(service: dict[str, Any]) -> None:
    assert 0 < int(service["mem_limit"]) <= ROOMY_BYTES
    assert 0 < float(service["cpus"]) <= 2
    assert 0 < int(service["pids_limit"]) <= 1024
    assert service["logging"]["driver"] == "json-file"
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


def test_what_is_in_memory_has_a_size(service: dict[str, Any]) -> None:
    mounts = service.get("tmpfs", [])

    assert all(re.search(r":size=\d+m,", mount) for mount in mounts), mounts


def test_a_long_runner_is_watched_restarted_and_reaped(long_runner: dict[str, Any]) -> None:
    assert long_runner["restart"] == "unless-stopped"
    assert long_runner["init"] is True
    assert long_runner["ulimits"]["nofile"] >= 8192
    check = long_runner["healthcheck"]
    assert check["test"][0] == "CMD"
    assert seconds(check["interval"]) * check["retries"] <= LONGEST_WAIT_SECONDS
    assert 0 < seconds(check["timeout"]) <= 5
    assert seconds(check["start_period"]) > 0


def test_a_one_shot_ends_for_good(configured: dict[str, Any]) -> None:
    assert {configured["services"][name]["restart"] for name in ONE_SHOTS} == {"no"}


def test_nobody_is_killed_before_it_has_finished(configured: dict[str, Any]) -> None:
    patience = {name: seconds(configured["services"][name]["stop_grace_period"]) for name in LONG_RUNNERS}
    graceful = {
        name: int(configured["services"][name]["environment"]["GRACEFUL_SECONDS"])
        for name in ("auth_service", "catalog_service")
    }

    assert all(patience[name] > longest for name, longest in graceful.items())
    assert patience["gateway"] > max(patience[name] for name in graceful)
    assert patience["mysql"] >= 60


def test_everybody_starts_behind_what_it_needs(configured: dict[str, Any]) -> None:
    waits = {
        (name, needed): how["condition"]
        for name, service in configured["services"].items()
        for needed, how in service.get("depends_on", {}).items()
    }

    assert waits == {
        ("mysql", "secrets"): "service_completed_successfully",
        ("auth_migrate", "mysql"): "service_healthy",
        ("catalog_migrate", "mysql"): "service_healthy",
        ("auth_service", "auth_migrate"): "service_completed_successfully",
        ("catalog_service", "catalog_migrate"): "service_completed_successfully",
        ("gateway", "auth_service"): "service_healthy",
        ("gateway", "catalog_service"): "service_healthy",
    }


def test_only_the_gateway_is_reached_and_only_from_this_machine(configured: dict[str, Any]) -> None:
    published = {name: one.get("ports", []) for name, one in configured["services"].items()}

    (gateways,) = published.pop("gateway")
    assert gateways["host_ip"] == "127.0.0.1"
    assert not any(published.values())
    networks = configured["networks"]
    assert [name for name in networks if not networks[name].get("internal")] == ["edge"]
    on_edge = [name for name, one in configured["services"].items() if "edge" in one.get("networks", {})]
    assert on_edge == ["gateway"]


def test_a_peer_that_vanishes_is_noticed_by_both_sides(configured: dict[str, Any]) -> None:
    """F34: within 25 s of silence, and within 25 s of what is not acknowledged."""
    for name in ("mysql", "auth_service", "catalog_service"):
        told = {key.removeprefix("net.ipv4."): int(value) for key, value in _sysctls(configured, name)}
        silent = told["tcp_keepalive_time"] + told["tcp_keepalive_intvl"] * told["tcp_keepalive_probes"]
        assert silent <= 25
        assert told["tcp_retries2"] <= 6
    assert int(dict(_sysctls(configured, "gateway"))["net.ipv4.tcp_retries2"]) <= 2


def _sysctls(configured: dict[str, Any], service: str) -> list[tuple[str, str]]:
    return list(configured["services"][service]["sysctls"].items())


@pytest.mark.parametrize(
    ("password", "network", "healthy"),
    [
        pytest.param(None, "the server's", True, id="the account's own password"),
        pytest.param("0" * 64, "the server's", False, id="another password"),
        pytest.param(None, "none", False, id="a server that only listens on its socket"),
    ],
)
def test_mysql_is_healthy_only_if_a_service_can_sign_in(
    stack: Stack, tmp_path: Path, password: str | None, network: str, *, healthy: bool
) -> None:
    """The server of the first start has no accounts yet, and answers `mysqladmin ping`."""
    own = stack.execute("mysql", "cat", "/run/secrets/catalog_app_password")
    (tmp_path / "catalog_app_password").write_text(password or own)
    for path in (tmp_path, tmp_path / "catalog_app_password"):
        path.chmod(0o755)
    server = stack.containers("mysql")[0]
    options = ["--network", f"container:{server}" if network != "none" else "none"]
    secrets = ["--volume", f"{tmp_path}:/run/secrets:ro", "--entrypoint", "check_health.sh"]

    command = ["docker", "run", "--rm", *options, *secrets, stack.inspect("mysql")["Image"]]
    if healthy:
        run(*command)
    else:
        with pytest.raises(AssertionError, match=r"ERROR (1045|2003)"):
            run(*command)
