"""Abuse case L15: what the program has written down by the end of the run."""

from pathlib import Path

import pytest

from tests.contract.client import Client, User

pytestmark = pytest.mark.run_last


@pytest.fixture
def log_lines(anonymous: Client, user: User, own_data_dir: Path | None) -> list[str]:
    """Read all that the embedded program has printed, the requests made here included."""
    if own_data_dir is None:
        pytest.skip("the log of a server that this run did not start can't be read from here")
    anonymous.login("first line\nforged line of a log", "a long and wrong password")
    anonymous.with_token(user.access_token).get("/protected")
    anonymous.with_token(user.access_token + "AAAA").get("/protected")
    return (own_data_dir / "program.log").read_text().splitlines()


def test_no_password_token_or_hash_is_in_the_log(anonymous: Client, log_lines: list[str]) -> None:
    # A short one, such as "x" or a bit of SQL, stands elsewhere by chance.
    secrets = {secret for secret in anonymous.seen_secrets if len(secret) >= 16} | {"$2b$", "PRIVATE KEY"}

    assert len(secrets) > 3
    assert [line for line in log_lines for secret in secrets if secret in line] == []


def test_the_signature_of_no_token_is_in_the_log(log_lines: list[str], user: User) -> None:
    signature = user.access_token.rpartition(".")[2]

    assert [line for line in log_lines if signature in line] == []


def test_a_line_break_in_a_username_starts_no_line_of_the_log(log_lines: list[str]) -> None:
    assert [line for line in log_lines if line.startswith("forged line")] == []
