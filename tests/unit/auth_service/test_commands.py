"""What an operator does to the keys."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from auth_service.signing_keys import SigningKeys

Rotate = Callable[..., Result]


@pytest.fixture
def rotate(app: Flask) -> Rotate:
    return lambda *options: app.test_cli_runner().invoke(args=["rotate", *options])


@pytest.fixture
def keys(app: Flask) -> SigningKeys:
    made: SigningKeys = app.extensions["signing_keys"]
    with app.app_context():
        made.current()
    return made


def test_rotating_publishes_a_new_key_that_does_not_sign_yet(
    app: Flask, rotate: Rotate, keys: SigningKeys
) -> None:
    with app.app_context():
        old, _ = keys.current()
        result = rotate()
        (new,) = set(keys.published()) - {old}
        assert (result.exit_code, result.output) == (0, f"The new signing key is {new}.\n")
        assert keys.current()[0] == old


def test_rotating_now_makes_a_key_that_signs_at_once(app: Flask, rotate: Rotate, keys: SigningKeys) -> None:
    result = rotate("--now")
    with app.app_context():
        assert (result.exit_code, result.output) == (0, f"The new signing key is {keys.current()[0]}.\n")


@pytest.mark.usefixtures("keys")
def test_rotating_again_too_soon_is_refused_with_the_reason(rotate: Rotate) -> None:
    assert rotate().exit_code == 0
    result = rotate()
    assert result.exit_code == 1
    assert result.output == "Error: A new key waits already for its turn to sign.\n"


def test_no_private_key_and_no_passphrase_is_printed(rotate: Rotate) -> None:
    output = rotate("--now").output
    assert "PRIVATE" not in output
    assert "passphrase of the tests" not in output
