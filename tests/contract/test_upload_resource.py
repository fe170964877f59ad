"""An upload as a resource: its record, its rejected rows, and the history."""

import csv
import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import requests

from tests.contract.answers import UPLOADED, assert_answer, assert_bad_token
from tests.contract.client import Client, unique
from tests.contract.products import COLUMNS, a_product, products_csv, raw_csv, raw_row
from tests.contract.uploads import counts, history, record, send

FIELDS = {
    *("id", "state", "stage", "username", "file_name", "sha256", "bytes", "options", "undoes"),
    *("created", "updated", "unchanged", "deleted", "rejected", "kept", "bytes_read", "rows_read"),
    *("started_at", "finished_at", "seconds"),
}
DETAILS = {"msg", "errors", "totals_by_code", "totals_by_column", "ignored_columns"}


def test_an_answer_names_the_uploads_record(client: Client, user: Any) -> None:
    content = products_csv([a_product(unique("SKU"))])

    answer = send(client, content)

    assert_answer(answer, 200, UPLOADED)
    upload = record(client, answer)
    assert set(upload) == FIELDS | DETAILS
    assert answer.headers["Location"] == f"/uploads/{upload['id']}"
    assert (upload["state"], upload["username"], upload["file_name"]) == (
        "succeeded",
        user.username,
        "products.csv",
    )
    assert (upload["bytes"], upload["bytes_read"], upload["rows_read"]) == (len(content), len(content), 1)
    assert upload["sha256"] == hashlib.sha256(content).hexdigest()
    assert upload["options"] == {"mode": "upsert", "on_error": "reject", "blank": "error", "dry_run": False}
    assert (counts(upload), upload["kept"], upload["undoes"]) == ((1, 0, 0, 0), None, None)
    assert (upload["msg"], upload["errors"], upload["stage"]) == (UPLOADED["msg"], [], None)


def test_the_times_of_an_upload_are_utc(client: Client) -> None:
    upload = record(client, send(client, products_csv([a_product(unique("SKU"))])))

    times = [datetime.fromisoformat(upload[name]) for name in ("started_at", "finished_at")]

    assert upload["started_at"].endswith("Z")
    assert timedelta(0) <= times[1] - times[0] < timedelta(minutes=1)
    assert abs(datetime.now(UTC) - times[0]) < timedelta(minutes=5)
    assert upload["seconds"] == pytest.approx((times[1] - times[0]).total_seconds(), abs=1e-5)


def test_an_upload_counts_what_it_created_changed_and_found_unchanged(client: Client) -> None:
    same, changed, new = (a_product(unique("SKU")) for _ in range(3))
    send(client, products_csv([same, changed]))

    answer = send(client, products_csv([same, changed | {"price": Decimal("1.5")}, new]))

    assert counts(record(client, answer)) == (1, 1, 1, 0)


def test_a_refused_file_has_a_record_with_its_errors_and_totals(client: Client) -> None:
    content = raw_csv(*(raw_row(unique("SKU"), price="x", rating="y") for _ in range(120)), raw_row("good"))

    answer = send(client, content)

    body = answer.json()
    assert (answer.status_code, set(body)) == (400, {"msg", "errors", "total", "totals_by_code"})
    upload = record(client, answer)
    assert (upload["state"], counts(upload), upload["rows_read"]) == ("rejected", (0, 0, 0, 120), 121)
    assert (upload["msg"], upload["errors"]) == (body["msg"], body["errors"])
    assert len(upload["errors"]) == 100
    assert upload["totals_by_code"] == body["totals_by_code"] == {"not_a_number": 240}
    assert upload["totals_by_column"] == {"price": 120, "rating": 120}


def test_a_missing_column_is_answered_as_ever_and_kept(client: Client) -> None:
    answer = send(client, b"product_id\nP1\n")

    assert_answer(answer, 400, {"msg": "Missing column: product_name"})
    assert record(client, answer)["state"] == "rejected"


@pytest.mark.parametrize(("columns", "status"), [(1_000, 200), (1_001, 400)])
def test_a_file_may_have_so_many_columns_and_no_more(client: Client, columns: int, status: int) -> None:
    """U36: each is named in the upload's record."""
    names = ",".join(f"column {number}" for number in range(columns - 7))
    header, row = raw_csv(raw_row(unique("SKU"))).decode().splitlines()
    answer = send(client, f"{header},{names}\n{row}{',' * (columns - 7)}\n".encode())

    assert answer.status_code == status
    found = record(client, answer)
    assert len(found["ignored_columns"]) == (columns - 7 if status == 200 else 0)
    assert [error["code"] for error in found["errors"]] == ([] if status == 200 else ["not_csv"])


def test_a_missing_column_is_named_in_however_many_others(client: Client) -> None:
    answer = send(client, ("product_id," + "," * 2_000 + "\n").encode())

    assert_answer(answer, 400, {"msg": "Missing column: product_name"})


def test_ignored_columns_are_named(client: Client) -> None:
    columns = (*COLUMNS, "note", "colour")
    content = products_csv([a_product(unique("SKU"), note="a", colour="b")], columns)

    assert record(client, send(client, content))["ignored_columns"] == ["note", "colour"]


