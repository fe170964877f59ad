"""The files that `make run` serves without nginx, and what nginx is told to send with them."""

import re
from pathlib import Path

import pytest

from gateway import pages

GATEWAY = Path(pages.__file__).parent
NGINX = (GATEWAY / "page.conf").read_text(encoding="utf-8")
TEMPLATE = (GATEWAY / "templates" / "gateway.conf.template").read_text(encoding="utf-8")
VENDORED = GATEWAY / "pages" / "assets" / "vendor"


def test_only_files_of_a_known_kind_are_served(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for name in (
        "index.html",
        "notes/index.html",
        "notes/a.js",
        "notes/.hidden",
        "notes/a.py",
        "notes/a.js~",
    ):
        (tmp_path / name).write_text("x")

    app = pages.create_pages(tmp_path)

    assert {rule.rule for rule in app.url_map.iter_rules()} == {"/", "/notes", "/notes/", "/notes/a.js"}


def test_a_file_that_was_changed_has_another_entity_tag(tmp_path: Path) -> None:
    tags = set()
    for content in ("one", "two"):
        (tmp_path / "index.html").write_text(content)
        tags.add(pages.create_pages(tmp_path).test_client().get("/").headers["ETag"])

    assert len(tags) == 2


def test_nginx_sends_the_same_headers() -> None:
    sent = dict(re.findall(r'^add_header (\S+) "?(.*?)"?;$', NGINX, re.MULTILINE))

    assert pages.HEADERS.items() <= sent.items()
    assert sent["Content-Security-Policy"] == f"{pages.POLICY}$trusted_types"
    assert f'"{pages.TRUSTED_TYPES}";' in TEMPLATE


def test_nginx_knows_the_same_kinds_of_files() -> None:
    (kinds,) = re.findall(r"^types \{\n(.*?)^\}", NGINX, re.MULTILINE | re.DOTALL)

    assert {f".{kind}": given for given, kind in re.findall(r"(\S+)\s+(\S+);", kinds)} == {
        suffix: given.partition(";")[0] for suffix, given in pages.CONTENT_TYPES.items()
    }


@pytest.mark.parametrize("file", sorted(VENDORED.glob("*.js")), ids=lambda file: file.name)
def test_a_library_says_its_version_and_stands_under_its_licence(file: Path) -> None:
    version = (VENDORED / "version.txt").read_text(encoding="utf-8")
    (number,) = re.findall(r"^Chart\.js (\S+),", version, re.MULTILINE)

    assert f"v{number}" in file.read_text(encoding="utf-8")[:200]
    assert "The MIT License" in (VENDORED / "chart.LICENSE.txt").read_text(encoding="utf-8")
