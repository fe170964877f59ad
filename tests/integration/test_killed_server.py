"""A server that is killed during an upload leaves all of it or nothing; the same request finds out which."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from catalog_service.uploads import NoSuchUpload
from common.refusals import Unavailable
from tests.integration.conftest import MortalServer
from tests.unit.dying_uploads import OUTCOMES
from tests.unit.uploads_on import UploadsOn, file_of, request, uploads_on


@pytest.mark.parametrize("point", OUTCOMES)
def test_an_upload_whose_server_is_killed_is_loaded_once_by_a_second_request(
    point: str, mortal_server: MortalServer, tmp_path: Path
) -> None:
    """F09, F11 to F16."""

    def kill(reached: str) -> None:
        if reached == point:
            mortal_server.kill()

    url = mortal_server.new_schema()
    with uploads_on(url, tmp_path) as second, uploads_on(url, tmp_path, kill) as first:
        try:
            status = first.uploads.upload(request(), file_of("a", "b")).status
        except (Unavailable, DBAPIError):
            status = 503  # as `common.errors` answers both
        assert status in ((200, 503) if point == "committed" else (503,))
        mortal_server.start()

        assert state_of(second) == OUTCOMES[point]
        assert set(second.stored()) == ({"a", "b"} if point == "committed" else set())
        answer = second.uploads.upload(request(), file_of("a", "b"))
        assert (answer.status, answer.replayed) == (200, point == "committed")
        assert set(second.stored()) == {"a", "b"}
        assert len(second.uploads.page("ada", None, 9).items) == 1


def state_of(on: UploadsOn) -> object:
    """Give the state of the upload, or None if there's none."""
    try:
        return on.uploads.find("ada", "key").state
    except NoSuchUpload:
        return None