def test_a_dry_run_counts_as_the_real_run_does_and_writes_nothing(client: Client) -> None:
    stored, new = a_product(unique("SKU")), a_product(unique("SKU"))
    send(client, products_csv([stored]))
    content = products_csv([stored | {"price": Decimal(7)}, new])

    preview = send(client, content, "?dry_run=true")

    assert preview.status_code == 200
    body = preview.json()
    assert set(body) == FIELDS | DETAILS
    assert body == record(client, preview)
    assert (body["state"], body["options"]["dry_run"]) == ("succeeded", True)
    assert client.stored(stored["product_id"]) == stored
    assert client.product(new["product_id"]).status_code == 404
    assert counts(body) == counts(record(client, send(client, content))) == (1, 1, 0, 0)


def test_a_dry_run_of_a_bad_file_is_refused_as_the_real_run_is(client: Client) -> None:
    content = raw_csv(raw_row(unique("SKU"), price="x"))

    preview, real = send(client, content, "?dry_run=true"), send(client, content)

    assert (preview.status_code, preview.json()) == (real.status_code, real.json())


def test_skipped_rows_are_counted_and_can_be_downloaded(client: Client) -> None:
    good, bad = unique("good"), unique("bad")

    answer = send(client, raw_csv(raw_row(good), raw_row(bad, price="cheap")), "?on_error=skip")

    assert_answer(answer, 200, UPLOADED)
    assert counts(record(client, answer)) == (1, 0, 0, 1)
    assert client.product(good).status_code == 200
    assert client.product(bad).status_code == 404
    (row,) = rejects(client, answer)
    assert (row["product_id"], row["price"]) == (bad, "cheap")


def rejects(client: Client, answer: requests.Response) -> list[dict[str, str]]:
    file = client.get(f"{answer.headers['Location']}/rejects.csv")
    assert file.status_code == 200, file.text
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(StringIO(file.text)))


def test_all_rows_of_a_refused_file_that_were_rejected_can_be_downloaded(client: Client) -> None:
    ids = [unique("SKU") for _ in range(150)]

    answer = send(client, raw_csv(*(raw_row(product_id, price="x") for product_id in ids), raw_row("good")))

    assert [row["product_id"] for row in rejects(client, answer)] == ids


def test_an_upload_without_rejected_rows_has_none_to_download(client: Client) -> None:
    answer = send(client, products_csv([a_product(unique("SKU"))]))

    assert client.get(f"{answer.headers['Location']}/rejects.csv").status_code == 404
    assert client.get("/uploads/no-such/rejects.csv").status_code == 404


def test_uploads_are_their_owners_alone(client: Client, newcomer: Client) -> None:
    """Q06."""
    answer = send(client, raw_csv(raw_row(unique("SKU"), price="x")))

    for path in ("", "/rejects.csv"):
        assert newcomer.get(answer.headers["Location"] + path).status_code == 404
    assert history(newcomer) == []


@pytest.mark.parametrize("path", ["/uploads", "/uploads/x", "/uploads/x/rejects.csv"])
def test_uploads_need_a_token(anonymous: Client, path: str) -> None:
    assert_bad_token(anonymous.get(path))


def test_the_history_is_paged_from_the_newest_while_uploads_are_added(newcomer: Client) -> None:
    keys = [unique("key") for _ in range(5)]
    for key in keys:
        send(newcomer, b"", key=key)

    found = list(pages(newcomer))

    assert found == keys[::-1]


def pages(client: Client) -> Iterator[str]:
    """Go through all pages, and upload between them."""
    cursor = ""
    while True:
        page = client.get(f"/uploads?limit=2{cursor}").json()
        for upload in page["items"]:
            assert set(upload) == FIELDS
            yield upload["id"]
        if page["next"] is None:
            return
        send(client, b"")
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("page=2", "page"),
        ("limit=2&limit=2", "limit"),
    ],
)
def test_a_page_that_there_is_not_is_refused(client: Client, query: str, field: str) -> None:
    answer = client.get(f"/uploads?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_an_upload_can_be_watched_while_it_runs(newcomer: Client) -> None:
    """Large enough to run for longer than the second between two marks of progress."""
    key, prefix = unique("key"), unique("SKU")
    content = raw_csv(*(raw_row(f"{prefix}.{n}") for n in range(300_000)))

    def send_own() -> requests.Response:
        with closing(replace(newcomer, _session=requests.Session())) as own:
            return send(own, content, key=key)

    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send_own)
        seen = list(watched(newcomer, key))
        assert_answer(sent.result(60), 200, UPLOADED)

    running = [upload for upload in seen if upload["state"] == "running"]
    assert [upload["state"] for upload in seen] == ["running"] * len(running) + ["succeeded"]
    progress = [upload for upload in running if upload["stage"]]
    assert progress
    assert {upload["stage"] for upload in progress} <= {"checking", "comparing", "loading"}
    assert any(0 < upload["rows_read"] <= 300_000 for upload in progress)
    assert counts(seen[-1]) == (300_000, 0, 0, 0)


def watched(client: Client, key: str) -> Iterator[dict[str, Any]]:
    """Ask for an upload until it has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = client.get(f"/uploads/{key}")
        if answer.status_code == 200:
            yield answer.json()
            if answer.json()["state"] != "running":
                return
        time.sleep(0.05)
    pytest.fail("the upload did not end")
