"""A SQLite database whose n-th call fails, as a disk or a network would make it fail."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event


class Faults:
    """Counts the calls of the driver and lets one of them fail."""

    def __init__(self, engine: Engine) -> None:
        """Watch an engine; no call fails until it's said which."""
        self.failing: int | None = None
        self.calls = 0
        faults = self

        class Cursor(sqlite3.Cursor):
            def execute(self, *arguments: Any) -> "Cursor":
                faults.count()
                super().execute(*arguments)
                return self

        class Connection(sqlite3.Connection):
            def cursor(self, *_factory: Any) -> Any:
                return super().cursor(Cursor)

            def commit(self) -> None:
                faults.count()
                super().commit()

        def connect(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
            faults.count()
            options["factory"] = Connection

        self.engine = engine
        event.listen(engine, "do_connect", connect)
        engine.dispose()

    def count(self) -> None:
        """Note one call. Raises sqlite3.OperationalError if it's the one that fails."""
        self.calls += 1
        if self.calls == self.failing:
            raise sqlite3.OperationalError("disk I/O error at SELECT secret")

    def fail_at(self, number: int | None) -> None:
        """Let the call with this number fail, from 1 and from a new connection on; None lets all work."""
        self.engine.dispose()
        self.calls, self.failing = 0, number

    @property
    def struck(self) -> bool:
        """Whether the call that was to fail was made."""
        return self.failing is not None and self.calls >= self.failing
