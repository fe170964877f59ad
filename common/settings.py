"""The settings that both services share, read from the environment once, when a program starts."""

import sys
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from common.database import IsolationLevel


def _readable_url(url: str) -> str:
    """Raise ValueError, which pydantic names the variable for, if SQLAlchemy can't read a URL."""
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("not a database URL such as mysql+pymysql://user:password@host:port/name") from None
    return url


DatabaseUrl = Annotated[str, AfterValidator(_readable_url)]
"""SQLAlchemy URL, as `mysql+pymysql://user:password@host:port/database` or `sqlite:////path/to/file`."""


LEAST_THREADS = 16
"""Of a worker: loading uploads, or hashing passwords, may take twelve, and others must always find one."""


class EnvironmentSettings(BaseSettings):
    """A typed, frozen object of variables from the environment; one that is empty counts as not set."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    @classmethod
    def from_environment(cls, **given: Any) -> Self:
        """Read what is not `given`, or name every missing or bad variable at once and refuse to start.

        Raises SystemExit.
        """
        try:
            return cls(**given)
        except ValidationError as error:
            problems = "\n".join(
                f"  {'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
                for problem in error.errors()
            )
            sys.exit(f"The program can't start, these environment variables are missing or bad:\n{problems}")


class ServerSettings(EnvironmentSettings):
    """How gunicorn runs a service."""

    web_workers: int = Field(default=2, gt=0)
    """How many worker processes there are."""
    web_threads: int = Field(default=16, ge=LEAST_THREADS)
    """How many threads each has."""
    graceful_seconds: int = Field(default=30, gt=0)
    """How long requests may go on after an order to stop."""


class ServiceSettings(EnvironmentSettings):
    """One object for a service's whole configuration; a service adds its own fields."""

    isolation_level: ClassVar[IsolationLevel] = None
    """What the service's code relies on, and so not for the environment to say."""
    database_url: DatabaseUrl
    database_password_file: Path | None = None
    """File that holds the database password, so that neither the URL nor the environment does."""
    database_pool_size: int = Field(default=10, gt=0)
    jwt_issuer: str = "auth_service"
    """The `iss` claim (RFC 7519, section 4.1.1) that tokens carry and must carry."""
    jwt_audience: str = "ecommerce"
    """The `aud` claim (RFC 7519, section 4.1.3); one for each environment keeps their tokens apart."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def sqlalchemy_url(self) -> URL:
        """Give the database's URL with the password from its file, where one is named.

        Raises SystemExit if the file can't be read.
        """
        url = make_url(self.database_url)
        if self.database_password_file is None:
            return url
        return url.set(password=read_secret(self.database_password_file))


def read_secret(path: Path) -> str:
    """Read a secret from its file, without the line break that editors add.

    Raises SystemExit, naming the file, if it can't be read or is empty.
    """
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        # A decoding error quotes the bytes.
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        sys.exit(f"The service can't start, the secret in {path} can't be read: {reason}")
    if not secret.strip():
        sys.exit(f"The service can't start, the secret in {path} is empty.")
    return secret
