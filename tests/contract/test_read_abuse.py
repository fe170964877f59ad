"""The abuse cases Q at every address that products and reports are read at."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from urllib.parse import quote, urlencode

import pytest

from tests.contract.answers import assert_answer
from tests.contract.client import Client, exact_json, unique
from tests.contract.products import COLUMNS, a_product
from tests.contract.raw_http import send
from tests.contract.reports import REPORTS, upload
from tests.contract.test_product_list import ids, listed

FILTERS = ("category", "min_price", "max_price", "min_rating", "max_rating", "min_reviews", "q")
PARAMETERS = {
    "/products": (*FILTERS, "sort", "limit", "cursor", "fields", "include_total"),
    "/products.csv": FILTERS,
    "/products.jsonl": FILTERS,
    "/categories": (),
    "/uploads": ("limit", "cursor"),
    **{f"/reports/{report}": ("format",) for report in REPORTS},
    "/reports/top-products": ("format", "limit", "category"),
}
"""What each address takes."""
TEXTS = ("category", "q")
"""What takes any text, for which it looks."""
SQL = (
    "'",
    "' OR '1'='1",
    "1' UNION SELECT 1,2,3,4,5,6,7 -- ",
    "1; DROP TABLE products",
    "x'; SELECT SLEEP(5) -- ",
    "1 AND sleep(5)",
    '" OR ""="',
    "\\' OR 1=1 -- ",
    "%' OR '%'='",
    "1)/**/OR/**/(1=1",
)
NO_NUMBERS = (
    *("NaN", "nan", "sNaN", "inf", "-inf", "Infinity", "1e309", "1e-400"),
    *("-1", "0x10", "1_0", "\uff11", "\u0663", "+1", " 1", "1 ", "1,5", "1."),
)
LENGTHS = (8_192, 60_000)

ADDRESSES = [(path, name) for path, names in PARAMETERS.items() for name in names]


@pytest.fixture(params=PARAMETERS)
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(("path", "name"), ADDRESSES)
def test_sql_in_a_parameter_is_refused_or_a_text_that_nothing_has(
    client: Client, path: str, name: str
) -> None:
    """Q01."""
    nobodys = f"category={unique('none')}"
    nothing = client.get(f"{path}?{nobodys}").content
    for value in SQL:
        # Other tests' names hold quotes.
        answer = client.get(f"{path}?{name}={quote(value)}" + (f"&{nobodys}" if name == "q" else ""))
        if name in TEXTS:
            assert (answer.status_code, answer.content) == (200, nothing), value
        else:
            assert answer.status_code == 400, value


@pytest.mark.parametrize(("path", "name"), [one for one in ADDRESSES if one[1] not in TEXTS])
def test_what_is_no_plain_number_is_refused(client: Client, path: str, name: str) -> None:
    """Q08: also in no other parameter, none of which is a number or a text."""
    for value in NO_NUMBERS:
        assert client.get(f"{path}?{name}={quote(value)}").status_code == 400, value


def test_a_parameter_of_another_name_is_refused(client: Client, path: str) -> None:
    """Q08: also one that looks like one of ours."""
    for query in (
        "price_min=NaN",
        "price_min=1",
        "minPrice=1",
        "Q=a",
        "user_id=1",
        "sql=1",
        "_=1",
        "=1",
        "&x",
    ):
        assert client.get(f"{path}?{query}").status_code == 400, query


@pytest.mark.parametrize(("path", "name"), ADDRESSES)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_parameter_of_kilobytes_is_refused_in_json(
    client: Client, path: str, name: str, length: int
) -> None:
    """Q11: also by what stands before the services."""
    headers = [("Authorization", f"Bearer {client.token}")]

    answer = send(client.base_url, "GET", f"{path}?{name}={'x' * length}", headers)

    assert answer.status in (400, 414)
    assert answer.headers["Content-Type"] == "application/json"


def test_the_longest_query_that_there_can_be_is_answered(client: Client) -> None:
    """What fits every rule fits into the request line."""
    widest = "\U0001f9f8"
    category, ending = unique("").rjust(128, widest), unique("")
    products = [
        a_product((str(number) + ending).rjust(64, widest), category=category, product_name=widest * 255)
        for number in range(2)
    ]
    upload(client, *products)
    query: dict[str, object] = {
        "category": category,
        "q": widest * 200,
        **dict.fromkeys(("min_price", "min_rating"), "0." + "0" * 6),
        "max_price": "9" * 12 + ".999999",
        "max_rating": "9" * 15,
        "min_reviews": 0,
        "sort": "-product_name",
        "limit": 1,
        "fields": ",".join(COLUMNS),
        "include_total": "true",
    }

    first = listed(client, **query)
    second = listed(client, **query, cursor=first["next"])

    assert ids(first["items"] + second["items"]) == sorted(ids(products), reverse=True)


@pytest.mark.parametrize(
    "order",
    ["password", "price;drop", "price desc", "(select 1)", "1", "price--", "PRICE", "-", "revision", "*"],
)
def test_only_columns_order(client: Client, order: str) -> None:
    """Q02."""
    for query in (f"sort={quote(order)}", f"sort=-{quote(order)}", f"fields={quote(order)}"):
        assert client.get(f"/products?{query}").status_code == 400, query


@pytest.mark.parametrize("text", ["%", "_", "\\", "\\%", "[a]", "a%b", "*", "?", "^", "$", ".*", "%00"])
def test_a_wildcard_is_a_text_at_every_address(client: Client, text: str) -> None:
    """Q04."""
    category = unique("category")
    upload(
        client,
        a_product(unique("SKU"), category=category, product_name=f"<{text}>"),
        a_product(unique("SKU"), category=category, product_name="<x>"),
    )
    query = urlencode({"category": category, "q": text})

    assert [one["product_name"] for one in listed(client, category=category, q=text)["items"]] == [
        f"<{text}>"
    ]
    assert client.get(f"/products.jsonl?{query}").content.count(b"\n") == 1
    assert client.get(f"/products.csv?{query}").content.count(b"\n") == 2
    assert client.get(f"/products.csv?category={quote(category[:-1])}%25").content.count(b"\n") == 1


def test_an_upload_is_nobody_elses_to_read_or_undo(client: Client, newcomer: Client) -> None:
    """Q06."""
    address = client.upload([a_product(unique("SKU"))]).headers["Location"]

    assert newcomer.get(address).status_code == 404
    assert newcomer.get(f"{address}/rejects.csv").status_code == 404
    assert newcomer.request("POST", f"{address}/undo").status_code == 404
    assert client.get(address).json()["state"] == "succeeded"


def test_lists_of_an_empty_catalog_are_empty(other_installation: Client) -> None:
    """Q09."""
    empty = other_installation.with_token(other_installation.new_user().access_token)

    assert_answer(empty.get("/products?include_total=true"), 200, {"items": [], "next": None, "total": 0})
    assert_answer(empty.get("/products?sort=-price&q=a&min_rating=1"), 200, {"items": [], "next": None})
    assert_answer(empty.get("/categories"), 200, {"items": []})
    nothing = {"items": [], "missing": ["a"]}
    assert_answer(empty.request("POST", "/products:batch-get", json={"ids": ["a"]}), 200, nothing)


def test_a_list_while_uploads_commit_is_of_before_or_after(client: Client) -> None:
    """Q13: a page with its total and an export are of one moment each."""
    category, numbers = unique("category"), range(200)
    products = [a_product(unique("SKU"), category=category) for _ in numbers]

    def load_twice() -> None:
        for price in (2, 1):
            upload(client, *(product | {"price": price} for product in products))

    def prices() -> tuple[set[Decimal], ...]:
        page = listed(client, category=category, limit=1000, sort="price", include_total="true")
        lines = client.get(f"/products.jsonl?category={category}").content.splitlines()
        assert page["total"] == len(page["items"]) == len(lines) == len(products)
        return {one["price"] for one in page["items"]}, {json.loads(line)["price"] for line in lines}

    upload(client, *products)
    with ThreadPoolExecutor(1) as pool:
        loads = pool.submit(load_twice)
        while not loads.done():
            assert [len(one) for one in prices()] == [1, 1]
        loads.result()
    assert prices() == ({Decimal(1)}, {Decimal(1)})


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml;q=0.9", "image/*"])
def test_nobody_gets_html(client: Client, path: str, accept: str) -> None:
    """Q14: exports are files, whatever else is asked for."""
    answer = client.get(path, {"Accept": accept})

    assert answer.status_code in (200, 406)
    expected = {"/products.csv": "text/csv; charset=utf-8", "/products.jsonl": "application/jsonl"}
    assert answer.headers["Content-Type"] == expected.get(path, "application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_every_documented_address_is_routed(anonymous: Client) -> None:
    """A stranger is told to bring a token, or that something is missing, but never that nothing is there."""
    paths = exact_json(anonymous.get("/openapi.json"))["paths"]
    operations = [
        (method.upper(), template.replace("{", "").replace("}", ""), operation)
        for template, item in paths.items()
        for method, operation in item.items()
    ]
    assert {path for _, path, _ in operations} >= {"/signup", "/products:batch-get", *PARAMETERS}
    for method, address, operation in operations:
        answer = anonymous.request(method, address)
        assert str(answer.status_code) in operation["responses"], f"{method} {address}"
        assert answer.status_code not in (404, 405), f"{method} {address}"
