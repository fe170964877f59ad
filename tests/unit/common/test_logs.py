"""Each request leaves one line of JSON, with an id that its sender is told."""

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from logging.config import dictConfig
from typing import Any, cast
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from common.errors import register_error_handlers
from common.logs import FLUSH_SECONDS, BatchingHandler, log_configuration, register_request_log

log = logging.getLogger("tests.of.logs")

SOON = 5
"""Seconds that a test waits for what happens at once."""


class Lines:
    """What the program wrote to standard error."""

    def __init__(self, written: StringIO) -> None:
        self.written = written

    @property
    def text(self) -> str:
        for handler in logging.getLogger().handlers:
            handler.flush()
        return self.written.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def one(self) -> dict[str, Any]:
        (line,) = self.all()
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Log as a service does, and as pytest does again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = StringIO()
    with redirect_stderr(written):
        dictConfig(log_configuration("INFO"))
    yield Lines(written)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("a_service")
    register_request_log(app)
    register_error_handlers(app)

    @app.get("/<path:name>")
    def view(name: str) -> str:
        if name == "broken":
            raise RuntimeError("first line\nsecond line")
        log.info("read %s", name)
        return name

    return app.test_client()


@pytest.mark.parametrize("given", ["0123abcd", "a" * 64, "5f3c9a1e-6d0b-4a55-9c1f-2b7e8d4c0a11"])
def test_the_gateways_request_id_is_taken_over(client: FlaskClient, given: str) -> None:
    assert client.get("/x", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    ["", "short", "a" * 65, "has blanks in it", 'quote"quote', "ünïcödé-id", "0123abcd;x", "١٢٣٤٥٦٧٨"],
)
def test_an_id_of_another_form_is_replaced(client: FlaskClient, given: str) -> None:
    answer = client.get("/x", headers={"X-Request-ID": given.encode().decode("latin-1")})
    assert str(UUID(answer.headers["X-Request-ID"])) == answer.headers["X-Request-ID"]


def test_two_requests_without_an_id_get_different_ones(client: FlaskClient) -> None:
    assert client.get("/x").headers["X-Request-ID"] != client.get("/x").headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/broken", "/x"])
