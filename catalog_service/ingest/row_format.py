r"""The one form in which good rows are sorted, spilled and loaded: LOAD DATA's escaped lines.

A line is ``product_id TAB line TAB product_name ... LF``. All lines of a product begin with its id and a
TAB, and no other line does, so that sorting whole lines as bytes brings them together; the file's line, of
a fixed width, puts them in the file's order and names both lines of a duplicate.
"""

import re

FIRST_LINE = 1_000_000_000
"""Is added to line numbers, so that all that can occur have as many digits and sort as bytes."""
NULL = rb"\N"
"""A cell without a value."""
KEEP = rb"\K"
"""A cell that leaves the stored value as it is. `escaped` gives neither of the two."""
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n"}
_MEANINGS = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\[\\tn]")


def escaped(text: str) -> str:
    r"""Escape what LOAD DATA would read as a structure: backslash (and so ``\\N``), TAB and LF."""
    # The backslash comes first, or it would escape the other escapes.
    for character, escape in _ESCAPES.items():
        if character in text:
            text = text.replace(character, escape)
    return text


def unescaped(cell: str) -> str:
    """Undo `escaped`."""
    return _ESCAPE.sub(lambda match: _MEANINGS[match.group()], cell) if "\\" in cell else cell


def origin(row: bytes) -> tuple[str, int]:
    """Give the product's id and the file's line that a row came from."""
    product_id, label, _ = row.split(b"\t", 2)
    return unescaped(product_id.decode()), int(label) - FIRST_LINE


def cells_of(row: bytes) -> list[str]:
    """Give a row's cells, as the file had them but for how numbers were written."""
    product_id, _, *cells = row.split(b"\t")
    return ["" if cell in (NULL, KEEP) else unescaped(cell.decode()) for cell in (product_id, *cells)]
