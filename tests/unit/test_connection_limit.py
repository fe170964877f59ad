"""MySQL takes as many connections as all pools of the replicas that are promised can hold together."""

import configparser
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import URL, CreateEnginePlugin, Pool
from sqlalchemy.dialects import plugins

from common import gunicorn_config
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.test_readme import README

CONFIGURATION = Path(__file__).parents[2] / "db" / "conf.d" / "ecommerce.cnf"
PROMISE = re.compile(
    r"MySQL takes (\d+) connections \(`db/conf\.d`\): enough for (\w+)\s+replicas of the catalog, "
    r"which hold up to (\d+) each, and (\w+) of auth with (\d+)\."
)
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}


class PoolSizes(CreateEnginePlugin):
    """Notes how many connections each new engine may hold, for URLs that name it."""

    noted: ClassVar[list[int]] = []

    def update_url(self, url: URL) -> URL:
        """Leave a URL as it is."""
        return url

    def handle_pool_kwargs(self, pool_cls: type[Pool], pool_args: dict[str, Any]) -> None:
        """Note an engine's number; it has to be given."""
        self.noted.append(pool_args["pool_size"] + pool_args["max_overflow"])


plugins.register("pool_sizes", __name__, "PoolSizes")


def most_of_a_replica(make: Callable[..., Flask], folder: Path) -> int:
    """Give the number of connections that all workers of one container may hold together."""
    PoolSizes.noted.clear()
    make(folder, database_url="mysql+pymysql://nobody@127.0.0.1/nothing?plugin=pool_sizes")
    assert PoolSizes.noted
    return sum(PoolSizes.noted) * gunicorn_config.workers


def configured() -> int:
    """Give the number that the server is told."""
    parser = configparser.ConfigParser(comment_prefixes="#", interpolation=None)
    parser.read(CONFIGURATION)
    return parser.getint("mysqld", "max_connections")


@pytest.fixture
def promise() -> tuple[int, int, int, int, int]:
    """Give the README's: connections, replicas of the catalog, each one's, those of auth, each one's."""
    found = PROMISE.search(README)
    assert found is not None
    connections, catalogs, catalogs_own, auths, auths_own = found.groups()
    return int(connections), NUMBERS[catalogs], int(catalogs_own), NUMBERS[auths], int(auths_own)


def test_a_replica_holds_no_more_connections_than_promised(
    promise: tuple[int, int, int, int, int], tmp_path: Path
) -> None:
    _, _, catalogs_own, _, auths_own = promise

    assert most_of_a_replica(make_catalog_service, tmp_path) == catalogs_own
    assert most_of_a_replica(make_auth_service, tmp_path) == auths_own


def test_the_promised_replicas_fit_into_what_mysql_takes(promise: tuple[int, int, int, int, int]) -> None:
    connections, catalogs, catalogs_own, auths, auths_own = promise

    assert configured() == connections
    assert catalogs * catalogs_own + auths * auths_own <= connections
    comment = (
        CONFIGURATION.read_text(encoding="utf-8").partition("max_connections =")[0].rpartition("\n\n")[2]
    )
    assert {catalogs_own, auths_own} <= set(map(int, re.findall(r"\d+", comment)))
