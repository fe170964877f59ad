"""One effect for each idempotency key, whatever crashes, on SQLite."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from catalog_service.catalog_version import NEVER_CHANGED, version_in
from catalog_service.ingest.failures import OutcomeUnknown, StoreBusy
from catalog_service.ingest.options import Mode, Options
from catalog_service.stored_uploads import State
from catalog_service.uploads import (
    WAITING,
    KeyUsedOtherwise,
    StillRunning,
)
from common.refusals import Unavailable
from tests.unit.dying_uploads import OUTCOMES, check_an_upload_that_is_killed, process_stopped_at
from tests.unit.uploads_on import Gate, UploadsOn, file_of, raising, request, uploads_on

UPLOADED = '{"msg":"Data uploaded successfully"}'


def test_an_upload_is_answered_and_kept_account_of(on: UploadsOn) -> None:
    answer = on.uploads.upload(request(key=None), file_of("a", "b"))
    upload = on.uploads.find("ada", answer.upload_id)
    assert (answer.status, answer.body, answer.replayed) == (200, UPLOADED, False)
    assert (upload.state, upload.created, upload.updated, upload.unchanged) == (State.SUCCEEDED, 2, 0, 0)
    assert (upload.rejected, upload.rows_read, upload.bytes, upload.bytes_read) == (0, 2, 4, 4)
    assert upload.sha256 == hashlib.sha256(b"a\nb\n").hexdigest()
    assert on.stored() == {"a": upload.number, "b": upload.number}


def test_the_same_file_under_the_same_key_is_loaded_once_and_answered_the_same(on: UploadsOn) -> None:
    first, second = (on.uploads.upload(request(), file_of("a")) for _ in range(2))
    assert second == first._replace(replayed=True)
    assert on.importer.loads == 1


def test_a_claim_whose_file_can_not_be_removed_is_given_up_all_the_same(
    on: UploadsOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the upload that it was for is answered."""

    def refuse(_path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        assert on.uploads.upload(request(), file_of("a")).status == 200
    assert not on.claims.is_taken(on.uploads.find("ada", "key").number)


def test_an_upload_begins_a_new_version_of_the_products_if_it_changes_any(on: UploadsOn) -> None:
    def version() -> str:
        with on.engine.connect() as connection:
            return version_in(connection)

    for product_id, options in (("", Options()), ("a", Options(dry_run=True))):
        on.uploads.upload(request(key=None, options=options), file_of(*product_id))
        assert version() == NEVER_CHANGED
    versions = {NEVER_CHANGED}
    for _ in range(2):
        on.uploads.upload(request(key=None), file_of("a"))
        versions.add(version())
    assert len(versions) == 3


def test_without_a_key_the_same_file_is_another_upload(on: UploadsOn) -> None:
    first = on.uploads.upload(request(key=None), file_of())
    second = on.uploads.upload(request(key=None), file_of())
    assert first.upload_id != second.upload_id
    assert on.importer.loads == 2


@pytest.mark.parametrize(
    ("again", "content"), [(request(), "b"), (request(options=Options(mode=Mode.INSERT)), "a")]
)
def test_another_file_or_other_options_under_a_key_are_refused(
    on: UploadsOn, again: Any, content: str
) -> None:
    on.uploads.upload(request(), file_of("a"))
    with pytest.raises(KeyUsedOtherwise):
        on.uploads.upload(again, file_of(content))
    assert set(on.stored()) == {"a"}


def test_two_users_keys_are_strangers(on: UploadsOn) -> None:
    on.uploads.upload(request(owner="ada"), file_of("a"))
    assert not on.uploads.upload(request(owner="bob"), file_of("b")).replayed
    assert len(on.uploads.page("bob", None, 9).items) == 1


def test_two_at_once_under_one_key_load_once_and_get_one_answer(
    on: UploadsOn, pool: ThreadPoolExecutor
) -> None:
    barrier = threading.Barrier(4)

    def send(_: int) -> Any:
        barrier.wait()
        return on.uploads.upload(request(), file_of("a", "b"))

    # One runs, as many as may wait do, and who is beyond is told to come again.
    answers = list(pool.map(lambda number: outcome_of(lambda: send(number)), range(4)))
    answered = [each for each in answers if not isinstance(each, StillRunning)]
    assert on.importer.loads == 1
    assert len(answered) > WAITING
    assert [each.replayed for each in answered].count(False) == 1
    assert {each.body for each in answered} == {UPLOADED}


def outcome_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except StillRunning as error:
        return error


def test_a_request_waits_for_the_running_upload_of_its_key(on: UploadsOn, pool: ThreadPoolExecutor) -> None:
    on.importer.at = gate = Gate()
    first = pool.submit(on.uploads.upload, request(), file_of("a"))
    assert gate.reached.wait(20)
    second = pool.submit(on.uploads.upload, request(), file_of("a"))
    gate.opened.set()
    assert second.result(20) == first.result(20)._replace(replayed=True)
    assert on.importer.loads == 1


def test_a_request_does_not_wait_for_ever(
    on: UploadsOn, another: UploadsOn, pool: ThreadPoolExecutor
) -> None:
    on.importer.at = gate = Gate()
    first = pool.submit(on.uploads.upload, request(), file_of("a"))
    assert gate.reached.wait(20)
    with pytest.raises(StillRunning) as refusal:
        another.uploads.upload(request(), file_of("a"))
    assert refusal.value.headers()["Retry-After"]
    with pytest.raises(KeyUsedOtherwise):
        another.uploads.upload(request(), file_of("b"))
    gate.opened.set()
    assert first.result(20).status == 200


@pytest.mark.parametrize(
    ("error", "status"), [(StoreBusy(), 503), (Unavailable(), 503), (OutcomeUnknown(), 503)]
)
def test_an_upload_that_could_not_be_served_is_run_anew(on: UploadsOn, error: Exception, status: int) -> None:
    on.importer.at = raising(error)
    failed = on.uploads.upload(request(), file_of("a"))
    before = on.uploads.find("ada", "key")
    assert (failed.status, before.state, on.stored()) == (status, State.FAILED, {})

    on.importer.at = lambda _: None
    assert on.uploads.upload(request(), file_of("a")) == (failed.upload_id, 200, UPLOADED, False)
    after = on.uploads.find("ada", "key")
    assert after.number > before.number
    assert len(on.uploads.page("ada", None, 9).items) == 1


def test_a_commit_that_was_done_but_not_acknowledged_is_a_success(on: UploadsOn) -> None:
    on.importer.at = raising(OutcomeUnknown(), "committed")
    answer = on.uploads.upload(request(), file_of("a"))
    assert (answer.status, answer.body) == (200, UPLOADED)
    assert set(on.stored()) == {"a"}


def test_a_commit_that_was_not_done_is_no_longer_unknown(on: UploadsOn) -> None:
    on.importer.at = raising(OutcomeUnknown(), "completed")
    answer = on.uploads.upload(request(), file_of("a"))
    assert answer.status == 503
    assert "nothing was loaded" in answer.body
    assert on.stored() == {}


def test_a_fault_of_ours_leaves_an_upload_that_can_be_sent_again(on: UploadsOn) -> None:
    on.importer.at = raising(ZeroDivisionError(), "loading")
    with pytest.raises(ZeroDivisionError):
        on.uploads.upload(request(), file_of("a"))
    assert on.uploads.find("ada", "key").state is State.FAILED
    on.importer.at = lambda _: None
    assert on.uploads.upload(request(), file_of("a")).status == 200


def test_a_run_whose_upload_was_begun_anew_loads_nothing(
    on: UploadsOn, another: UploadsOn, tmp_path: Path
) -> None:
    """As after a lost lock: the process lives, but others take it for dead."""

    def lose_claim(point: str) -> None:
        if point == "begun":
            for lock in tmp_path.glob("*.lock"):
                lock.unlink()
            assert another.uploads.upload(request(), file_of("a")).status == 200

    on.importer.at = lose_claim
    answer = on.uploads.upload(request(), file_of("a"))
    assert (answer.status, answer.replayed) == (503, False)
    upload = on.uploads.find("ada", "key")
    assert upload.state is State.SUCCEEDED
    assert on.stored() == {"a": upload.number}


@pytest.mark.parametrize("point", OUTCOMES)
def test_an_upload_whose_process_is_killed_is_loaded_once_by_a_second_request(
    point: str, on: UploadsOn, url: str, tmp_path: Path
) -> None:
    """F01, F03 to F08: after the claim, before the load, in it, before COMMIT, and before the answer."""
    check_an_upload_that_is_killed(on, url, tmp_path, point, OUTCOMES[point])


def test_claims_leave_no_files_behind_not_even_those_of_the_dead(
    on: UploadsOn, url: str, tmp_path: Path
) -> None:
    with process_stopped_at("begun", url, tmp_path):
        assert len(list(tmp_path.glob("*.lock"))) == 1
    on.uploads.upload(request(), file_of("a", "b"))
    assert list(tmp_path.glob("*.lock")) == []


def test_whatever_statement_fails_a_second_request_loads_once(tmp_path: Path) -> None:
    """F28."""
    for failing in range(1, 40):
        folder = tmp_path / str(failing)
        folder.mkdir()
        with uploads_on(f"sqlite:///{folder}/catalog.db", folder) as on:
            failed = fail_at(on, failing)
            state = on.uploads.page("ada", None, 9).items
            assert [each.state for each in state] in (
                [],
                [State.INTERRUPTED],
                [State.FAILED],
                [State.SUCCEEDED],
            )
            loaded = set(on.stored())
            assert loaded == ({"a"} if state and state[0].state is State.SUCCEEDED else set())
            assert on.uploads.upload(request(), file_of("a")).status == 200
            assert set(on.stored()) == {"a"}
        if not failed:
            break
    assert 5 < failing < 39


def fail_at(on: UploadsOn, number: int) -> bool:
    """Upload with the statement of this number failing; tell whether there was one."""
    seen = 0

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise OperationalError(statement, {}, Exception("gone"))

    event.listen(on.engine, "before_cursor_execute", count)
    try:
        on.uploads.upload(request(), file_of("a"))
    except OperationalError:
        pass
    finally:
        event.remove(on.engine, "before_cursor_execute", count)
    return seen >= number
