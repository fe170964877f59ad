"""Undos of one upload at once: what the tests on SQLite and on MySQL have in common."""

import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog_service.stored_uploads import State
from catalog_service.upload_runs import NotUndoable
from tests.unit.uploads_on import UploadsOn, file_of, request


def an_upload_to_undo(on: UploadsOn) -> None:
    """Upload, under the key of `request`, what can be undone."""
    on.uploads.upload(request(), file_of("a"))
    on.records.keep(on.uploads.find("ada", "key").number, "undo", [zlib.compress(b"a")])


def check_two_undos_at_once(on: UploadsOn, pool: ThreadPoolExecutor) -> None:
    """Undo an upload twice, each undo after both have found that it can be undone."""
    an_upload_to_undo(on)
    both = threading.Barrier(2, timeout=20)

    def wait_for_the_other(point: str) -> None:
        if point == "begun":
            both.wait()

    on.importer.at = wait_for_the_other
    done, refused = sorted(
        pool.map(lambda _: on.uploads.undo("ada", "Ada", "key"), range(2)), key=lambda answer: answer.status
    )

    assert (done.status, refused.status) == (200, 409)
    assert json.loads(refused.body) == {"msg": NotUndoable.msg}
    with pytest.raises(NotUndoable):
        on.uploads.undo("ada", "Ada", "key")
    states = {upload.upload_id: upload.state for upload in on.uploads.page("ada", None, 9).items}
    assert states == {
        "key": State.UNDONE,
        done.upload_id: State.SUCCEEDED,
        refused.upload_id: State.REJECTED,
    }
    with pytest.raises(NotUndoable):
        on.uploads.undo("ada", "Ada", refused.upload_id)
