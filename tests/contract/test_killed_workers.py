"""Workers killed while they take a file in leave nothing of it; these are of a program of our own."""

import os
import signal
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from tests.contract.client import Client
from tests.contract.embedded_program import booted_workers, embedded_program
from tests.contract.products import a_product, products_csv
from tests.contract.uploads import raw_upload, send
from tests.stack.raw_http import connect

HEALED_SECONDS = 20

pytestmark = pytest.mark.own_program


def wait_until_it_answers(client: Client) -> None:
    """Ask until new workers have taken the place of the dead; raise AssertionError after a while."""
    deadline = time.monotonic() + HEALED_SECONDS
    while time.monotonic() < deadline:
        with suppress(requests.ConnectionError):
            if client.get("/protected").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the program does not answer any more")


def test_a_worker_killed_in_the_middle_of_a_body_leaves_nothing_and_the_upload_can_be_sent_again(
    tmp_path: Path,
) -> None:
    """F02."""
    with embedded_program(tmp_path) as address, closing(Client(address, rate=None)) as anonymous:
        client = anonymous.with_token(anonymous.new_user().access_token)
        content = products_csv(a_product(f"key/{number}") for number in range(40_000))
        whole = raw_upload(client.token, content, "key")
        with connect(address) as connection:
            connection.sendall(whole[: len(whole) // 2])
            time.sleep(0.5)
            for worker in booted_workers(tmp_path):
                os.kill(worker, signal.SIGKILL)
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""
        wait_until_it_answers(client)

        assert client.get("/uploads/key").status_code == 404
        assert client.product("key/0").status_code == 404
        assert list((tmp_path / "spool").iterdir()) == []
        assert send(client, products_csv([a_product("key/0")]), key="key").status_code == 200
