"""Cells of CSV files that no spreadsheet takes for a formula, though a class, a team or a comment may look like one.

OWASP, "CSV Injection": a cell that begins with = + - @, a tab or a carriage return is run when the file is opened.
Such a text gets an apostrophe in front, which spreadsheets do not show, and loses it when it is read here.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_QUOTED = re.compile(r"^'+[=+\-@\t\r]")


def plain_cell(cell: str) -> str:
    """A text as a cell; numbers below 0 stay numbers."""
    if not _FORMULA.match(cell) or _is_number(cell):
        return cell
    return "'" + cell


def read_cell(cell: str) -> str:
    """The text of a cell that ``plain_cell`` made."""
    return cell[1:] if _QUOTED.match(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not cell.startswith(("\t", "\r"))
