"""The bodies of `/signup`, `/login`, `/refresh`, `/protected` and the key set."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    """A username and its password."""

    model_config = ConfigDict(strict=True)

    username: str = Field(min_length=1, json_schema_extra={"example": "ada"})
    password: str = Field(min_length=1, json_schema_extra={"example": "correct horse battery staple"})


class SignIn(Credentials):
    """A username and its password, and where the refresh token shall be kept."""

    session: Literal["body", "cookie"] = Field(
        default="body",
        description="With `cookie` the refresh token is a cookie for `/refresh`, not in the answer's body.",
    )


class RefreshRequest(BaseModel):
    """A refresh token, to be spent; without one it is the cookie's."""

    model_config = ConfigDict(strict=True)

    refresh_token: str = Field(
        default_factory=str, min_length=1, json_schema_extra={"example": "kq3Zr0-a-refresh-token"}
    )


class SessionTokens(BaseModel):
    """What a sign-in and each refresh give (RFC 6749, section 5.1)."""

    access_token: str = Field(json_schema_extra={"example": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI1ZiJ9.c2lnbmVk"})
    refresh_token: str = Field(
        default_factory=str,
        description="Not there if a cookie keeps it.",
        json_schema_extra={"example": "kq3Zr0-a-refresh-token"},
    )
    token_type: Literal["Bearer"]
    expires_in: int = Field(json_schema_extra={"example": 900})


class Identity(BaseModel):
    """Who a token belongs to."""

    logged_in_as: str = Field(json_schema_extra={"example": "ada"})


class JsonWebKey(BaseModel):
    """A public key (RFC 7517, section 4; RFC 7518, section 6.3.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "kid": "2026-11",
                "n": "sXchDaQ",
                "e": "AQAB",
            }
        }
    )

    kty: str
    use: str
    alg: str
    kid: str
    n: str
    e: str


class JsonWebKeySet(BaseModel):
    """The keys that may have signed a valid token (RFC 7517, section 5)."""

    keys: list[JsonWebKey]
