"""What the gateway hands on, and what it keeps to itself: with a service behind it that says what it got."""

import json
import threading
import time

import pytest
import requests

from tests.stack.compose import Stack, run
from tests.stack.raw_http import CLOSE, HOST, exchange

LOGIN = b"POST /login HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 2\r\n"
PRODUCT = b"GET /products/1 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"


@pytest.fixture(scope="module")
def base_url(echo: Stack) -> str:
    """Give the gateway's address."""
    return echo.base_url


def _get(base_url: str, target: str, headers: str = "") -> dict[str, list[str]]:
    """Give the headers that the service got for a GET, each with all its values."""
    lines = headers.encode() + HOST + CLOSE + b"\r\n"
    answer = exchange(base_url, f"GET {target} HTTP/1.1\r\n".encode() + lines)
    assert answer.status == 200, answer
    got: dict[str, list[str]] = {}
    for name, value in json.loads(answer.body)["headers"]:
        got.setdefault(name, []).append(value)
    return got


def test_what_a_client_says_of_its_origin_never_reaches_a_service(base_url: str) -> None:
    """G10, G11."""
    forged = "".join(
        f"{name}: 6.6.6.6\r\n"
        for name in (
            "X-Forwarded-For", "X-Forwarded-For", "X_Forwarded_For", "X-Forwarded-Proto", "X-Forwarded-Host",
            "X-Forwarded-Port", "X-Forwarded-Ssl", "X-Real-IP", "Forwarded", "X-User", "X-User-Id", "X_User",
            "X-Username", "Remote-User", "SCRIPT_NAME", "PATH_INFO", "Proxy", "X-Request-ID",
            "True-Client-IP", "CF-Connecting-IP", "X-Cluster-Client-IP", "X-Auth-Request-Email", "X-Roles",
            "X-HTTP-Method-Override", "X-Original-Host",
        )
    )  # fmt: skip

    got = _get(base_url, "/protected", forged)

    assert "6.6.6.6" not in str(got)
    assert sorted(got) == ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id"]
    assert {len(values) for values in got.values()} == {1}
    assert got["x-forwarded-proto"] == ["http"]
    assert _get(base_url, "/protected", "X-Forwarded-Proto: https\r\n")["x-forwarded-proto"] == ["http"]


def test_a_header_that_is_empty_reaches_a_service_as_such(base_url: str) -> None:
    """A PUT with an empty If-Match must not become one without a condition."""
    got = _get(base_url, "/protected", "If-Match:\r\nIdempotency-Key: \r\n")

    assert (got["if-match"], got["idempotency-key"]) == ([""], [""])


def test_nothing_of_an_upgrade_reaches_a_service(base_url: str) -> None:
    """G30."""
    got = _get(
        base_url, "/protected", "Upgrade: h2c\r\nHTTP2-Settings: AAA\r\nTE: trailers\r\nKeep-Alive: 9\r\n"
    )

    assert not {"upgrade", "http2-settings", "connection", "te", "keep-alive"} & got.keys()


def test_the_service_the_client_and_the_log_have_one_request_id(base_url: str, echo: Stack) -> None:
    answer = exchange(base_url, b"GET /protected HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")

    (request_id,) = answer.all_of("x-request-id")
    assert ["x-request-id", request_id] in json.loads(answer.body)["headers"]
    assert f'"request_id": "{request_id}"' in echo.logs("gateway")


@pytest.mark.parametrize(
    "target",
    ["/products/a%2Fb", "/products/%2e%2e", "/products/..", "/products/a//b", "/products//",
     "/products/%25%20%C3%A9?x=%2f", "/products/a;b=c,d", "/reports/summary?format=csv"],
)  # fmt: skip
def test_a_path_reaches_the_service_as_the_client_wrote_it(base_url: str, target: str) -> None:
    answer = exchange(base_url, f"GET {target} HTTP/1.1\r\n".encode() + HOST + CLOSE + b"\r\n")

    assert json.loads(answer.body)["target"] == target


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /protected HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /protected HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n",
        b"GET http://evil.example/protected HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /protected HTTP/1.0\r\n\r\n",
    ],
    ids=["another name", "a name that begins alike", "an absolute target", "no name"],
)
def test_a_host_that_is_not_served_is_421_where_names_are_set(base_url: str, request_bytes: bytes) -> None:
    """G13."""
    exchange(base_url, request_bytes, seconds=1).assert_error(421)


def test_every_name_that_is_set_is_served(base_url: str) -> None:
    for host in (b"localhost:18080", b"LOCALHOST", b"shop.example"):
        answer = exchange(base_url, b"GET /protected HTTP/1.1\r\nHost: " + host + b"\r\n" + CLOSE + b"\r\n")
        assert answer.status == 200


@pytest.mark.parametrize("status", [400, 401, 404, 405, 409, 413, 415, 422, 429, 500, 503])
def test_a_services_own_error_is_handed_on_as_it_is(base_url: str, status: int) -> None:
    answer = exchange(
        base_url, f"GET /protected?status={status} HTTP/1.1\r\n".encode() + HOST + CLOSE + b"\r\n"
    )

    assert answer.status == status
    assert json.loads(answer.body)["target"] == f"/protected?status={status}"


