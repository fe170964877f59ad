"""GET /products/{product_id}: any id comes back as the product that was stored under it."""

import pytest

from tests.contract.answers import UPLOADED, assert_answer, cell_errors
from tests.contract.client import Client, exact_json, quote_id, unique
from tests.contract.products import a_product


def test_an_unknown_product_is_not_found(client: Client) -> None:
    answer = client.product(unique("nowhere"))

    assert answer.status_code == 404
    assert set(answer.json()) == {"msg"}


@pytest.mark.parametrize(
    "product_id",
    [
        "a/b",
        "a//b",
        "/a",
        "//a",
        "a/",
        "a/../b",
        "..a",
        "a b",
        " a",
        "a ",
        "a?b=c",
        "a#b",
        "a%b",
        "a%2Fb",
        "%",
        "%%",
        "a+b",
        "a&b=c;d",
        "a:b@c",
        "a\\b",
        "a'b",
        'a"b',
        "a,b",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "\\N",
        "NULL",
        "ąčęėį",
        "日本語",
        "e\u0301",
        "\u00e9",
        "👩\u200d🚀",
        "\u2028",
        "\u202e",
        "\ufeffa",
        "' OR 1=1 -- ",
        "'; DROP TABLE products; --",
        "<script>alert(1)</script>",
        "${7*7}{{7*7}}",
        "1" + "0" * 30,
        "0",
    ],
)
def test_any_id_is_found_when_it_is_percent_encoded(client: Client, product_id: str) -> None:
    """U39, Q01, Q05. The unique part stands before or behind, so that both ends are tested."""
    for whole in (product_id + unique("."), unique(".") + product_id):
        product = a_product(whole)

        assert_answer(client.upload([product]), 200, UPLOADED)
        assert client.stored(whole) == product


@pytest.mark.parametrize("letter", ["x", "é", "語", "👍"], ids=["1-byte", "2-bytes", "3-bytes", "4-bytes"])
def test_an_id_has_up_to_64_characters_whatever_their_bytes(client: Client, letter: str) -> None:
    longest = unique("id").ljust(64, letter)

    assert_answer(client.upload([a_product(longest)]), 200, UPLOADED)
    assert client.stored(longest)["product_id"] == longest

    (error,) = cell_errors(client.upload([a_product(longest + letter)]))
    assert (error["line"], error["column"], error["value"]) == (2, "product_id", longest + letter)
    assert client.product(longest + letter).status_code == 404


@pytest.mark.parametrize("product_id", [".", "..", "../protected", "a/../../protected", "../../etc/passwd"])
@pytest.mark.parametrize("dot", [".", "%2E"])
def test_an_id_of_dots_is_found_or_nowhere_and_never_walks_up(
    client: Client, product_id: str, dot: str
) -> None:
    """G20, Q05: RFC 3986 lets a hop resolve dots even when they are encoded, so it need not be found."""
    product = a_product(product_id)
    client.upload([product])

    answer = client.get(f"/products/{quote_id(product_id).replace('.', dot)}")

    # nginx calls a path that leads above the root 400.
    assert answer.status_code in (400, 404) or exact_json(answer) == product


@pytest.mark.parametrize("path", ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%zz", "%"])
def test_an_id_that_is_no_text_is_nowhere(client: Client, path: str) -> None:
    """Q05."""
    assert client.get(f"/products/{path}").status_code in (400, 404)


def test_an_id_longer_than_any_is_nowhere(client: Client) -> None:
    """Q05."""
    assert client.product("x" * 65).status_code == 404
    assert client.product("x" * 3_000).status_code == 404


def test_no_query_string_changes_what_is_found(client: Client) -> None:
    """Q01."""
    product = a_product(unique("SKU"))
    client.upload([product])

    answer = client.get(f"/products/{quote_id(product['product_id'])}?product_id='%20OR%201=1")

    assert answer.json()["product_id"] == product["product_id"]


def test_ids_that_a_collation_would_take_for_one_are_several_products(client: Client) -> None:
    """U41: ids compare by bytes, so case, accents, forms and trailing spaces count."""
    ending = unique(".")
    spellings = ("Ab1", "aB1", "ab1", "àb1", "a\u0300b1", "\uff41\uff42\uff11", "ab1\u200d", "ß", "ss", "SS")
    ids = [spelling + ending for spelling in spellings]
    ids += [f"pad{ending}", f"pad{ending} ", f"pad{ending}  ", f" pad{ending}", f"pad{ending}\t"]
    products = [a_product(product_id, quantity_sold=number) for number, product_id in enumerate(ids)]

    assert_answer(client.upload(products), 200, UPLOADED)

    assert [client.stored(product_id) for product_id in ids] == products
