"""The bodies that the auth service reads and writes."""

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """A username and its password."""

    model_config = ConfigDict(strict=True)

    username: str = Field(min_length=1, examples=["ada"])
    password: str = Field(min_length=1, examples=["correct horse battery staple"])


class Message(BaseModel):
    """A sentence about what happened."""

    msg: str


class Token(BaseModel):
    """What a sign-in gives."""

    access_token: str


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