def test_a_post_that_killed_its_service_is_503_once_and_never_sent_again(base_url: str, echo: Stack) -> None:
    """G31."""
    request = b"POST /upload?die=1 HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    exchange(base_url, request).assert_error(503)

    assert echo.logs("catalog_service").count("POST /upload?die=1") == 1
    _wait_until_served(base_url, seconds=10)


def test_a_write_that_killed_its_service_is_not_sent_to_another_replica(base_url: str, echo: Stack) -> None:
    """G31. The answer alone may be lost: the second one would be 404, or 412 for If-Match."""
    two_replicas = ("--no-deps", "--no-recreate", "--scale", "catalog_service=2", "catalog_service")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        echo.up(*two_replicas)
        _wait_until_served(base_url, seconds=10)
        line = f"{method} /products/{method}?die=1"
        exchange(base_url, f"{line} HTTP/1.1\r\n".encode() + HOST + CLOSE + b"\r\n").assert_error(503)

        assert echo.logs("catalog_service").count(line) == 1
    echo.up("--no-deps", "catalog_service")
    _wait_until_served(base_url, seconds=10)


def test_a_service_that_is_down_is_503_and_found_again_within_ten_seconds(base_url: str, echo: Stack) -> None:
    echo.compose("stop", "--timeout", "0", "catalog_service")
    started = time.monotonic()
    exchange(base_url, PRODUCT, seconds=8).assert_error(503)
    assert time.monotonic() - started < 5

    echo.up("--no-deps", "catalog_service")
    _wait_until_served(base_url, seconds=10)


def test_a_service_that_comes_back_at_another_address_is_found_within_ten_seconds(
    base_url: str, echo: Stack
) -> None:
    """G34."""
    old = echo.address("catalog_service", "app")
    echo.compose("rm", "--stop", "--force", "catalog_service")
    squatter = _take_address(echo)
    try:
        echo.up("--no-deps", "catalog_service")
        assert echo.address("catalog_service", "app") != old
        _wait_until_served(base_url, seconds=10)
    finally:
        run("docker", "rm", "--force", squatter)


def _take_address(echo: Stack) -> str:
    """Start a container that takes the address which has just become free: Docker gives out the lowest."""
    network = echo.network("app")
    return run("docker", "run", "--detach", "--network", network, "python:3.13-slim", "sleep", "300").strip()


def _wait_until_served(base_url: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = exchange(base_url, PRODUCT)
        if answer.status == 200:
            return
        answer.assert_error(503)
        time.sleep(0.2)
    pytest.fail(f"not served within {seconds} s")


def test_a_reload_under_load_fails_no_request(base_url: str, echo: Stack) -> None:
    """F44."""
    statuses: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            statuses.append(
                requests.get(
                    f"{base_url}/protected?seconds=0.02", headers={"Host": "localhost"}, timeout=10
                ).status_code
            )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        echo.execute("gateway", "nginx", "-s", "reload")
        time.sleep(0.7)
    stop.set()
    for thread in threads:
        thread.join()

    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_the_access_log_holds_no_query_string_and_no_token(base_url: str, echo: Stack) -> None:
    """L14, L15."""
    _get(base_url, "/protected?password=in-the-query", "Authorization: Bearer in-the-header\r\n")
    died = b"POST /upload?password=in-the-query&die=1 HTTP/1.1\r\n" + HOST + CLOSE
    exchange(base_url, died + b"Content-Length: 0\r\n\r\n").assert_error(503)
    _wait_until_served(base_url, seconds=10)

    logs = echo.logs("gateway")
    assert "/protected" in logs
    assert "in-the-query" not in logs
    assert "in-the-header" not in logs


def test_every_line_of_the_access_log_is_json_with_the_true_method(base_url: str, echo: Stack) -> None:
    exchange(base_url, b"PUT /products/%0a%22 HTTP/1.1\r\n" + HOST + CLOSE + b'User-Agent: a"b\x1b\r\n\r\n')
    exchange(base_url, b"DELETE /nothing HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")

    lines = [json.loads(line) for line in echo.logs("gateway").splitlines() if line.startswith("{")]
    assert {("PUT", "/products/%0a%22"), ("DELETE", "/nothing")} <= {
        (line["method"], line["path"]) for line in lines
    }


def test_the_client_and_its_scheme_are_what_a_trusted_proxy_names_and_no_one_before_it() -> None:
    """Docker's own address, which whoever comes from this machine has, stands for the proxy's."""
    private = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"
    with Stack.temporary("tests/stack/echo_services.yml", GATEWAY_TRUSTED_PROXIES=private) as behind_a_proxy:
        behind_a_proxy.up("--build", "gateway")
        forwarded = "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n"

        got = _get(behind_a_proxy.base_url, "/protected", forwarded + "X-Real-IP: 198.51.100.2\r\n")
        schemes = [
            _get(behind_a_proxy.base_url, "/protected", f"X-Forwarded-Proto: {said}\r\n")["x-forwarded-proto"]
            for said in ("https", "http", "http, https", "ftp")
        ]

    assert got["x-forwarded-for"] == ["203.0.113.7"]
    assert got["x-forwarded-proto"] == ["http"]
    assert schemes == [["https"], ["http"], ["http"], ["http"]]
