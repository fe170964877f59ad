"""Files as large as one may be are loaded over HTTP, and larger ones are 413."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from catalog_service.ingest.limits import MIB, Limits
from tests.contract.products import raw_csv, raw_row
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.signing import claims, sign
from tests.unit.tables import with_tables

ROWS = 3
LARGEST = raw_csv(*(raw_row(f"SKU-{number}") for number in range(ROWS)))
SEND_HEADERS = {"Authorization": f"Bearer {sign(claims(scope='catalog:read catalog:write'))}"}

Send = Callable[[bytes], TestResponse]


@pytest.fixture(params=["rows", "bytes"])
def send(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Send]:
    """Upload to a catalog whose limit of rows, or of bytes, is what LARGEST has."""
    if request.param == "rows":
        # No setting leads to it: with the true one a test would take an hour.
        monkeypatch.setattr("catalog_service.app.Limits", partial(Limits, rows=ROWS))
    most = len(LARGEST) if request.param == "bytes" else MIB
    with with_tables(make_catalog_service(tmp_path, upload_max_bytes=most)) as app:
        client = app.test_client()
        yield lambda content: client.post(
            "/upload", data={"file": (BytesIO(content), "products.csv")}, headers=SEND_HEADERS
        )


def test_a_file_at_a_limit_is_loaded_and_one_more_is_413(send: Send) -> None:
    """U43, F40: one row more, which is some bytes more."""
    refused = send(LARGEST + raw_row("SKU-more").encode() + b"\n")

    assert (refused.status_code, list(refused.get_json())) == (413, ["msg"])
    assert send(LARGEST).status_code == 200
