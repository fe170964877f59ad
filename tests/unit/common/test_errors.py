"""Every exception becomes a JSON answer that tells its reader what he may know."""

import errno
import logging
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus

import pymysql
import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from pydantic import BaseModel, ValidationError
from pymysql.err import raise_mysql_exception
from sqlalchemy import exc
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests
from werkzeug.test import TestResponse

from common.errors import MOST_PROBLEMS, SENTENCES, ValidationAnswers, register_error_handlers
from common.refusals import Refusal, Unavailable

SECRET = "password=hunter2 at SELECT * FROM users"
INTERNAL = SENTENCES[HTTPStatus.INTERNAL_SERVER_ERROR]


class Teapot(Refusal):
    """A refusal with a header of its own."""

    msg = "Short and stout."

    def headers(self) -> Mapping[str, str]:
        return {"X-Handle": "here"}


class Raiser:
    """An app whose one route raises what a test wants."""

    def __init__(self) -> None:
        self.app = Flask(__name__)
        self.error: BaseException = Refusal()
        register_error_handlers(self.app)
        self.app.post("/raise")(self.view)
        self.app.get("/needs-argument")(lambda: request.args["wanted"])

    def view(self) -> str:
        raise self.error

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def answer_to(self, error: BaseException) -> TestResponse:
        self.error = error
        return self.client.post("/raise")


@pytest.fixture
def raiser() -> Raiser:
    return Raiser()


def database_error(kind: type[exc.DBAPIError]) -> exc.DBAPIError:
    return kind("SELECT secret", {}, sqlite3.OperationalError(SECRET))


def test_a_refusal_is_answered_with_its_status_sentence_and_headers(raiser: Raiser) -> None:
    answer = raiser.answer_to(Teapot())
    assert (answer.status_code, answer.get_json()) == (400, {"msg": "Short and stout."})
    assert answer.headers["X-Handle"] == "here"


def test_what_is_unavailable_says_when_to_come_again(raiser: Raiser) -> None:
    answer = raiser.answer_to(Unavailable())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_an_address_that_is_not_there_is_answered_in_json(raiser: Raiser) -> None:
    answer = raiser.client.get("/nowhere")
    assert (answer.status_code, answer.get_json()) == (404, {"msg": "There is nothing at this address."})


def test_a_wrong_method_names_the_right_ones(raiser: Raiser) -> None:
    answer = raiser.client.delete("/raise")
    assert (answer.status_code, set(answer.get_json())) == (405, {"msg"})
    assert {method.strip() for method in answer.headers["Allow"].split(",")} == {"POST", "OPTIONS"}


def test_a_bad_request_of_flasks_own_does_not_show_flasks_text(raiser: Raiser) -> None:
    answer = raiser.client.get("/needs-argument")
    assert (answer.status_code, answer.get_json()) == (400, {"msg": "The request is not well formed."})


def test_a_body_that_is_too_large_is_answered_in_json(raiser: Raiser) -> None:
    answer = raiser.answer_to(RequestEntityTooLarge())
    assert (answer.status_code, answer.get_json()) == (413, {"msg": "The request is too large."})


def test_a_status_without_a_sentence_of_ours_is_named(raiser: Raiser) -> None:
    answer = raiser.answer_to(TooManyRequests(retry_after=7))
    assert (answer.status_code, answer.get_json()) == (429, {"msg": "Too Many Requests."})
    assert answer.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "error",
    [
        database_error(exc.OperationalError),
        database_error(exc.InterfaceError),
        exc.TimeoutError(SECRET),
    ],
    ids=["gone", "driver", "no free connection"],
)
def test_a_database_that_does_not_serve_is_503_and_not_our_fault(raiser: Raiser, error: Exception) -> None:
    answer = raiser.answer_to(error)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.get_json() == {"msg": Unavailable.msg}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (3, "Error writing file '/tmp/x' (Errno: 28 - No space left on device)"),
        (1021, "Disk full"),
        (1040, "Too many connections"),
        (1053, "Server shutdown in progress"),
        (1114, "The table is full"),
        (1205, "Lock wait timeout exceeded"),
        (1213, "Deadlock found"),
        (1290, "The server is running with --read-only"),
        (1317, "Query execution was interrupted"),
        (1836, "Running in read-only mode"),
        (2006, "MySQL server has gone away"),
        (2013, "Lost connection to MySQL server during query"),
        (3024, "Query execution was interrupted, maximum statement execution time exceeded"),
    ],
)
def test_trouble_that_mysql_reports_is_503(raiser: Raiser, code: int, message: str) -> None:
    packet = b"\xff" + code.to_bytes(2, "little") + b"#HY000" + message.encode()
    with pytest.raises(pymysql.MySQLError) as caught:
        raise_mysql_exception(packet)
    wrapped = exc.DBAPIError.instance("SELECT secret", {}, caught.value, pymysql.MySQLError)
    answer = raiser.answer_to(wrapped)
    assert (answer.status_code, answer.get_json()) == (503, {"msg": Unavailable.msg})


