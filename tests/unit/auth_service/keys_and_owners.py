"""Accounts and their API keys, made without a password or a request."""

from datetime import UTC, datetime
from typing import Any

import jwt

from auth_service.api_keys import ApiKeys, NewApiKey
from auth_service.client_credentials import TokenRequest
from auth_service.models import User, db

CI = NewApiKey("CI", None, 90)


def make_user(name: str, scope: str = "catalog:read catalog:write") -> str:
    """Make an account and give its id."""
    user = User(username=name, username_key=name.encode(), password_hash="none", created_at=datetime.now(UTC))
    user.scope = scope
    db.session.add(user)
    db.session.commit()
    return user.id


def change(statement: Any) -> None:
    """Change the tables behind the service's back."""
    db.session.execute(statement)
    db.session.commit()


def make_key(api_keys: ApiKeys, owner: str, new: NewApiKey = CI) -> TokenRequest:
    """Make an API key and give the request that exchanges it."""
    key, secret = api_keys.create(owner, new)
    return TokenRequest(key.id, secret, None)


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims unverified."""
    return jwt.decode(token, options={"verify_signature": False})
