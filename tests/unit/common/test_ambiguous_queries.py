"""A query as its bytes come from the gateway, percent-encoded or not."""

import pytest
from flask import Flask

from common.ambiguous_queries import RepeatedQueryParameter, UndecodableQuery, refuse_ambiguous_query


def refuse(query: bytes) -> None:
    # WSGI hands bytes on as Latin-1 (PEP 3333).
    with Flask(__name__).test_request_context(environ_overrides={"QUERY_STRING": query.decode("latin-1")}):
        refuse_ambiguous_query()


@pytest.mark.parametrize(
    "query", [b"", b"a=1&b=1", "a=é".encode(), b"a=%C3%A9", b"a=%zz&b=%", b"a+b=%2B&a%20c="]
)
def test_text_is_let_by(query: bytes) -> None:
    refuse(query)


@pytest.mark.parametrize(
    "query", [b"a=\xff", b"\xe9", b"a=%ff", b"%FF=a", b"a=%c3\xa9", b"a=%c3&%a9=b", b"a=%c3=%a9"]
)
def test_bytes_that_are_no_text_are_refused(query: bytes) -> None:
    with pytest.raises(UndecodableQuery):
        refuse(query)


@pytest.mark.parametrize("query", [b"a=1&a=1", b"a=1&%61=2", b"a&a"])
def test_a_parameter_that_stands_twice_is_refused_and_named(query: bytes) -> None:
    with pytest.raises(RepeatedQueryParameter) as refusal:
        refuse(query)
    assert refusal.value.body()["errors"][0]["field"] == "a"