@pytest.mark.parametrize("kind", [exc.ProgrammingError, exc.IntegrityError, exc.DataError])
def test_a_statement_that_is_wrong_is_our_fault(raiser: Raiser, kind: type[exc.DBAPIError]) -> None:
    answer = raiser.answer_to(database_error(kind))
    assert (answer.status_code, answer.get_json()) == (500, {"msg": INTERNAL})


@pytest.mark.parametrize(
    "error", [RuntimeError(SECRET), KeyError(SECRET), RecursionError(SECRET), OSError(2, SECRET)]
)
def test_an_exception_that_nobody_foresaw_is_answered_without_its_text(
    raiser: Raiser, error: Exception
) -> None:
    answer = raiser.answer_to(error)
    assert (answer.status_code, answer.get_json()) == (500, {"msg": INTERNAL})


def test_an_exception_that_nobody_foresaw_is_logged_whole(
    raiser: Raiser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        raiser.answer_to(RuntimeError("what really happened"))
    assert "what really happened" in caplog.text
    assert "in view" in caplog.text, "the log names the place"


def test_every_sentence_is_one() -> None:
    assert [sentence for sentence in SENTENCES.values() if not sentence.endswith(".")] == []


class Order(BaseModel):
    """A body of a test."""

    size: int
    lines: list[int]


MISFIT = {"size": SECRET, "lines": [1, "x"]}


def misfit(body: object = MISFIT) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(body)
    return caught.value


def test_a_misfit_of_a_model_in_the_contract_is_answered_with_the_contracts_sentence() -> None:
    with Flask(__name__).app_context():
        answer = ValidationAnswers({"Order": "Size and lines are required"})(misfit())
    assert (answer.status_code, answer.get_json()) == (400, {"msg": "Size and lines are required"})


def test_a_misfit_in_one_field_alone_may_have_a_sentence_of_its_own() -> None:
    answers = ValidationAnswers({"Order": "Size and lines are required", "Order.lines": "Count the lines"})
    with Flask(__name__).app_context():
        alone, both, nothing = (
            answers(misfit(body)).get_json() for body in ({"size": 1, "lines": ["x", "y"]}, MISFIT, None)
        )
    assert alone == {"msg": "Count the lines"}
    assert both == nothing == {"msg": "Size and lines are required"}


def test_a_misfit_of_another_model_names_each_field_but_not_its_value() -> None:
    with Flask(__name__).app_context():
        answer = ValidationAnswers({})(misfit())
    assert answer.status_code == 400
    assert [problem["field"] for problem in answer.get_json()["errors"]] == ["size", "lines.1"]
    assert SECRET not in answer.get_data(as_text=True)


def test_a_body_of_misfits_alone_is_not_answered_with_a_hundred_times_as_much() -> None:
    with Flask(__name__).app_context():
        answer = ValidationAnswers({})(misfit({"size": 1, "lines": ["x"] * 10_000}))
    fields = [problem["field"] for problem in answer.get_json()["errors"]]
    assert fields == [f"lines.{number}" for number in range(MOST_PROBLEMS)]


def test_a_body_that_is_no_object_is_told_so_without_the_name_of_our_class() -> None:
    with Flask(__name__).app_context():
        answer = ValidationAnswers({})(misfit(None))
    assert answer.get_json()["errors"] == [{"field": "", "message": "The body is not a JSON object."}]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EMFILE, errno.EAGAIN, errno.EIO, errno.EROFS])
def test_a_system_without_room_is_503(raiser: Raiser, code: int) -> None:
    """F42, F43."""
    answer = raiser.answer_to(OSError(code, SECRET))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.get_json() == {"msg": Unavailable.msg}


def test_another_error_of_the_system_is_our_fault(raiser: Raiser) -> None:
    answer = raiser.answer_to(FileNotFoundError(errno.ENOENT, SECRET))
    assert (answer.status_code, answer.get_json()) == (500, {"msg": INTERNAL})
