"""Cells that a spreadsheet would run as formulas: made harmless in what is given out, and known again.

The rule is OWASP's, "CSV Injection". It needs nothing but the standard library.
"""

from collections.abc import Mapping

NEUTRALISED = "neutralised_columns"
"""The further column, a file's last, that names the changed cells of each row, with blanks between."""
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins so may be run; the last four are the first in full width, for who writes Japanese."""
MARK = "'"
"""What a harmless cell begins with instead: spreadsheets take the rest as text."""


def harmless(cell: str) -> str:
    """Put the mark before a cell that may be run, and give any other as it is."""
    return MARK + cell if cell.startswith(STARTS) else cell


def neutralised(cells: Mapping[str, str]) -> tuple[list[str], str]:
    """Give a row's cells, made harmless, and what stands in its NEUTRALISED cell.

    `cells` are the row's cells by their columns' names. Only a cell that is named loses its mark when the
    file is uploaded, so that a text which begins with an apostrophe of its own keeps it.
    """
    changed = [name for name, cell in cells.items() if cell and cell.startswith(STARTS)]
    if not changed:
        return list(cells.values()), ""
    # A name with a blank in it would be read as two, perhaps of columns that are as they were.
    return [harmless(cell) for cell in cells.values()], " ".join(name for name in changed if " " not in name)
