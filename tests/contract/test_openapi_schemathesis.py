"""What the OpenAPI document says holds for whatever Schemathesis makes of it: all of its checks."""

import json
import os
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from tests.contract.client import Client, User
from tests.contract.documented_callers import (
    ENDS_TOKEN,
    Caller,
    make_something,
    name_what_is_there,
    signed_up,
)

pytestmark = pytest.mark.run_last

DOCUMENT = Path(__file__).parents[2] / "gateway" / "pages" / "openapi.json"
JSON = "application/json"
OF_ANY_ROUTE = {"ofAnyRoute"}
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "429", "503"]
FEW = 10
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", FEW))
"""For each operation; `make test-stack` has 100 of them."""
MOST_REPEATABLE = 100
"""Up to here runs have the same cases, so that what fails is what has changed; beyond, it looks on."""
SEED = 5


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the document's operations, with their names."""
    for path, item in json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def refusing(operation: dict[str, Any]) -> list[str]:
    """Give the statuses by which an operation refuses what is well formed: a name that is taken, say.

    The document has an example of each such refusal, beside that of what any route refuses.
    """
    answers = {
        status: answer.get("content", {}).get(JSON, {}).get("examples", {})
        for status, answer in operation["responses"].items()
    }
    return [status for status, examples in answers.items() if examples.keys() - OF_ANY_ROUTE]


def config() -> SchemathesisConfig:
    """Say what each operation may answer to what its document allows, and to what it forbids."""
    accepted = [
        {
            "include-name": name,
            "checks": {
                "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, *refusing(operation)]},
                "negative_data_rejection": {"expected-statuses": ["4xx"]},
            },
        }
        for name, operation in operations()
    ]
    # With tokens that are made up hardly any case would get past them; a check and other tests see to those.
    generation = {"with-security-parameters": False}
    seed = {"seed": SEED} if EXAMPLES <= MOST_REPEATABLE else {}
    # Its cases don't come from chance: those of `make test` are all that there are.
    phases = {"coverage": {"enabled": EXAMPLES <= FEW}}
    return SchemathesisConfig.from_dict(
        {**seed, "phases": phases, "generation": generation, "operations": accepted}
    )


schema = schemathesis.openapi.from_path(DOCUMENT, config=config())


@pytest.fixture(scope="module")
def callers(anonymous: Client, administrator: Client, administrators_account: User) -> dict[str, Caller]:
    """Give the operations that end a token a caller of their own, and all others one that may do anything."""
    token = administrator.token
    assert token is not None
    everything = User(administrators_account.username, administrators_account.password, token)
    found = {name: Caller(anonymous, everything) for name, _ in operations() if name not in ENDS_TOKEN}
    return found | {name: Caller(anonymous, signed_up(anonymous)) for name in ENDS_TOKEN}


@pytest.fixture(scope="module")
def there(anonymous: Client, administrator: Client) -> dict[str, str]:
    """Give the ids of what there is, by the names of the parameters."""
    somebody = anonymous.with_token(signed_up(anonymous).access_token)
    return {**make_something(administrator), "user_id": somebody.me()["id"]}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Keep the connection from case to case, and nothing else."""
    with requests.Session() as kept:
        kept.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield kept


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= MOST_REPEATABLE,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_describes(
    case: schemathesis.Case[Any],
    base_url: str,
    session: requests.Session,
    callers: dict[str, Caller],
    there: dict[str, str],
) -> None:
    caller = callers[case.operation.label]
    caller.keep_to_the_rate(case)
    name_what_is_there(case, there | caller.secrets())
    answer = case.call_and_validate(base_url, session, headers=caller.headers(case))
    if case.operation.label in ENDS_TOKEN and answer.status_code == 200:
        caller.renew()
