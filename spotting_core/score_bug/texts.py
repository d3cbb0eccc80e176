"""What a clock and a score look like as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ADDED = r"(?:\s*\+\s*(?P<more>\d{1,2})(?:[:.;](?P<more_seconds>[0-5]\d))?(?!\d))?"
_CLOCK = re.compile(rf"(?<![\d:.])(?P<minutes>\d{{1,3}})\s?[:.;]\s?(?P<seconds>[0-5]\d)(?![:.]?\d){_ADDED}")
_MISREAD_CLOCK = re.compile(
    rf"(?<![\d:.])(?P<minutes>\d{{2,3}})[-:.;Zz\s]{{0,3}}(?P<seconds>[0-5]\d)(?![:.]?\d){_ADDED}"
)
_LETTER = r"[^\W\d_]"
_DASHED = r"\d{1,2}\s?[-–—−:~.·_]\s?\d{1,2}"
_ASIDE = re.compile(
    # PEN alone may be a team, whose goals follow it.
    rf"\([^()]*\)|\(\s*\d{{1,2}}(?!\d)|\b(?:agg|pens)\b[\s:.]*{_DASHED}(?!\d)"
    rf"|\bpen\b[\s:.]*{_DASHED}(?!\d|\s*{_LETTER})",
    re.IGNORECASE,
)
"""What stands beside a score and is none: a shoot-out, as ``(4)`` or ``PENS 4-3``, and the sum of two matches."""
_SCORES = (
    re.compile(r"(?<!\d)(\d{1,2})\s?[-–—−:~.·_]\s?(\d{1,2})(?!\d)"),
    # Between two names, for two digits that nothing parts may be anything, and not within one, whose O is read as 0.
    re.compile(rf"{_LETTER}.*?(?<![^\W_])(\d)\s+(\d)(?!\d).*{_LETTER}"),
    re.compile(rf"{_LETTER}.*?(?<![^\W_])(\d)(\d)(?!\d).*{_LETTER}"),
)
# Behind a scorer stands his minute, as 67', which is no number of goals.
_TEAM = re.compile(rf".*{_LETTER}{{2}}\D*?(?:(?<!\d)\s*(?P<goals>0|[1-9]\d?)|\s[oO])[^\w'’′]*")
_NAME = re.compile(rf"(?P<name>.*{_LETTER}{{2}}\D*?)\s*(?P<goals>(?<!\d)\d{{1,2}})?\W*")
_LONGEST = 200  # minutes that the clock of a match shows at most


@dataclass(frozen=True)
class ClockText:
    """A clock in a text: its seconds, and where in the text it stands."""

    seconds: int
    start: int
    end: int


@dataclass(frozen=True)
class TeamText:
    """A team in a text: where in it the name ends, and where its goals begin and end, if they stand there."""

    name_end: int
    goals: tuple[int, int] | None


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


def score_in(text: str, *, parted: bool = False) -> tuple[int, int] | None:
    """The score that the text of a score bug's row shows, its clock left out: ``1-0``, ``1:0``, or, between two names,
    ``1 0`` and ``10`` where the hyphen is lost. Penalties of a shoot-out and the sum of two matches are no score.

    Arguments:
        parted: ``10`` is none either: the text is of a place where other numbers may stand, as in ``ROUND 12``.
    """
    clock = clock_in(text, row=True)
    parts = [text] if clock is None else [text[: clock.start], text[clock.end :]]
    alone = [" ".join(_ASIDE.sub(" ", part).split()) for part in parts]
    patterns = _SCORES[:-1] if parted else _SCORES
    found = (pattern.search(part) for pattern in patterns for part in alone)
    score = next((f for f in found if f is not None), None)
    return None if score is None else (int(score[1]), int(score[2]))


def team_in(text: str) -> TeamText | None:
    """The name of a team that a text shows, and its goals where they follow it; None where there is no name."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    return TeamText(found.end("name"), None if found["goals"] is None else found.span("goals"))


def score_of_rows(texts: Sequence[str]) -> tuple[int, int] | None:
    """The score that rows beside the clock's show: one row, or the home team's above the away team's."""
    if len(texts) == 1:
        return score_in(texts[0], parted=True)
    teams = [_TEAM.fullmatch(_ASIDE.sub(" ", text).strip()) for text in texts]
    goals = [int(team["goals"] or 0) for team in teams if team is not None]
    return (goals[0], goals[1]) if len(goals) == 2 else None
