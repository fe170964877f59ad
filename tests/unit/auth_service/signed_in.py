"""People who are signed in to an app under test, and what their tokens are good for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from auth_service.issued_tokens import RecordedTokens
from auth_service.models import AuditEvent, RefreshToken, SignInSession, User, db

PASSWORD = "secret"


def is_revoked(token_id: str) -> bool:
    """Tell whether the app at hand refuses a token."""
    return RecordedTokens(db.engine).is_revoked(token_id)


class Person:
    """Somebody with an account, who signs in and out over HTTP."""

    def __init__(self, app: Flask, name: str = "ada") -> None:
        """Sign up."""
        self.app = app
        self.credentials = {"username": name, "password": PASSWORD}
        assert app.test_client().post("/signup", json=self.credentials).status_code == 201

    def sign_in(self) -> dict[str, Any]:
        """Give the tokens of a new session."""
        answer = self.app.test_client().post("/login", json=self.credentials)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def refresh(self, refresh_token: str) -> TestResponse:
        """Ask for the next tokens."""
        return self.app.test_client().post("/refresh", json={"refresh_token": refresh_token})

    def next_tokens(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """Give the next tokens."""
        answer = self.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        following: dict[str, Any] = answer.get_json()
        return following

    def call(self, path: str, tokens: dict[str, Any], method: str = "POST") -> TestResponse:
        """Send a request with an access token."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.app.test_client().open(path, method=method, headers=headers)

    def may_enter(self, tokens: dict[str, Any]) -> bool:
        """Tell whether an access token is good."""
        status = self.call("/protected", tokens, "GET").status_code
        assert status in {200, 401}
        return status == 200

    def change(self, **columns: Any) -> None:
        """Change the account's row, behind the service's back."""
        with self.app.app_context(), Session(db.engine) as session:
            name = self.credentials["username"]
            session.execute(update(User).where(User.username == name).values(**columns))
            session.commit()


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    """Read an access token's claims."""
    claims: dict[str, Any] = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return claims


def spent_ago(app: Flask, seconds: float) -> None:
    """Let all refresh tokens that were spent have been spent so many seconds ago."""
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    with app.app_context(), Session(db.engine) as session:
        spent = update(RefreshToken).where(RefreshToken.spent_at.is_not(None))
        session.execute(spent.values(spent_at=then))
        session.commit()


def expire_sessions(app: Flask, when: datetime | None = None) -> None:
    """Let all sessions end, now unless another time is given."""
    with app.app_context(), Session(db.engine) as session:
        session.execute(update(SignInSession).values(expires_at=when or datetime.now(UTC)))
        session.commit()


def stored(app: Flask, model: Any) -> list[Any]:
    """Read a table."""
    with app.app_context(), Session(db.engine) as session:
        return list(session.scalars(select(model)))


def events(app: Flask) -> list[str]:
    """Name what was done, in its order."""
    return [event.action for event in sorted(stored(app, AuditEvent), key=lambda event: event.number)]
