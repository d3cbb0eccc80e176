"""Which half of extra time a video holds, by its name: ``ET1``, ``extra time 2``, ``1st extra``, ``Verlängerung 2``."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

NOT_WHICH = 0
"""Of a name that says extra time, and not which half of it."""
_BETWEEN = re.compile(r"[\s_.-]+")
_EXTRA_TIME = r"(?i:extra ?time|verl(?:ä|ae)ngerung|pr[oó]rroga|prolongations?|supplementari)"
_HALF = r"(?i:(?: (?:half|period|halbzeit|parte|tiempo|tempo|mi temps))?(?: (?:of|in|der|de la|de|di))?)"
_ORDINALS = {
    1: r"(?i:1st|first|erste|primer[ao]?|primo|premi[eè]re?)",
    2: r"(?i:2nd|second|zweite|segund[ao]|secondo|deuxi[eè]me)",
}


def _forms(number: int) -> re.Pattern[str]:
    """Names of a half of extra time; "et" is a word of French, and with a space behind it counts in capitals alone."""
    ordinal = _ORDINALS[number]
    behind = rf"(?:(?i:et){number}|ET {number}|(?:{_EXTRA_TIME}|(?i:extra)){_HALF} ?(?:{number}|{ordinal}))"
    before = rf"{ordinal}{_HALF} ?(?:ET|{_EXTRA_TIME}|(?i:extra))"
    return re.compile(rf"(?<![^\W_])(?:{behind}|{before})(?![^\W_])")


_OF_HALF = {number: _forms(number) for number in _ORDINALS}
_ANY = re.compile(rf"(?<![^\W_])(?:ET|{_EXTRA_TIME})(?![^\W_])")


def extra_half(video: Path) -> int | None:
    """The half of extra time that a video's name says it holds: 1, 2, or ``NOT_WHICH``; None where it says none."""
    name = _BETWEEN.sub(" ", unicodedata.normalize("NFC", video.stem))
    of = [number for number, form in _OF_HALF.items() if form.search(name)]
    if len(of) == 1:
        return of[0]
    return NOT_WHICH if of or _ANY.search(name) else None
