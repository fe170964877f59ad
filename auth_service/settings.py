"""The auth service's configuration."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.scopes import Scope, scope_claim, scopes_in
from common.settings import ServiceSettings


def _harmless_scopes(text: str) -> str:
    """Put scopes into their one form. Raises ValueError for an unknown one, and for the administrator's."""
    scopes = scopes_in(text)
    if Scope.USERS_ADMIN in scopes:
        raise ValueError(f"{Scope.USERS_ADMIN} is granted to one account at a time")
    return scope_claim(scopes)


class AuthSettings(ServiceSettings):
    """What the auth service reads from its environment."""

    # What is read once an account's row is locked must be what stands there then (see `account_locks`).
    isolation_level = "READ COMMITTED"
    signing_key_passphrase_file: Path
    """File with the passphrase under which private keys are stored in the database."""
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """log2 of bcrypt's iterations; OWASP's least for new systems is 10."""
    refresh_token_days: int = Field(default=30, ge=1, le=400)
    """How long after its sign-in a session ends by itself."""
    key_publish_ahead_seconds: int = Field(default=120, ge=0, le=7 * 24 * 3600)
    """How long a new key is published before it signs; longer than verifiers keep their key set."""
    signing_key_days: int = Field(default=90, ge=0, le=3650)
    """How long a key signs before it gets a successor by itself; 0 for ever."""
    signup: Literal["open", "closed"] = "open"
    """Whether anybody may make an account, or administrators alone."""
    default_scopes: Annotated[str, AfterValidator(_harmless_scopes)] = "catalog:read catalog:write"
    """What a new account may do."""
    password_policy: Literal["none", "nist"] = "none"  # noqa: S105 - no password
    """`nist` asks of new passwords what NIST SP 800-63B-4, section 3.1.1.2, does."""
    signups_per_address: int = Field(default=50, ge=0)
    """How many accounts one address may make at once; 0 for any number."""
    wrong_passwords_per_address: int = Field(default=100, ge=0)
    """How many wrong passwords may come from one address in a row; 0 for any number."""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    """How many proxies before the service each add the address that they were called from.

    The nearest also says by which scheme.
    """
    audit_days: int = Field(default=365, ge=1, le=36_500)
    """How long an event of the audit log is kept."""
