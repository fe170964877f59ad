"""Both services run on the same versions, and install only what was pinned."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("auth_service", "catalog_service", "tests")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def names(text: str) -> dict[str, str]:
    """Give the versions by normalised name (PEP 503)."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in PIN.findall(text)}


def resolved(folder: str) -> str:
    return (REPOSITORY / folder / "requirements.txt").read_text()


def asked_for(folder: str) -> str:
    return (REPOSITORY / folder / "requirements.in").read_text()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_requirement_is_pinned_and_hashed(folder: str) -> None:
    # A requirement begins in the first column; its hashes and the reason for it follow, indented.
    entries = re.split(r"\n(?=[^\s#])", resolved(folder).strip())
    assert len(entries) > 10
    for entry in entries:
        assert PIN.match(entry), entry
        assert HASH.search(entry), entry


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_asked_for_is_pinned_and_is_what_was_resolved(folder: str) -> None:
    lines = [line for line in asked_for(folder).splitlines() if line and not line.startswith(("#", "-r "))]
    asked = names("\n".join(lines))
    assert len(asked) == len(lines), "each line is one exact version"
    assert asked.items() <= names(resolved(folder)).items()


def test_the_services_agree_on_every_version_that_both_use() -> None:
    auth, catalog = names(resolved("auth_service")), names(resolved("catalog_service"))
    shared = auth.keys() & catalog.keys()
    assert len(shared) > 10
    assert {name: auth[name] for name in shared} == {name: catalog[name] for name in shared}


@pytest.mark.parametrize("service", ["auth_service", "catalog_service"])
def test_what_is_tested_is_what_runs(service: str) -> None:
    assert names(resolved(service)).items() <= names(resolved("tests")).items()


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_requirements_file_names_an_index(folder: str) -> None:
    assert "://" not in resolved(folder) + asked_for(folder)
