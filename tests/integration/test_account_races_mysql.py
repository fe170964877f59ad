"""On MySQL, what many ask of one account at once is as if they had asked one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.unit import account_races
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

ROUNDS = 5


@pytest.fixture
def app(tmp_path: Path, schema_url: str) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, database_url=schema_url)) as made:
        yield made


def test_of_many_guesses_at_once_no_more_are_counted_than_one_after_the_other(app: Flask) -> None:
    account_races.assert_no_more_guesses_are_counted_than_one_after_the_other(app)


def test_many_right_sign_ins_at_once_with_an_outdated_hash_all_begin_a_session(app: Flask) -> None:
    account_races.assert_all_right_sign_ins_begin_a_session_while_the_hash_is_renewed(app)


def test_of_two_administrators_who_shut_each_other_out_one_is_left(app: Flask) -> None:
    for number in range(ROUNDS):
        account_races.assert_one_of_two_administrators_is_left(app, f"ada {number}", f"grace {number}")


def test_grants_at_once_add_up(app: Flask) -> None:
    account_races.assert_grants_at_once_add_up(app)


def test_what_is_spent_at_once_adds_up(app: Flask) -> None:
    account_races.assert_all_that_is_spent_is_counted(app)
