"""On SQLite, whoever wins a race between what gives tokens and what ends them, none is left that works."""

import pytest
from flask import Flask

from tests.unit.session_races import (
    RACES,
    Race,
    assert_no_session_is_left,
    assert_two_tabs_both_stay_signed_in,
    race_names,
)


@pytest.mark.parametrize(
    "ending_first", [False, True], ids=["giving is interrupted", "ending is interrupted"]
)
@pytest.mark.parametrize("race", RACES, ids=race_names())
def test_no_session_is_left_of_what_races_with_its_end(app: Flask, race: Race, *, ending_first: bool) -> None:
    assert_no_session_is_left(app, race, ending_first=ending_first)


def test_two_tabs_that_refresh_at_once_both_stay_signed_in(app: Flask) -> None:
    assert_two_tabs_both_stay_signed_in(app)
