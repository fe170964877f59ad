"""A process that is killed while the engine itself loads a file leaves all of it, or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.models import Base
from catalog_service.stored_uploads import State
from tests.integration.ingest.staged_uploads import ROWS, EngineUploads, a_file
from tests.unit.dying_uploads import process_stopped_at, state_after_death
from tests.unit.uploads_on import request

OUTCOMES = {
    "checking": State.INTERRUPTED,
    "comparing": State.INTERRUPTED,
    "loading": State.INTERRUPTED,
    "completed": State.INTERRUPTED,
    "committed": State.SUCCEEDED,
}


@pytest.fixture
def on(schema_url: str, tmp_path: Path) -> Iterator[EngineUploads]:
    made = EngineUploads(schema_url, tmp_path)
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.mark.parametrize("point", OUTCOMES)
def test_a_killed_process_leaves_its_upload_whole_or_not_at_all(
    point: str, on: EngineUploads, schema_url: str, tmp_path: Path
) -> None:
    """F01, F03 to F08: each row was there before, and is changed."""
    on.uploads.upload(request("first"), a_file(1))
    first = on.records.newest("ada", None, 1)[0].number
    assert set(on.stored().values()) == {first}

    with process_stopped_at(
        point, schema_url, tmp_path, "tests.integration.ingest.staged_uploads"
    ) as process:
        process.kill()
        process.wait()
    outcome = state_after_death(on)

    assert outcome is OUTCOMES[point]
    second = on.records.newest("ada", None, 1)[0].number
    assert set(on.stored().values()) == {second if outcome is State.SUCCEEDED else first}

    again = on.uploads.upload(request(), a_file(2))

    assert (again.status, again.replayed) == (200, outcome is State.SUCCEEDED)
    last = on.records.newest("ada", None, 1)[0].number
    assert list(on.stored().values()) == [last] * ROWS
