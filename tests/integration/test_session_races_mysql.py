"""On MySQL, whoever wins a race between what gives tokens and what ends them, none is left that works."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.session_races import (
    RACES,
    Account,
    Race,
    assert_no_session_is_left,
    assert_two_tabs_both_stay_signed_in,
    race_names,
    refresh,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from tests.unit.tables import with_tables

PEOPLE = 8
ROUNDS = 20


@pytest.fixture
def app(tmp_path: Path, schema_url: str) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, database_url=schema_url)) as made:
        yield made


@pytest.mark.parametrize("ending_first", [False, True], ids=["giving interrupted", "ending interrupted"])
@pytest.mark.parametrize("race", RACES, ids=race_names())
def test_no_session_is_left_of_what_races_with_its_end(app: Flask, race: Race, *, ending_first: bool) -> None:
    assert_no_session_is_left(app, race, ending_first=ending_first)


def test_two_tabs_that_refresh_at_once_both_stay_signed_in(app: Flask) -> None:
    assert_two_tabs_both_stay_signed_in(app)


def test_people_who_sign_in_and_out_at_once_do_not_refuse_each_other(app: Flask) -> None:
    accounts = [Account(app, f"person {number}") for number in range(PEOPLE)]

    def come_and_go(account: Account) -> set[int]:
        statuses = set()
        for _ in range(ROUNDS):
            one, other = sign_in(account), sign_in(account)
            account.tokens, account.others_tokens = one.get_json(), other.get_json()
            done = [one, other, refresh(account), sign_out(account), sign_out_everywhere(account)]
            statuses |= {answer.status_code for answer in done}
        return statuses

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert set().union(*pool.map(come_and_go, accounts)) == {200}


def test_one_persons_ends_of_sessions_do_not_wait_for_each_other_in_a_circle(app: Flask) -> None:
    account = Account(app, "ada")
    with ThreadPoolExecutor(2 * PEOPLE) as pool:
        for _ in range(5):
            tokens = [sign_in(account).get_json()["access_token"] for _ in range(2 * PEOPLE)]
            paths = ["/logout", "/logout/all"] * PEOPLE
            answers = pool.map(lambda path, token: account.post(path, token=token), paths, tokens)
            assert {answer.status_code for answer in answers} <= {200, 401}
