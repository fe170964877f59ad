"""A token request has one meaning, or is refused with the code that RFC 6749 has for it."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest

from auth_service.client_credentials import (
    InvalidClient,
    NoGrantType,
    RepeatedParameter,
    TokenRefused,
    TwoAuthentications,
    UnsupportedGrantType,
    token_request,
)

GRANT = {"grant_type": ["client_credentials"]}
IN_BODY = {"client_id": ["an id"], "client_secret": ["a secret"]}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def encoded(raw: bytes) -> str:
    return "Basic " + b64encode(raw).decode()


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
@pytest.mark.parametrize(
    ("client_id", "secret"), [("id", "secret"), ("an id", "a:b%c+d"), ("idé", "\N{KEY}"), ("id", "")]
)
def test_credentials_in_the_header_are_form_urlencoded_each_by_itself(
    scheme: str, client_id: str, secret: str
) -> None:
    """RFC 6749, section 2.3.1."""
    header = basic(client_id, secret).replace("Basic", scheme)
    assert token_request(GRANT, [header]) == (client_id, secret, None)


def test_credentials_may_stand_in_the_body() -> None:
    assert token_request(GRANT | IN_BODY, []) == ("an id", "a secret", None)


def test_a_scope_is_handed_on_and_an_empty_one_counts_as_left_out() -> None:
    assert token_request(GRANT | IN_BODY | {"scope": ["catalog:read"]}, []).scope == "catalog:read"
    assert token_request(GRANT | IN_BODY | {"scope": [""]}, []).scope is None


def test_a_parameter_that_nobody_knows_is_passed_over() -> None:
    """RFC 6749, section 3.2."""
    assert token_request(GRANT | IN_BODY | {"audience": ["x"]}, []).client_id == "an id"


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "scope", "anything"])
def test_a_parameter_that_stands_twice_has_no_one_meaning(name: str) -> None:
    form = GRANT | IN_BODY
    with pytest.raises(RepeatedParameter):
        token_request(form | {name: [*form.get(name, ["x"]), "other"]}, [])


@pytest.mark.parametrize("form", [{}, {"grant_type": [""]}])
def test_without_a_grant_type_nothing_is_asked_for(form: dict[str, list[str]]) -> None:
    with pytest.raises(NoGrantType):
        token_request(form | IN_BODY, [])


@pytest.mark.parametrize(
    "grant_type", ["password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS"]
)
def test_another_grant_type_is_not_supported(grant_type: str) -> None:
    with pytest.raises(UnsupportedGrantType):
        token_request({"grant_type": [grant_type]} | IN_BODY, [])


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_credentials_in_both_places_are_refused(name: str) -> None:
    with pytest.raises(TwoAuthentications):
        token_request(GRANT | {name: ["x"]}, [basic("id", "secret")])


@pytest.mark.parametrize("form", [{}, {"client_id": ["id"]}, {"client_secret": ["x"]}])
def test_without_credentials_there_is_no_client(form: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidClient):
        token_request(GRANT | form, [])


@pytest.mark.parametrize(
    "headers",
    [
        [""], ["Basic"], ["Basic "], ["Basic !!!"], ["Basic a"], ["Bearer abc"], ["Basic aWQ6eA== x"],
        [encoded(b"no colon")], [encoded(b"\xff:\xff")], [encoded(b"%ff:secret")], [encoded(b"id:%ed%a0%80")],
        [basic("id", "secret"), basic("id", "secret")], [basic("id", "secret"), "Bearer x"],
    ],
)  # fmt: skip
def test_a_header_that_holds_no_credentials_is_no_client(headers: list[str]) -> None:
    with pytest.raises(InvalidClient):
        token_request(GRANT, headers)


@pytest.mark.parametrize("refusal", TokenRefused.__subclasses__())
def test_every_refusal_names_a_code_of_rfc_6749_and_a_sentence_and_is_kept_by_no_cache(
    refusal: type[TokenRefused],
) -> None:
    body = refusal().body()
    assert set(body) == {"error", "msg"}
    assert body["error"] in {"invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"}
    assert body["msg"].endswith(".")
    assert refusal().headers()["Cache-Control"] == "no-store"
    assert (refusal.status == 401) == ("WWW-Authenticate" in refusal().headers())