def test_every_answer_has_an_id_and_forbids_sniffing(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert UUID(headers["X-Request-ID"])
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_request_leaves_one_line_that_says_how_it_ended(client: FlaskClient, lines: Lines) -> None:
    client.post("/nothing", headers={"X-Request-ID": "0123abcd"})
    line = lines.one()
    assert (line["msg"], line["status"], line["service"]) == ("POST /nothing", 405, "a_service")
    assert (line["level"], line["logger"], line["request_id"]) == ("INFO", "common.logs", "0123abcd")
    assert line["milliseconds"] >= 0
    assert line["time"]


def test_all_lines_of_a_request_have_its_id(client: FlaskClient, lines: Lines) -> None:
    client.get("/x", headers={"X-Request-ID": "0123abcd"})
    assert [(line["msg"], line["request_id"]) for line in lines.all()] == [
        ("read x", "0123abcd"),
        ("GET /x", "0123abcd"),
    ]


def test_a_line_outside_of_requests_has_no_id(lines: Lines) -> None:
    log.info("started")
    assert lines.one()["request_id"] is None


@pytest.mark.parametrize(
    ("path", "shown"), [("/a%0Ab", "GET /a\nb"), ("/%1b%5B2J", "GET /\x1b[2J"), ("/a%22,%7B", 'GET /a",{')]
)
def test_a_path_can_not_forge_a_line(client: FlaskClient, lines: Lines, path: str, shown: str) -> None:
    client.get(path)
    assert [line["msg"] for line in lines.all()][-1] == shown


def test_control_characters_are_escaped_in_the_text(client: FlaskClient, lines: Lines) -> None:
    client.post("/a%0A%1b%5B2J")
    assert lines.text.count("\n") == 1
    assert "\x1b" not in lines.text


def test_an_exception_with_its_traceback_is_one_line(client: FlaskClient, lines: Lines) -> None:
    client.get("/broken")
    first, second = lines.all()
    assert (first["level"], second["status"]) == ("CRITICAL", 500)
    assert "first line\nsecond line" in first["exc_info"]


def test_neither_the_query_nor_the_credentials_are_logged(client: FlaskClient, lines: Lines) -> None:
    client.post(
        "/login?password=hunter2", headers={"Authorization": "Bearer hunter2"}, json={"password": "hunter2"}
    )
    assert "hunter2" not in lines.text


def test_the_level_is_the_one_asked_for(client: FlaskClient, lines: Lines) -> None:
    with redirect_stderr(lines.written):
        dictConfig(log_configuration("WARNING"))
    client.get("/x")
    client.get("/broken")
    assert [line["level"] for line in lines.all()] == ["CRITICAL"]


class Stuck(StringIO):
    """Standard error that nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = threading.Event()

    def write(self, text: str, /) -> int:
        self.is_read.wait(10)
        return super().write(text)


@pytest.fixture
def handler() -> Iterator[BatchingHandler]:
    made = BatchingHandler()
    made._stream = Stuck()  # noqa: SLF001 - what the process was given
    yield made
    made._stream.is_read.set()  # noqa: SLF001
    made.flush()


def a_record(level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("x", level, __file__, 1, "said", None, None)


def test_who_logs_does_not_wait_for_the_writing(handler: BatchingHandler) -> None:
    begin = time.monotonic()
    for _ in range(20):
        handler.handle(a_record())
        time.sleep(FLUSH_SECONDS / 5)
    assert time.monotonic() - begin < 5


def test_lines_that_nobody_reads_do_not_fill_the_memory(
    handler: BatchingHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.logs.MOST_LINES", 10)
    threading.Timer(0.3, cast(Stuck, handler._stream).is_read.set).start()  # noqa: SLF001
    begin = time.monotonic()
    for _ in range(12):
        handler.handle(a_record())
    assert time.monotonic() - begin > 0.2


def test_a_warning_is_written_at_once_with_what_came_before_it() -> None:
    with redirect_stderr(StringIO()) as written:
        handler = BatchingHandler()
    handler.handle(a_record())
    assert written.getvalue() == ""
    handler.handle(a_record(logging.WARNING))
    assert written.getvalue().splitlines() == ["said"] * 2


def test_lines_are_written_without_a_thread_if_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """F42."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError

    with redirect_stderr(StringIO()) as written:
        handler = BatchingHandler()
    monkeypatch.setattr(threading.Thread, "start", refuse)
    handler.handle(a_record())
    assert written.getvalue() == "said\n"


def test_a_line_of_no_urgency_is_soon_written() -> None:
    with redirect_stderr(StringIO()) as written:
        handler = BatchingHandler()
    handler.handle(a_record())
    deadline = time.monotonic() + 5
    while not written.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_was_forked_off_writes_its_own_lines_alone() -> None:
    read, write = os.pipe()
    with redirect_stderr(StringIO()):
        handler = BatchingHandler()
    handler.handle(a_record())
    process = os.fork()
    if process == 0:
        handler._stream = os.fdopen(write, "w")  # noqa: SLF001
        handler.handle(a_record(logging.ERROR))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as written:
        assert written.read() == "said\n"
    assert os.waitpid(process, 0)[1] == 0


def test_a_process_that_is_forked_off_amid_a_line_does_not_wait_for_its_end() -> None:
    is_writing, may_end = threading.Event(), threading.Event()

    class Slow(StringIO):
        def write(self, text: str) -> int:
            is_writing.set()
            assert may_end.wait(SOON)
            return super().write(text)

    with redirect_stderr(Slow()):
        handler = BatchingHandler()
    writer = threading.Thread(target=handler.handle, args=[a_record(logging.ERROR)])
    writer.start()
    assert is_writing.wait(SOON)
    process = os.fork()
    if process == 0:
        signal.alarm(SOON)
        handler._stream = StringIO()  # noqa: SLF001
        handler.flush()
        handler.close()
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
    may_end.set()
    writer.join(SOON)


def test_a_handler_that_is_closed_leaves_no_thread_and_loses_no_line() -> None:
    with redirect_stderr(StringIO()) as written:
        handler = BatchingHandler()
    handler.handle(a_record())
    writer = handler._writer  # noqa: SLF001
    assert writer is not None
    handler.close()
    writer.join(5)
    assert not writer.is_alive()
    handler.handle(a_record())
    assert written.getvalue().splitlines() == ["said"] * 2
