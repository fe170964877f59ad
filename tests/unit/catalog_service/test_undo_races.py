"""An upload is undone once, however many ask for it at once, on SQLite."""

import json
from concurrent.futures import ThreadPoolExecutor

from pymysql.constants import ER
from sqlalchemy import delete, event, func, select
from sqlalchemy.exc import OperationalError

from catalog_service.models import Product, UploadPart
from catalog_service.stored_uploads import State
from catalog_service.upload_runs import NoLongerUndoable
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


def test_an_undo_whose_upload_is_pruned_on_the_way_changes_nothing(on: UploadsOn) -> None:
    """It may have read a part of what was kept."""
    an_upload_to_undo(on)
    number = on.uploads.find("ada", "key").number

    def prune(point: str) -> None:
        if point == "begun":
            with on.engine.begin() as connection:
                connection.execute(delete(UploadPart).where(UploadPart.number == number))

    on.importer.at = prune
    answer = on.uploads.undo("ada", "Ada", "key")

    assert (answer.status, json.loads(answer.body)) == (409, {"msg": NoLongerUndoable.msg})
    assert on.uploads.find("ada", "key").state is State.SUCCEEDED
    with on.engine.connect() as connection:
        assert connection.scalar(select(func.count()).where(Product.revision == number)) == 1
