"""Options and marks that every kind of test shares."""

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line say which server the black-box tests talk to."""
    parser.addoption(
        "--base-url",
        default=os.environ.get("BASE_URL"),
        help="address of a running server for tests/contract, such as http://127.0.0.1:8080 "
        "(default: $BASE_URL; without either the tests start the embedded program themselves)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marks, so that a misspelt one is an error and not a silent pass."""
    config.addinivalue_line("markers", "gateway(reason): only nginx promises this; skipped without it")
    config.addinivalue_line("markers", "run_last: disturbs or sums up the others, so it comes after them")
    config.addinivalue_line("markers", "own_program: starts embedded programs, whatever server is under test")
