"""The catalog service's configuration."""

from pathlib import Path
from urllib.parse import urljoin

from pydantic import Field, HttpUrl

from catalog_service.ingest.mysql_store import ATTEMPTS
from common.internal_paths import REVOKED_TOKENS_PATH
from common.settings import ServiceSettings

MOST_UPLOADS_AT_ONCE = 8
"""With those that wait for it, fewer than the threads of a worker, so that reads always find one."""


class CatalogSettings(ServiceSettings):
    """What the catalog service reads from its environment."""

    jwks_url: HttpUrl
    """Where the auth service publishes its public keys (RFC 7517)."""
    jwks_refresh_seconds: float = Field(default=60, gt=0)
    """How old the key set may grow before it is fetched again."""
    jwks_stale_seconds: float = Field(default=3600, gt=0)
    """How long the last key set serves on while the auth service can't be reached."""
    jwks_cooldown_seconds: float = Field(default=30, gt=0)
    """The least time between two fetches that unknown key ids cause."""
    revoked_tokens_url: HttpUrl | None = None
    """Where the auth service lists the tokens that it has revoked; by default beside JWKS_URL."""
    revoked_tokens_refresh_seconds: float = Field(default=2, gt=0)
    """How often the list is fetched, and so about how long after a sign-out a token may still be accepted."""
    revoked_tokens_stale_seconds: float = Field(default=900, gt=0)
    """How long the last list serves on while the auth service can't be reached; tokens live no longer."""
    spool_dir: Path
    """Folder on a disk for the files that are being uploaded."""
    upload_max_bytes: int = Field(default=1024**3, gt=0)
    """The largest file that is accepted, and the most that a compressed one may unpack to."""
    upload_seconds: int = Field(default=840, ge=ATTEMPTS)
    """The longest that one file may take to be checked and loaded; each attempt gets its part of that."""
    uploads_at_once: int = Field(default=4, gt=0, le=MOST_UPLOADS_AT_ONCE)
    """How many uploads one worker process loads at the same time; more are asked to come again."""
    upload_records_kept_days: int = Field(default=30, gt=0)
    """How long the rejected rows of an upload, and what undoing it needs, are kept."""

    def revoked_tokens_address(self) -> str:
        """Give the address of the list of revoked tokens."""
        return str(self.revoked_tokens_url or urljoin(str(self.jwks_url), REVOKED_TOKENS_PATH))
