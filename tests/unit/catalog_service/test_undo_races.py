"""An upload is undone once, however many ask for it at once, on SQLite."""

from concurrent.futures import ThreadPoolExecutor

from pymysql.constants import ER
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from catalog_service.stored_uploads import State
from tests.unit.undo_races import an_upload_to_undo, check_two_undos_at_once
from tests.unit.uploads_on import UploadsOn


def test_of_two_undos_at_once_the_second_is_refused(on: UploadsOn, pool: ThreadPoolExecutor) -> None:
    check_two_undos_at_once(on, pool)


def test_an_undo_whose_record_meets_a_deadlock_is_begun_again(on: UploadsOn) -> None:
    an_upload_to_undo(on)
    deadlocks = 0

    def deadlock_once(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal deadlocks
        if statement.startswith("INSERT INTO uploads") and not deadlocks:
            deadlocks += 1
            raise OperationalError(statement, {}, Exception(ER.LOCK_DEADLOCK, "Deadlock found"))

    event.listen(on.engine, "before_cursor_execute", deadlock_once)
    assert on.uploads.undo("ada", "Ada", "key").status == 200
    assert deadlocks == 1
    assert on.uploads.find("ada", "key").state is State.UNDONE
