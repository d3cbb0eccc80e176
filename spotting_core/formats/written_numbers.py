"""Numbers and clocks as spreadsheets of any country write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spotting_core.base.errors import BadInputError
from spotting_core.domain.clock import parse_clock

_THOUSANDS = re.compile(r"([+-]?\d{1,3})((?:[ \u00a0\u202f\u2009'’]\d{3})+)((?:[.,]\d+)?)")
_DIGITS = re.compile(r"(?:[0-9]{1,15}(?:\.[0-9]{1,30})?\n)*")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*([.,]\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_ZERO_DATE = re.compile(r"^(?:1899-12-3[01]|1900-01-0[01]|30[./]12[./]1899|12/30/1899|0?1[./]0?0[./]1900)[T ]+(.+)$")
_NOON = re.compile(r"^(\d{1,2})(:\d{2}:\d{2}(?:[.,]\d+)?)\s*([ap])\.?m\.?$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}[.-]?\s?[A-Za-zäéûÄ]{3,9}\.?")


_FIRST = "1|1st|first|h1|1h|1st half|first half|half 1"
_SECOND = "2|2nd|second|h2|2h|2nd half|second half|half 2"


def named_half(text: str) -> int | None:
    """The number of a half as people write it, ``2``, ``2nd half`` or ``H2``; None where it says none."""
    plain = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    return next((number for number, words in ((1, _FIRST), (2, _SECOND)) if plain in words.split("|")), None)


def plain_numbers(cells: Iterable[str], *, comma: bool) -> list[float] | None:
    """Many texts at once, if all of them are finite numbers of nothing but digits and a point; else None.

    Arguments:
        comma: whether it may be a comma (see ``parse_number``, which reads them alike, one by one).
    """
    cells = list(cells)
    text = "\n".join([*cells, ""])
    text = text.replace(",", ".") if comma else text
    if not _DIGITS.fullmatch(text):
        return None
    numbers = list(map(float, text.split()))
    return numbers if len(numbers) == len(cells) else None  # a cell may hold several lines


def parse_number(text: str, *, comma: bool = True) -> float:
    """A number with a decimal point or comma, in percent, and with thousands set apart where that is certain.

    Arguments:
        comma: whether ``1,234`` is 1.234, as where cells are parted by semicolons; else it may be either.

    Errors:
        ValueError: it is none, or may be two.
    """
    bare = text.strip()
    if bare.endswith("%"):
        return parse_number(bare[:-1], comma=comma) / 100
    spaced = _THOUSANDS.fullmatch(bare)  # 12'43 is no 1243
    if spaced:
        bare = spaced[1] + re.sub(r"\D", "", spaced[2]) + spaced[3]
    if _PLAIN.fullmatch(bare):
        return float(bare)
    grouped = _GROUPED.fullmatch(bare)
    if grouped and grouped[2] and grouped[2][0] != grouped[1]:
        return float(bare.replace(grouped[1], "").replace(",", "."))
    if _COMMA.fullmatch(bare):
        if not comma and len(bare.split(",")[1]) == 3 and bare.split(",")[0].lstrip("+-") not in ("", "0"):
            raise ValueError(f"{text!r} may have thousands or a decimal comma")
        return float(bare.replace(",", "."))
    raise ValueError(f"{text!r} is no number")


def parse_time(text: str) -> int:
    """Microseconds of a clock, also as a spreadsheet shows it: with the day that its calendar begins with, or AM.

    Errors:
        BadInputError: it is none, or a date.
    """
    bare = text.strip()
    dated = _ZERO_DATE.match(bare)
    bare = dated[1] if dated else bare
    noon = _NOON.match(bare)
    if noon:
        hour = int(noon[1]) % 12 + (12 if noon[3].lower() == "p" else 0)
        bare = f"{hour}{noon[2]}"
    if _DATE.match(bare):
        raise BadInputError(
            f"{text!r} is a date, which a spreadsheet has made of a time",
            fix="Format the column as text, and write the times anew",
        )
    return parse_clock(bare)
