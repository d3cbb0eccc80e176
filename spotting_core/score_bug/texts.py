"""What a clock and a score look like as text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDED = r"(?:\s*\+\s*(?P<more>\d{1,2})(?:[:.;](?P<more_seconds>[0-5]\d))?(?!\d))?"
_CLOCK = re.compile(rf"(?<![\d:.])(?P<minutes>\d{{1,3}})\s?[:.;]\s?(?P<seconds>[0-5]\d)(?![:.]?\d){_ADDED}")
_MISREAD_CLOCK = re.compile(
    rf"(?<![\d:.])(?P<minutes>\d{{2,3}})[-:.;Zz\s]{{0,3}}(?P<seconds>[0-5]\d)(?![:.]?\d){_ADDED}"
)
_SCORES = (
    re.compile(r"(?<!\d)(\d{1,2})\s?[-–—−:~.·_]\s?(\d{1,2})(?!\d)"),
    re.compile(r"(?<![^\W_])(\d)\s+(\d)(?!\d)"),
    re.compile(r"(?<![^\W_])(\d)(\d)(?!\d)"),  # not within a name, whose O is read as 0
)
_LONGEST = 200  # minutes that the clock of a match shows at most


@dataclass(frozen=True)
class ClockText:
    """A clock in a text: its seconds, and where in the text it stands."""

    seconds: int
    start: int
    end: int


def clock_in(text: str, *, row: bool = False) -> ClockText | None:
    """The clock that a text shows: ``m:ss``, ``mm:ss``, or ``45:00 +2:10``, whose parts are added up.

    A number of minutes alone after the plus (``45:31 +3``) is how long is added, and no time.

    Arguments:
        row: the text is that of a row in which a clock stands: one whose colon is misread or lost counts as well.
    """
    found = _CLOCK.search(text) or (_MISREAD_CLOCK.search(text) if row else None)
    if found is None or int(found["minutes"]) > _LONGEST:
        return None
    seconds = int(found["minutes"]) * 60 + int(found["seconds"])
    if found["more_seconds"] is not None:
        seconds += int(found["more"]) * 60 + int(found["more_seconds"])
    return ClockText(seconds, found.start(), found.end())


def score_in(text: str) -> tuple[int, int] | None:
    """The score that the text of a score bug's row shows, its clock left out: ``1-0``, ``1:0``, ``1 0``, or ``10``
    where the hyphen is lost."""
    clock = clock_in(text, row=True)
    parts = [text] if clock is None else [text[: clock.start], text[clock.end :]]
    found = (pattern.search(part) for pattern in _SCORES for part in parts)
    score = next((f for f in found if f is not None), None)
    return None if score is None else (int(score[1]), int(score[2]))
