"""A service whose answer comes late, drips, or is cut off or reset on its way to the gateway."""

import json

import pytest

from tests.stack.compose import Stack
from tests.stack.raw_http import CLOSE, HOST, RawAnswer, exchange

SECONDS = 10


def ask(echo: Stack, method: str, path: str, wish: str) -> RawAnswer:
    """Ask for an answer that comes as wished."""
    head = f"{method} {path}?{wish} HTTP/1.1\r\n".encode() + HOST + CLOSE + b"Content-Length: 2\r\n\r\n{}"
    return exchange(echo.base_url, head, SECONDS)


@pytest.mark.parametrize("path", ["/protected", "/products/1"])
@pytest.mark.parametrize("wish", ["seconds=0.2", "seconds=2", "drip=0.2"])
def test_an_answer_that_is_late_or_drips_is_waited_for(echo: Stack, path: str, wish: str) -> None:
    """F36."""
    answer = ask(echo, "GET", path, wish)

    assert answer.status == 200
    assert json.loads(answer.body)["target"] == f"{path}?{wish}"


@pytest.mark.parametrize("end", ["", "&reset=1"], ids=["cut", "reset"])
@pytest.mark.parametrize("sent", [0, 1, 60])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/products/1"), ("POST", "/login"), ("POST", "/upload")]
)
def test_an_answer_of_which_not_all_headers_came_is_503(
    echo: Stack, method: str, path: str, sent: int, end: str
) -> None:
    """F36."""
    ask(echo, method, path, f"cut={sent}{end}").assert_error(503)


@pytest.mark.parametrize("end", ["", "&reset=1"], ids=["cut", "reset"])
def test_an_answer_that_is_cut_off_later_is_never_taken_for_a_whole_one(echo: Stack, end: str) -> None:
    """F36: its status is on its way by then."""
    answer = ask(echo, "GET", "/products/1", f"cut=200{end}")

    if answer.status == 200:
        assert len(answer.body) < int(answer.all_of("content-length")[0])
        assert answer.closed
    else:
        answer.assert_error(503)
