"""Undoing an upload."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.client import Client, unique
from tests.contract.products import products_csv


def product(product_id: str, name: str) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "product_name": name,
        "category": "Undo",
        "price": "2.50",
        "quantity_sold": 3,
        "rating": "4.5",
        "review_count": 7,
    }


def upload(client: Client, *products: dict[str, Any]) -> str:
    """Upload products and give the path of the upload."""
    answer = client.upload(products_csv(products))
    assert answer.status_code == 200
    return answer.headers["Location"]


def test_an_undo_puts_back_what_was_changed_and_deletes_what_was_made(client: Client) -> None:
    old, new = unique("old"), unique("new")
    upload(client, product(old, "Before"))
    changed = upload(client, product(old, "After"), product(new, "Made"))

    answer = client.request("POST", f"{changed}/undo")

    assert answer.status_code == 200
    undone = answer.json()
    assert (undone["updated"], undone["deleted"], undone["kept"]) == (1, 1, 0)
    assert undone["undoes"] == changed.rpartition("/")[2]
    assert client.product(old).json()["product_name"] == "Before"
    assert client.product(new).status_code == 404
    assert client.get(changed).json()["state"] == "undone"
    assert client.get(answer.headers["Location"]).json() == undone


def test_an_undo_is_an_upload_that_can_be_undone(client: Client) -> None:
    name = unique("made")
    made = upload(client, product(name, "Made"))
    undo = client.request("POST", f"{made}/undo").headers["Location"]

    assert client.request("POST", f"{undo}/undo").status_code == 200

    assert client.product(name).json()["product_name"] == "Made"
    assert client.get(made).json()["state"] == "succeeded"


def test_what_was_changed_since_is_kept_and_named(client: Client) -> None:
    kept, gone = unique("kept"), unique("gone")
    first = upload(client, product(kept, "First"), product(gone, "First"))
    upload(client, product(kept, "Second"))

    answer = client.request("POST", f"{first}/undo")

    assert (answer.json()["deleted"], answer.json()["kept"]) == (1, 1)
    assert [(error["value"], error["code"]) for error in answer.json()["errors"]] == [(kept, "changed_since")]
    assert client.product(kept).json()["product_name"] == "Second"
    assert kept in client.get(answer.headers["Location"] + "/rejects.csv").text


def test_an_upload_is_undone_once(client: Client) -> None:
    path = upload(client, product(unique("once"), "Once"))
    client.request("POST", f"{path}/undo")

    answer = client.request("POST", f"{path}/undo")

    assert answer.status_code == 409
    assert "msg" in answer.json()


def test_of_two_undos_at_once_one_is_refused_as_a_later_one_is(client: Client) -> None:
    path = upload(client, product(unique("twice"), "Twice"))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client.request("POST", f"{path}/undo"), range(2)))

    later = client.request("POST", f"{path}/undo")
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [answer.json() for answer in answers if answer.status_code == 409] == [later.json()]
    assert client.get(path).json()["state"] == "undone"


def test_another_users_upload_can_not_be_undone(client: Client, anonymous: Client) -> None:
    path = upload(client, product(unique("mine"), "Mine"))
    stranger = anonymous.with_token(anonymous.new_user().access_token)

    assert stranger.request("POST", f"{path}/undo").status_code == 404
    assert client.get(path).json()["state"] == "succeeded"
