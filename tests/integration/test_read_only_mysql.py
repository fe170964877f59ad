"""What can be said of uploads while the server takes no changes."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from catalog_service.stored_uploads import State
from tests.unit.dying_uploads import process_stopped_at
from tests.unit.uploads_on import uploads_on


def set_read_only(engine: Engine, *statements: str) -> None:
    """Change what the server takes."""
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(f"SET GLOBAL {statement}"))


@pytest.mark.parametrize(("point", "state"), [("loading", State.INTERRUPTED), ("committed", State.SUCCEEDED)])
def test_an_upload_whose_process_was_killed_is_known_on_a_read_only_server(
    schema_url: str, tmp_path: Path, point: str, state: State
) -> None:
    """F24: the lock that tells a COMMIT on its way is refused there."""
    with uploads_on(schema_url, tmp_path) as on:
        with process_stopped_at(point, schema_url, tmp_path):
            pass
        while on.uploads.find("ada", "key").state is State.RUNNING:
            pass
        set_read_only(on.engine, "super_read_only = 1")
        try:
            known = on.uploads.find("ada", "key").state
            listed = [upload.state for upload in on.uploads.page("ada", None, 9).items]
        finally:
            set_read_only(on.engine, "super_read_only = 0", "read_only = 0")

    assert (known, listed) == (state, [state])
