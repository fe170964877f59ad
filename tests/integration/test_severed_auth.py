"""Wherever the network to MySQL is severed, the auth service answers 503, and then the same request works."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.severed_network import Lost, Network, severed
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

ADA = {"username": "ada", "password": "secret"}


@pytest.fixture
def client(network: Network, tmp_path: Path) -> Iterator[FlaskClient]:
    with with_tables(make_auth_service(tmp_path, database_url=network.url)) as app:
        client = app.test_client()
        assert client.post("/signup", json=ADA).status_code == 201
        yield client


@pytest.mark.parametrize("lost", Lost)
def test_who_signs_up_has_an_account_then_or_after_another_try(
    client: FlaskClient, network: Network, lost: Lost
) -> None:
    def person(message: int) -> dict[str, str]:
        return {"username": f"ada {message}", "password": "secret"}

    client.post("/signup", json=person(0))
    answers = severed(network, lost, lambda message: client.post("/signup", json=person(message)))
    for message, answer in enumerate(answers, 1):
        if answer.status_code == 503:
            # 400 tells that the first try was heard, and only its answer lost.
            again = client.post("/signup", json=person(message)).status_code
            assert again == 201 or (again == 400 and lost is Lost.ANSWER)
        assert client.post("/login", json=person(message)).status_code == 200


@pytest.mark.parametrize("lost", Lost)
def test_who_refreshes_goes_on_then_or_after_another_try(
    client: FlaskClient, network: Network, lost: Lost
) -> None:
    tokens = [client.post("/login", json=ADA).get_json()["refresh_token"]]

    def refresh(_: int) -> TestResponse:
        answer = client.post("/refresh", json={"refresh_token": tokens[-1]})
        if answer.status_code == 200:
            tokens.append(answer.get_json()["refresh_token"])
        return answer

    for answer in severed(network, lost, refresh):
        if answer.status_code == 503:
            assert refresh(0).status_code == 200


@pytest.mark.parametrize("path", ["/protected", "/me"])
def test_a_token_is_never_refused_for_the_networks_fault(
    client: FlaskClient, network: Network, path: str
) -> None:
    token = client.post("/login", json=ADA).get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answers = severed(network, Lost.MESSAGE, lambda _: client.get(path, headers=headers))
    assert {answer.status_code for answer in answers} == {200, 503}
