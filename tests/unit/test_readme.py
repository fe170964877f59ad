"""Holds the README and the pages beside it true: its walk is run, its tables are compared with the code."""

import csv
import gzip
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pydantic_settings import BaseSettings
from sqlalchemy import make_url

from auth_service.settings import AuthSettings
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.report import Code
from catalog_service.settings import CatalogSettings
from common.internal_paths import INTERNAL_PATHS
from common.settings import ServerSettings, ServiceSettings
from gateway.embedded import EmbeddedSettings, create_services
from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client
from tests.contract.embedded_program import embedded_program
from tests.contract.products import raw_csv, raw_row

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
UPLOADS = (REPOSITORY / "docs" / "uploads.md").read_text(encoding="utf-8")

NOT_SET = ""
PAGES = {"GET /": "no", "GET /openapi.json": "no", "GET /docs": "no"}
LINES_BEFORE_REPORT = 3
LAST_COLUMN = "average_rating"


def code_block(language: str, containing: str, text: str = README) -> str:
    """Give a page's one code block of a language that contains a text."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if containing in block)
    return block


def run_walk(base_url: str, script: str | None = None) -> list[str]:
    """Run the README's walk, or a variation of it, against a server and give the lines that it prints."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl, as the README's walk does")
    script, replaced = re.subn(
        r"^BASE=\S+$", f"BASE={base_url}", script or code_block("sh", "BASE="), flags=re.MULTILINE
    )
    assert replaced == 1
    walk = subprocess.run(
        ["/bin/sh", "-eu"],
        input=script,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (walk.returncode, walk.stderr) == (0, ""), walk
    return walk.stdout.splitlines()


def table_below(heading: str, text: str = README) -> list[list[str]]:
    """Give the rows of the table right below a heading, without the table's own head and backquotes."""
    section = re.split(r"^##", text.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def written_defaults(heading: str) -> dict[str, str]:
    """Give the defaults of the variables in a settings table."""
    return {name: default for name, default, _ in table_below(heading)}


def defaults_of(settings: type[BaseSettings], without: type[BaseSettings] = BaseSettings) -> dict[str, str]:
    """Give the variables that a settings class reads, with their defaults as the README writes them."""
    return {
        name.upper(): "required" if field.is_required() else _written(field.default)
        for name, field in settings.model_fields.items()
        if name not in without.model_fields
    }


def _written(default: object) -> str:
    return NOT_SET if default is None else str(default)


def defaults_of_compose() -> dict[str, str]:
    """Give the variables of docker-compose.yml; one that it hands on empty has its service's default."""
    code = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    found = re.findall(r"\$\{(\w+):-([^}]*)\}", re.sub(r"^#.*$", "", code, flags=re.MULTILINE))
    service = defaults_of(ServiceSettings)
    return {name: default or service.get(name, NOT_SET) for name, default in found}


def defaults_of_gateway() -> dict[str, str]:
    """Give the variables of the gateway's image."""
    code = (REPOSITORY / "gateway" / "entrypoint.sh").read_text(encoding="utf-8")
    return dict(re.findall(r'^export (\w+)="\$\{\1:-([^}]*)\}"', code, re.MULTILINE))


def links() -> list[tuple[str, str]]:
    """Give the links between the pages: the page, and where it leads."""
    return [
        (str(page.relative_to(REPOSITORY)), target)
        for page in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"))
        for target in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a program that `make run` would start, on an empty data folder."""
    with embedded_program(tmp_path_factory.mktemp("readme")) as address:
        yield address


def test_the_walk_prints_what_the_readme_says(base_url: str) -> None:
    printed = run_walk(base_url)

    promised = code_block("text", "User created successfully").splitlines()
    assert printed[:LINES_BEFORE_REPORT] == promised[:LINES_BEFORE_REPORT]
    rows, promised_rows = (list(csv.DictReader(lines[LINES_BEFORE_REPORT:])) for lines in (printed, promised))
    # The last digits of a sum of doubles depend on the database.
    averages, promised_averages = ([float(row.pop(LAST_COLUMN)) for row in r] for r in (rows, promised_rows))
    assert rows == promised_rows
    assert averages == pytest.approx(promised_averages)


@pytest.mark.parametrize(
    ("heading", "defaults"),
    [
        ("### For `docker compose`", defaults_of_compose()),
        ("### For `make run`", defaults_of(EmbeddedSettings)),
        ("### Of both services", defaults_of(ServiceSettings) | defaults_of(ServerSettings)),
        ("### Of the auth service", defaults_of(AuthSettings, without=ServiceSettings)),
        ("### Of the catalog service", defaults_of(CatalogSettings, without=ServiceSettings)),
        ("### Of the gateway's image", defaults_of_gateway()),
    ],
)
def test_a_settings_table_names_every_variable_with_its_default(
    heading: str, defaults: Mapping[str, str]
) -> None:
    assert defaults
    assert written_defaults(heading) == defaults


def test_the_endpoint_table_names_every_route_and_whether_it_asks_for_a_token(tmp_path: Path) -> None:
    (tmp_path / "signing_key_passphrase").write_text("a passphrase for this test")
    routes = {}
    for app in create_services(EmbeddedSettings(data_dir=tmp_path)):
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            asks = "admit" in {
                f.__name__ for f in app.before_request_funcs.get(rule.endpoint.split(".")[0], [])
            }
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                routes[f"{method} {path}"] = "yes" if asks else "no"

    routes |= PAGES
    written = {request: token for request, token, _ in table_below("## Endpoints")}

    assert written == {
        request: asks for request, asks in routes.items() if request.split()[1] not in INTERNAL_PATHS
    }
    assert all(f"### `{request}`\n" in README for request in written)


def test_the_table_of_make_targets_is_the_one_of_make_help() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE)) - {"help"}

    assert {
        target.removeprefix("make ") for target, _ in table_below("## Working on it")[: len(targets)]
    } == targets


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_to_a_page_and_to_a_heading_on_it(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    linked = (REPOSITORY / page).parent / path

    assert linked.exists()
    if anchor:
        headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


def test_the_architecture_lists_every_decision() -> None:
    listed = re.findall(
        r"\(decisions/(\S+)\)", (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    )

    assert listed == sorted(page.name for page in REPOSITORY.glob("docs/decisions/*.md"))


def test_the_url_for_a_mysql_of_your_own_checks_certificate_and_host_name() -> None:
    """`ssl_verify_identity` beside `ssl_ca` would turn the check of the name off: see decision 11."""
    authorities = ssl.get_default_verify_paths().openssl_cafile
    if not Path(authorities).is_file():
        pytest.skip(f"needs the system's certificate authorities in {authorities}")
    url = make_url(code_block("text", "?ssl_ca=").strip()).update_query_dict({"ssl_ca": authorities})

    _, arguments = url.get_dialect()().create_connect_args(url)
    connection: Any = pymysql.connect(**arguments, defer_connect=True)

    assert connection._ssl_required  # noqa: SLF001  # PyMySQL shows it nowhere else
    assert connection.ctx.verify_mode is ssl.CERT_REQUIRED
    assert connection.ctx.check_hostname


def test_the_page_on_uploads_shows_the_answer_to_a_bad_cell(base_url: str) -> None:
    client = Client(base_url, rate=None)
    shown = json.loads(code_block("json", "errors", UPLOADS))

    answer = client.with_token(client.new_user().access_token).upload(raw_csv(raw_row("x", price="cheap")))

    assert_answer(answer, 400, shown)


def test_a_gzip_file_is_uploaded_as_a_plain_one_is(base_url: str) -> None:
    client = Client(base_url, rate=None)
    sample = (REPOSITORY / "db" / "sample_products.csv").read_bytes()

    answer = client.with_token(client.new_user().access_token).upload(gzip.compress(sample))

    assert_answer(answer, 200, UPLOADED)


def test_the_page_on_uploads_explains_every_error_code() -> None:
    assert [code for code, _ in table_below("## A refused file", UPLOADS)] == [code.value for code in Code]


def test_the_page_on_uploads_explains_every_column_in_the_order_in_which_missing_ones_are_named() -> None:
    assert tuple(column for column, _ in table_below("## The columns", UPLOADS)) == COLUMNS
