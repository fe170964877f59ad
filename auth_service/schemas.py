"""The bodies that the auth service reads and writes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """A username and its password."""

    model_config = ConfigDict(strict=True)

    username: str = Field(min_length=1, examples=["ada"])
    password: str = Field(min_length=1, examples=["correct horse battery staple"])


class Message(BaseModel):
    """A sentence about what happened."""

    msg: str


class RefreshRequest(BaseModel):
    """A refresh token, to be spent."""

    model_config = ConfigDict(strict=True)

    refresh_token: str = Field(min_length=1)


class SessionTokens(BaseModel):
    """What a sign-in and each refresh give (RFC 6749, section 5.1)."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(examples=[900])


class Identity(BaseModel):
    """Who a token belongs to."""

    logged_in_as: str


class JsonWebKey(BaseModel):
    """A public key (RFC 7517, section 4; RFC 7518, section 6.3.1)."""

    kty: str
    use: str
    alg: str
    kid: str
    n: str
    e: str


class JsonWebKeySet(BaseModel):
    """The keys that may have signed a valid token (RFC 7517, section 5)."""

    keys: list[JsonWebKey]
