"""Cells of CSV files that no spreadsheet takes for a formula, though a class, a team or a comment may look like one.

OWASP, "CSV Injection": a cell that begins with = + - @, a tab or a carriage return is run when the file is opened.
Such a text gets an apostrophe in front, which spreadsheets do not show, and loses it when it is read here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_QUOTED = re.compile(r"^'+[=+\-@\t\r]")


class CellWriter:
    """Writes rows of texts as CSV, none of which a spreadsheet runs.

    A row with a carriage return in it is quoted as a whole: Python's writer leaves such a cell bare where lines end
    otherwise, and it would be read as the end of its line.
    """

    def __init__(self, handle: TextIO) -> None:
        self._usual = csv.writer(handle, lineterminator="\n")
        self._quoted = csv.writer(handle, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(self, cells: Iterable[str]) -> None:
        """Write one row."""
        row = [plain_cell(cell) for cell in cells]
        (self._quoted if any("\r" in cell for cell in row) else self._usual).writerow(row)


def plain_cell(cell: str) -> str:
    """A text as a cell; numbers below 0 stay numbers."""
    if not _FORMULA.match(cell) or _is_number(cell):
        return cell
    return "'" + cell


def read_cell(cell: str) -> str:
    """The text of a cell that ``plain_cell`` made."""
    return cell[1:] if cell[:1] == "'" and _QUOTED.match(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not cell.startswith(("\t", "\r"))
