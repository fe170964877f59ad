"""How often a request asks the database: each time is a trip, and while an account is locked others wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from auth_service.api_keys import ApiKeys, NewApiKey
from auth_service.models import db
from tests.unit.auth_service.signed_in import Person, claims_of


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Note the statements that the app sends meanwhile, each by its first word.

    But for those of the keys, which are read again after some seconds.
    """
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        if "signing_keys" not in arguments[2]:
            sent.append(arguments[2].split()[0])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_sign_in_sends_ten_statements(app: Flask, ada: Person) -> None:
    """The network, the name, failures, rights with what is over, expired tokens; a lock; four new rows."""
    ada.sign_in()
    with statements(app) as sent:
        ada.sign_in()
    assert sorted(sent) == ["INSERT"] * 4 + ["SELECT"] * 5 + ["UPDATE"]


def test_a_refresh_sends_eight_statements(app: Flask, ada: Person, tokens: dict[str, Any]) -> None:
    """Its session, its account, expired tokens; two locks and the spent token; two new rows."""
    with statements(app) as sent:
        ada.next_tokens(tokens)
    assert sorted(sent) == ["INSERT"] * 2 + ["SELECT"] * 3 + ["UPDATE"] * 3


def test_an_exchange_of_an_api_key_sends_seven_statements(
    app: Flask, api_keys: ApiKeys, tokens: dict[str, Any]
) -> None:
    """The key, its owner and it again under the lock, expired tokens; the lock and its use; a new row."""
    with app.app_context():
        key, secret = api_keys.create(claims_of(tokens)["sub"], NewApiKey("import", None, 1))
    form = {"grant_type": "client_credentials", "client_id": key.id, "client_secret": secret}
    with statements(app) as sent:
        assert app.test_client().post("/token", data=form).status_code == 200
    assert sorted(sent) == ["INSERT"] + ["SELECT"] * 4 + ["UPDATE"] * 2
