"""Abuse cases U: files that are not quite a CSV file in UTF-8, and names that are not quite file names."""

import pytest

from tests.contract.answers import UPLOADED, assert_answer, cell_errors
from tests.contract.client import Client, unique
from tests.contract.products import COLUMNS, HEADER, a_product, products_csv, raw_csv, raw_row
from tests.contract.uploads import BOUNDARY, form


def send_as(client: Client, disposition: bytes, content: bytes) -> int:
    """Upload with a part header of these very bytes and return the answer's status."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    body = form(disposition + b"\r\nContent-Type: text/csv", content)
    return client.request("POST", "/upload", headers=headers, data=body).status_code


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param(b'filename="../../etc/passwd"', id="path"),
        pytest.param(b'filename="/etc/passwd"', id="absolute-path"),
        pytest.param(rb'filename="C:\Windows\win.ini"', id="Windows-path"),
        pytest.param(b'filename="a%00b.csv"', id="encoded-NUL"),
        pytest.param(b'filename="a%0D%0AX-Header: 1.csv"', id="encoded-CRLF"),
        pytest.param(b'filename="' + b"x" * 10_000 + b'.csv"', id="10-KB"),
        pytest.param(b"filename*=UTF-8''%2e%2e%2fpasswd", id="extended-path"),
        pytest.param('filename="цены 🛒.csv"'.encode(), id="Unicode"),
        pytest.param(b'filename="products.exe"', id="other-ending"),
        pytest.param(b'filename="`id`;$(id)|id"', id="shell"),
    ],
)
def test_a_file_may_have_any_name_as_nothing_is_named_by_it(client: Client, parameter: bytes) -> None:
    """U11."""
    product = a_product(unique("SKU"))
    disposition = b'Content-Disposition: form-data; name="file"; ' + parameter

    assert send_as(client, disposition, products_csv([product])) == 200
    assert client.stored(product["product_id"]) == product


@pytest.mark.parametrize("name", [b"a\0b.csv", b"\xff\xfe.csv"], ids=["NUL", "no-UTF-8"])
def test_a_file_name_of_illegal_bytes_does_no_harm(client: Client, name: bytes) -> None:
    """U11: a header must not hold them (RFC 7578 section 5.1), so a refusal is right too."""
    disposition = b'Content-Disposition: form-data; name="file"; filename="' + name + b'"'

    assert send_as(client, disposition, raw_csv(raw_row(unique("SKU")))) in (200, 400)


@pytest.mark.parametrize(
    ("encodings", "status"),
    [
        ([b"binary"], 200),
        ([b"7bit", b"8BIT"], 200),
        ([b"base64"], 400),
        ([b"binary, base64"], 400),
        ([b"binary", b"base64"], 400),
    ],
    ids=lambda given: b"+".join(given).decode() if isinstance(given, list) else None,
)
def test_a_part_has_no_transfer_encoding_that_changes_it(
    client: Client, encodings: list[bytes], status: int
) -> None:
    """U14."""
    disposition = b'Content-Disposition: form-data; name="file"; filename="a.csv"'
    headers = [disposition, *(b"Content-Transfer-Encoding: " + encoding for encoding in encodings)]
    assert send_as(client, b"\r\n".join(headers), raw_csv(raw_row(unique("SKU")))) == status


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"], ids=["empty", "BOM-only", "blank-lines"])
def test_an_empty_file_is_refused(client: Client, content: bytes) -> None:
    """U15."""
    assert client.upload(content).status_code == 400


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_a_file_with_a_header_and_no_rows_is_refused(client: Client, end: str) -> None:
    """U15."""
    answer = client.upload((HEADER + end).encode())

    assert answer.status_code == 400
    assert not answer.json()["msg"].startswith("Missing column")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_a_file_in_another_unicode_encoding_is_refused_for_its_encoding(
    client: Client, encoding: str
) -> None:
    """U17."""
    product_id = unique("SKU")

    answer = client.upload(raw_csv(raw_row(product_id)).decode().encode(encoding))

    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["msg"]
    assert client.product(product_id).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Café".encode("latin-1"), id="latin-1"),
        pytest.param("“Café” 5 €".encode("cp1252"), id="cp1252"),
        pytest.param(b"\xc0\xaf", id="overlong-2-bytes"),
        pytest.param(b"\xe0\x80\xaf", id="overlong-3-bytes"),
        pytest.param(b"\xed\xa0\x80", id="surrogate"),
        pytest.param(b"\xf4\x90\x80\x80", id="beyond-Unicode"),
        pytest.param(b"\xe2\x82", id="cut-short"),
        pytest.param(b"\x80", id="continuation-alone"),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_with_their_line(client: Client, name: bytes) -> None:
    """U18: never a guess at the encoding, never mojibake."""
    good, bad = unique("good"), unique("bad")
    content = raw_csv(raw_row(good), raw_row(bad, product_name="NAME")).replace(b"NAME", name)

    errors = cell_errors(client.upload(content))

    assert errors[0]["line"] == 3
    for product_id in (good, bad):
        assert client.product(product_id).status_code == 404


def test_a_byte_order_mark_is_no_part_of_the_first_column(client: Client) -> None:
    product = a_product(unique("SKU"))

    assert_answer(client.upload(b"\xef\xbb\xbf" + products_csv([product])), 200, UPLOADED)
    assert client.stored(product["product_id"]) == product


@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("last_breaks", [0, 1, 2])
def test_either_line_break_ends_a_row(client: Client, breaks: str, last_breaks: int) -> None:
    """U20."""
    ids = [unique("SKU") for _ in range(3)]
    lines = [HEADER, *(raw_row(product_id) for product_id in ids)]

    assert_answer(client.upload((breaks.join(lines) + breaks * last_breaks).encode()), 200, UPLOADED)

    assert [client.stored(product_id) for product_id in ids] == [a_product(product_id) for product_id in ids]


def test_mixed_line_breaks_end_rows(client: Client) -> None:
    """U20."""
    first, second = unique("SKU"), unique("SKU")

    answer = client.upload(f"{HEADER}\r\n{raw_row(first)}\n{raw_row(second)}\r\n".encode())

    assert_answer(answer, 200, UPLOADED)
    for product_id in (first, second):
        assert client.stored(product_id) == a_product(product_id)


def test_carriage_returns_alone_are_row_ends_or_refused(client: Client) -> None:
    """U20."""
    product_id = unique("SKU")

    answer = client.upload(f"{HEADER}\r{raw_row(product_id)}\r".encode())

    assert answer.status_code in (200, 400)
    stored = client.product(product_id)
    assert stored.status_code == (200 if answer.status_code == 200 else 404)


@pytest.mark.parametrize("delimiter", [";", "\t"], ids=["semicolon", "tab"])
def test_the_header_line_tells_the_delimiter(client: Client, delimiter: str) -> None:
    """U50: spreadsheets of half of Europe write semicolons."""
    product_id = unique("SKU")
    lines = raw_csv(raw_row(product_id, product_name='"one, two"')).decode()
    kept = lines.replace("one, two", "\0").replace(",", delimiter).replace("\0", "one, two")

    assert_answer(client.upload(kept.encode()), 200, UPLOADED)
    assert client.stored(product_id)["product_name"] == "one, two"


def test_columns_may_stand_in_any_order_among_others(client: Client) -> None:
    """U25."""
    product = a_product(unique("SKU"), supplier="Somebody", note="")
    columns = ["supplier", *reversed(COLUMNS), "note"]

    assert_answer(client.upload(products_csv([product], columns)), 200, UPLOADED)
    assert client.stored(product["product_id"]) == {name: product[name] for name in COLUMNS}


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ("Product_ID", "product_id"),
        ("PRICE", "price"),
        (" price", "price"),
        ("price ", "price"),
        ("rating\u200b", "rating"),
        ("\uff50\uff52\uff49\uff43\uff45", "price"),
    ],
)
def test_a_column_of_almost_the_right_name_is_missing(client: Client, written: str, missing: str) -> None:
    """U25: the contract asks for the exact names."""
    content = raw_csv(raw_row(unique("SKU"))).replace(missing.strip().encode(), written.encode(), 1)

    assert_answer(client.upload(content), 400, {"msg": f"Missing column: {missing}"})


def test_a_file_that_begins_with_a_row_lacks_the_columns(client: Client) -> None:
    """U25."""
    answer = client.upload((raw_row(unique("SKU")) + "\n").encode())

    assert_answer(answer, 400, {"msg": "Missing column: product_id"})


def test_a_column_that_stands_twice_is_refused(client: Client) -> None:
    """U25: nobody knows which of the two prices was meant."""
    product_id = unique("SKU")
    content = f"{HEADER},price\n{raw_row(product_id)},99\n"

    assert client.upload(content.encode()).status_code == 400
    assert client.product(product_id).status_code == 404


@pytest.mark.parametrize("file_name", [None, "x"], ids=["a field", "a file"])
@pytest.mark.parametrize("option", ["dry_run", "mode", "on_error", "blank"])
def test_an_option_in_the_form_is_not_passed_over(client: Client, option: str, file_name: str | None) -> None:
    """Else a dry run that is asked for in the wrong place writes."""
    product = a_product(unique("misplaced"))
    parts = {"file": ("p.csv", products_csv([product]), "text/csv"), option: (file_name, "true")}
    answer = client.request("POST", "/upload", files=parts)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == option
    assert client.product(product["product_id"]).status_code == 404


@pytest.mark.parametrize("other", [("b.csv", "b", "text/csv"), (None, "b")], ids=["a file", "a text"])
def test_a_second_file_is_not_passed_over(client: Client, other: tuple[str | None, ...]) -> None:
    product = a_product(unique("second"))
    parts = [("file", ("a.csv", products_csv([product]), "text/csv")), ("file", other)]
    answer = client.request("POST", "/upload", files=parts)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "file"
    assert client.product(product["product_id"]).status_code == 404


def test_another_field_of_a_form_is_nobodys_business(client: Client) -> None:
    product = a_product(unique("submitted"))
    parts = {"file": ("p.csv", products_csv([product]), "text/csv"), "submit": (None, "Send")}
    assert client.request("POST", "/upload", files=parts).status_code == 200
