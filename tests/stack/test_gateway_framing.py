"""Requests that two servers in a row might read differently, with the real services behind."""

import json

import pytest

from tests.contract.client import Client, unique
from tests.stack.raw_http import CLOSE, HOST, connect, exchange, read_answer

LOGIN = b"POST /login HTTP/1.1\r\n" + HOST
PROTECTED = b"GET /protected HTTP/1.1\r\n" + HOST + CLOSE

NOT_WELL_FORMED = {
    "a blank before the colon of Transfer-Encoding": LOGIN + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "two Transfer-Encodings": LOGIN + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "both lengths": LOGIN + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two Content-Lengths": LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "Content-Length +3": LOGIN + b"Content-Length: +3\r\n\r\n{} ",
    "Content-Length -1": LOGIN + b"Content-Length: -1\r\n\r\n{} ",
    "Content-Length 1_0": LOGIN + b"Content-Length: 1_0\r\n\r\n{} ",
    "Content-Length 10^20": LOGIN + b"Content-Length: 100000000000000000000\r\n\r\n{} ",
    "chunk size 0x3": LOGIN + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "chunk size -1": LOGIN + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "NUL in a header": PROTECTED + b"X-A: a\0b\r\n\r\n",
    "a bare CR in a header": PROTECTED + b"X-A: a\rb\r\n\r\n",
    "a folded header": PROTECTED + b"X-A: a\r\n b\r\n\r\n",
    "no Host": b"GET /protected HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /protected HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "two Authorizations": PROTECTED + b"Authorization: Bearer a\r\n" * 2 + b"\r\n",
    "a path above the root": b"GET /products/../../metrics HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "NUL in the path": b"GET /products/%00 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "bytes above ASCII in the path": b"GET /products/\xe9 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "a blank in the path": b"GET /products/a b HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "no percent-encoding behind a percent sign": b"GET /products/%zz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}

REFUSED = {
    "a header of 9 KB": (431, PROTECTED + b"X-A: " + b"a" * 9_000 + b"\r\n\r\n"),
    "a token of 60 KB": (431, PROTECTED + b"Authorization: Bearer " + b"a" * 60_000 + b"\r\n\r\n"),
    "200 headers": (431, PROTECTED + b"".join(b"X-%d: 1\r\n" % i for i in range(200)) + b"\r\n"),
    "a URI of 9 KB": (414, b"GET /products/" + b"a" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a body over 1 MiB": (413, LOGIN + b"Content-Length: 2000000\r\n\r\n"),
    "a chunked body over 1 MiB": (
        413,
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\n1e8480\r\n" + b"a" * 2_000_000,
    ),
    "an upload over 1 GiB": (
        413,
        b"POST /upload HTTP/1.1\r\n" + HOST + b"Content-Length: 2000000000\r\n\r\n",
    ),
    "an unknown transfer encoding": (501, LOGIN + b"Transfer-Encoding: gzip\r\n\r\n"),
    "TRACE": (405, b"TRACE /protected HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"),
    "CONNECT": (405, b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"),
    "a method of two letters": (405, b"AA /protected HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"),
    "HTTP/3.0": (505, b"GET /protected HTTP/3.0\r\n" + HOST + b"\r\n"),
    "a control character in a header": (400, PROTECTED + b"X-A: a\x01b\r\n\r\n"),
}


@pytest.mark.parametrize("request_bytes", NOT_WELL_FORMED.values(), ids=NOT_WELL_FORMED)
def test_a_request_that_could_be_read_in_two_ways_is_400_and_the_connection_is_closed(
    base_url: str, request_bytes: bytes
) -> None:
    """G04 to G06, G09, G12, J04."""
    answer = exchange(base_url, request_bytes)

    answer.assert_error(400)
    assert answer.closed


@pytest.mark.parametrize(("status", "request_bytes"), REFUSED.values(), ids=REFUSED)
def test_what_the_gateway_refuses_is_said_in_json(base_url: str, status: int, request_bytes: bytes) -> None:
    """G16 to G18, G22, G26, J37."""
    exchange(base_url, request_bytes, seconds=2).assert_error(status)


def test_a_method_that_the_gateway_refuses_is_answered_with_those_it_knows(base_url: str) -> None:
    answer = exchange(base_url, REFUSED["TRACE"][1])

    assert "POST" in answer.all_of("allow")[0]


def test_a_body_that_is_cut_off_never_reaches_a_service(base_url: str, anonymous: Client) -> None:
    """G07: were it handed on, the user would exist."""
    username = unique("cut")
    body = json.dumps({"username": username, "password": "any password"}).encode()
    with connect(base_url) as connection:
        head = (
            b"POST /signup HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        )
        connection.sendall(head + b"\r\n%x\r\n" % len(body) + body + b"\r\n")

    assert anonymous.signup(username, "any password").status_code == 201


def test_http_0_9_is_refused(base_url: str) -> None:
    """G14."""
    answer = exchange(base_url, b"GET /.well-known/jwks.json\r\n")

    assert answer.closed
    assert b"keys" not in answer.body


def test_a_token_of_7_kb_reaches_the_service(base_url: str) -> None:
    """J37."""
    exchange(base_url, PROTECTED + b"Authorization: Bearer " + b"a" * 7_000 + b"\r\n\r\n").assert_error(401)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/healthz", "/readyz", "/internal", "/.error", "/.page", "/nothing", "//readyz",
        "/signup%2f..%2freadyz", "/x/../readyz", "/%72eadyz", "/protectedx", "/.well-known/",
        "/.well-known/jwks.json/../../readyz",
    ],
)  # fmt: skip
def test_a_path_that_is_nobodys_business_is_404(base_url: str, path: str) -> None:
    """G20, G21."""
    exchange(base_url, f"GET {path} HTTP/1.1\r\n".encode() + HOST + CLOSE + b"\r\n").assert_error(404)


@pytest.mark.parametrize(
    "path", ["/products/../readyz", "/products/%2e%2e/readyz", "/products/..%2freadyz", "/reports/../metrics"]
)
def test_dots_behind_a_public_path_reach_no_internal_one(client: Client, path: str) -> None:
    """G20: a product's id may hold them, so they are handed on as they are, and mean nothing but an id."""
    assert client.get(path).status_code == 404


def test_line_breaks_in_a_path_add_no_header(base_url: str) -> None:
    """G20."""
    answer = exchange(base_url, b"GET /products/a%0d%0aX-Evil:%201 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")

    answer.assert_error(401)
    assert not answer.all_of("x-evil")


def test_an_expectation_that_nobody_knows_is_answered_at_once(base_url: str) -> None:
    """G32."""
    request = LOGIN + CLOSE + b"Expect: foo\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    exchange(base_url, request).assert_error(400, 417)


def test_an_upgrade_to_http_2_is_not_taken_up(base_url: str) -> None:
    """G30."""
    upgrade = (
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"
    )
    answer = exchange(base_url, b"GET /protected HTTP/1.1\r\n" + HOST + upgrade, seconds=1)

    answer.assert_error(401)


def test_pipelined_requests_are_answered_each_for_itself(base_url: str) -> None:
    """G33."""
    with connect(base_url) as connection:
        connection.sendall(
            b"GET /protected HTTP/1.1\r\n" + HOST + b"\r\nGET /readyz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
        )
        answer = read_answer(connection)

    first, second = answer.body.split(b"HTTP/1.1 404 ")
    assert b"Missing or invalid token" in first
    assert b"There is nothing at this address." in second
    assert answer.all_of("x-request-id")[0].encode() not in second


def test_no_answer_names_a_version_or_allows_another_origin(base_url: str) -> None:
    """G28, Q15."""
    for path in (b"/protected", b"/nothing"):
        answer = exchange(
            base_url, b"GET " + path + b" HTTP/1.1\r\nOrigin: http://evil\r\n" + HOST + CLOSE + b"\r\n"
        )
        assert answer.all_of("server") == ["nginx"]
        assert not [
            name for name, _ in answer.headers if name.startswith(("access-control", "x-powered", "via"))
        ]


def test_the_request_id_is_the_gateways_own(base_url: str) -> None:
    given = b"X-Request-ID: 0123456789abcdef0123456789abcdef\r\n"
    answer = exchange(base_url, PROTECTED + given + b"\r\n")

    (request_id,) = answer.all_of("x-request-id")
    assert len(request_id) == 32
    assert request_id != "0123456789abcdef0123456789abcdef"


def test_a_hundred_refused_bodies_leave_the_gateway_serving(base_url: str) -> None:
    """U52."""
    head = b"POST /protected HTTP/1.1\r\n" + HOST
    over_the_limit = head + b"Transfer-Encoding: chunked\r\n\r\n1e8480\r\n" + b"a" * 1_100_000
    with connect(base_url) as connection:
        for _ in range(100):
            try:
                connection.sendall(head + b"Content-Length: 2000000\r\n\r\n")
            except ConnectionError:
                break
    for _ in range(100):
        exchange(base_url, over_the_limit).assert_error(413)

    exchange(base_url, PROTECTED + b"\r\n").assert_error(401)
