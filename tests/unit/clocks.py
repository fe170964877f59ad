"""Clocks of the services that are wrong."""

import sys
from collections.abc import Callable
from datetime import datetime, tzinfo

import pytest
from flask import Flask

Clock = Callable[[], float]
"""Gives the seconds since 1970."""


def set_clock(app: Flask, package: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a service, the app of this package, read the time from this clock, until the test ends."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(clock(), tz)

    for name, module in [*sys.modules.items()]:
        if name.startswith(f"{package}.") and vars(module).get("datetime") is datetime:
            monkeypatch.setattr(module, "datetime", Wrong)
    app.extensions["token_verifier"].clock = clock
