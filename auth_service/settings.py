"""The auth service's configuration."""

from pathlib import Path

from pydantic import Field

from common.settings import ServiceSettings


class AuthSettings(ServiceSettings):
    """What the auth service reads from its environment."""

    signing_key_passphrase_file: Path
    """File with the passphrase under which private keys are stored in the database."""
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """log2 of bcrypt's iterations; OWASP's least for new systems is 10."""
    key_publish_ahead_seconds: int = Field(default=120, ge=0)
    """How long a new key is published before it signs; longer than verifiers keep their key set."""
