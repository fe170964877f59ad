"""How often a request asks the database: each time is a trip, and while an account is locked others wait."""

from typing import Any

from flask import Flask

from auth_service.api_keys import ApiKeys, NewApiKey
from tests.unit.auth_service.signed_in import Person, claims_of
from tests.unit.auth_service.statements import statements


def kinds(sent: list[str]) -> list[str]:
    """Give each statement's first word, in the alphabet's order."""
    return sorted(statement.split()[0] for statement in sent)


def test_a_sign_in_sends_nine_statements(app: Flask, ada: Person) -> None:
    """The network, the name, failures, rights with what is over; a lock; four new rows."""
    ada.sign_in()
    with app.app_context(), statements() as sent:
        ada.sign_in()
    assert kinds(sent) == ["INSERT"] * 4 + ["SELECT"] * 4 + ["UPDATE"]


def test_a_refresh_sends_seven_statements(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    """Its session, its account; two locks and the spent token; two new rows."""
    with app.app_context(), statements() as sent:
        ada.next_tokens(tokens)
    assert kinds(sent) == ["INSERT"] * 2 + ["SELECT"] * 2 + ["UPDATE"] * 3


def test_an_exchange_of_an_api_key_sends_six_statements(
    app: Flask, api_keys: ApiKeys, tokens: dict[str, Any]
) -> None:
    """The key, its owner and it again under the lock; the lock and its use; a new row."""
    with app.app_context():
        key, secret = api_keys.create(claims_of(tokens)["sub"], NewApiKey("import", None, 1))
    form = {"grant_type": "client_credentials", "client_id": key.id, "client_secret": secret}
    with app.app_context(), statements() as sent:
        assert app.test_client().post("/token", data=form).status_code == 200
    assert kinds(sent) == ["INSERT"] + ["SELECT"] * 3 + ["UPDATE"] * 2
