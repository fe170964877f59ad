"""On SQLite, whoever wins a race between an API key's exchange and its end, no token is left that works."""

import pytest
from flask import Flask

from tests.unit.api_key_races import End, assert_nothing_is_left_but, revoke_key, take_scope_from_owner

# Each order takes its time; those of all ends are tried on MySQL, which locks row by row.
ENDS = [End(revoke_key, None), End(take_scope_from_owner, "catalog:read")]


@pytest.mark.parametrize("ending_first", [False, True], ids=["exchange interrupted", "end interrupted"])
@pytest.mark.parametrize("end", ENDS, ids=["revoked", "scope taken"])
def test_no_token_is_left_of_an_exchange_that_races_with_the_keys_end(
    app: Flask, end: End, *, ending_first: bool
) -> None:
    assert_nothing_is_left_but(app, end, ending_first=ending_first)
