"""On MySQL the migrations keep what the first version stored."""

from pathlib import Path

from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.earlier_accounts import assert_accounts_of_the_first_version_stay_usable


def test_accounts_of_the_first_version_stay_usable(tmp_path: Path, schema_url: str) -> None:
    assert_accounts_of_the_first_version_stay_usable(
        lambda: make_auth_service(tmp_path, database_url=schema_url)
    )
