"""The embedded program started a second time on the same folder goes on where it was."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.client import Client
from tests.contract.embedded_program import embedded_program
from tests.contract.products import a_product

pytestmark = pytest.mark.own_program


def test_a_second_start_keeps_accounts_products_and_tokens(tmp_path: Path) -> None:
    product = a_product("SKU-1")
    with embedded_program(tmp_path) as address, closing(Client(address, rate=None)) as first:
        user = first.new_user()
        assert first.with_token(user.access_token).upload([product]).status_code == 200

    with embedded_program(tmp_path) as address, closing(Client(address, rate=None)) as second:
        assert second.login(user.username, user.password).status_code == 200
        assert second.with_token(user.access_token).stored("SKU-1") == product
