"""On MySQL, API keys keep their promises whoever wins a race."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from auth_service.api_keys import MOST_API_KEYS
from tests.unit.api_key_races import ENDS, End, Program, assert_nothing_is_left_but, names_of_ends
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.session_races import Account
from tests.unit.tables import with_tables

RACERS = 8


@pytest.fixture
def app(tmp_path: Path, schema_url: str) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, database_url=schema_url)) as made:
        yield made


@pytest.mark.parametrize("ending_first", [False, True], ids=["exchange interrupted", "end interrupted"])
@pytest.mark.parametrize("end", ENDS, ids=names_of_ends())
def test_no_token_is_left_of_an_exchange_that_races_with_the_keys_end(
    app: Flask, end: End, *, ending_first: bool
) -> None:
    assert_nothing_is_left_but(app, end, ending_first=ending_first)


def test_an_account_that_makes_keys_at_once_gets_so_many_and_not_one_more(app: Flask) -> None:
    ada = Account(app, "ada")

    def make(_number: int) -> int:
        return ada.post("/api-keys", {"name": "CI"}, ada.tokens["access_token"]).status_code

    with ThreadPoolExecutor(RACERS) as pool:
        statuses = list(pool.map(make, range(MOST_API_KEYS + RACERS)))
    assert sorted(statuses) == [201] * MOST_API_KEYS + [400] * RACERS


def test_programs_that_exchange_one_key_at_once_all_get_a_token(app: Flask) -> None:
    program = Program(Account(app, "ada"))

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(lambda _number: program.exchange(), range(10 * RACERS)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["access_token"] for answer in answers}) == 10 * RACERS
