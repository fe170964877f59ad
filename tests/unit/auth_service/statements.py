"""What the auth service asks of its database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from auth_service.models import db
from auth_service.reads import reading


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note the statements that the app in hand sends meanwhile.

    But for those of the keys, which are read again after some seconds.
    """
    sent: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if "signing_keys" not in statement:
            sent.append(statement)

    engines = db.engine, reading().get_bind()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
