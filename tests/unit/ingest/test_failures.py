"""What clients are told of a failed upload."""

import subprocess
import sys
from pathlib import Path

from catalog_service.ingest.failures import StoreBusy

REPOSITORY = Path(__file__).parents[3]
MESSAGES = """
from catalog_service.ingest.failures import IngestError, InvalidFile

def kinds(kind):
    return [kind, *(each for below in kind.__subclasses__() for each in kinds(below))]

for kind in kinds(IngestError):
    if not issubclass(kind, InvalidFile):
        print(kind.__name__, kind().message, sep=": ")
"""


def test_each_failure_has_a_sentence_also_where_python_drops_docstrings() -> None:
    def told(*options: str) -> list[str]:
        command = [sys.executable, *options, "-c", MESSAGES]
        return subprocess.run(  # noqa: S603 - the command is ours
            command, cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    assert len(told()) == 9
    assert told("-OO") == told()
    assert all(line.endswith(".") for line in told())


def test_a_failure_may_say_more_than_its_kind_does() -> None:
    assert StoreBusy("Too many.").message == "Too many."
    assert StoreBusy().message == StoreBusy.msg
