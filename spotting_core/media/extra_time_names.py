"""Which half of extra time a video holds, by its name: ``ET1``, ``extra time 2``, ``1st extra``, ``Verlängerung 2``.

A match may be called by such words too (``NORD ET SUD``, ``Cup final after extra time``), so what all videos of a
folder have in their names says nothing of one of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from pathlib import Path


class ExtraHalf(Enum):
    """What a name says of extra time: which half, or not which."""

    FIRST = 1
    SECOND = 2
    NOT_WHICH = 0

    @property
    def known(self) -> bool:
        """Whether it is said which half."""
        return self is not ExtraHalf.NOT_WHICH


_BETWEEN = re.compile(r"[\s_.-]+")
_SIZE = re.compile(r" (?:\d{3,4}p|HQ)$")
_EXTRA_TIME = r"(?i:extra ?time|verl(?:ä|ae)ngerung|pr[oó]rroga|prolongations?|supplementari)"
_HALF_WORD = r"(?i:half|period|halbzeit|parte|tiempo|tempo|mi temps)"
_HALF = rf"(?:(?: {_HALF_WORD})?(?i: (?:of|in|der|de la|de|di))?)"
_ORDINALS = {
    ExtraHalf.FIRST: r"(?i:1st|first|erste|primer[ao]?|primo|premi[eè]re?)",
    ExtraHalf.SECOND: r"(?i:2nd|second|zweite|segund[ao]|secondo|deuxi[eè]me)",
}


def _forms(half: ExtraHalf) -> str:
    """Names of a half of extra time.

    "Et" is a word of French: with a space behind it counts in capitals and at the end alone, not between numbers.
    "Extra" alone may be a film about the match: it counts at the end, behind which half it is.
    """
    ordinal, number = _ORDINALS[half], half.value
    behind = rf"(?i:et){number}|(?<!\d )ET {number}$|{_EXTRA_TIME}{_HALF} ?(?:{number}|{ordinal})"
    return rf"(?:{behind}|{ordinal}{_HALF} ?(?:ET|{_EXTRA_TIME}|(?i:extra)$))"


_OF_HALF = {half: re.compile(rf"(?<![^\W_]){_forms(half)}(?![^\W_])") for half in _ORDINALS}
_NOT_WHICH = re.compile(rf"(?:ET|{_EXTRA_TIME})(?i: (?:part|teil|parte|partie) ?\d{{1,2}}| [a-z])?")
_FIRST_HALF = re.compile(rf"{_ORDINALS[ExtraHalf.FIRST]}(?: {_HALF_WORD})?|(?:{_HALF_WORD}|(?i:h)) ?1|1")


def extra_halves(videos: Sequence[Path]) -> dict[Path, ExtraHalf]:
    """Which videos of a folder say by their names that they are of extra time.

    None where all do, for then the match may be called so, but where no name is anything else (``ET1`` and ``ET2``).
    """
    whole = {video: half for video in videos if (half := _whole_half(_words_of(video)))}
    if len(whole) == len(videos) > 1:
        return whole
    marked = {video: half for video, name in _own_names(videos).items() if (half := _half_in(name))}
    return marked if len(marked) < len(videos) else {}


def extra_half(name: str) -> ExtraHalf | None:
    """What a name alone says of extra time; None where it says none."""
    return _half_in(_words(name))


def is_first_half(video: Path, videos: Sequence[Path]) -> bool:
    """Whether one of a folder's videos says by its name that it is a match's first half: ``first``, ``H1``."""
    return _FIRST_HALF.fullmatch(_own_names(videos)[video]) is not None


def _own_names(videos: Sequence[Path]) -> dict[Path, str]:
    """Names of videos without the words that all of them have."""
    names = {video: _words_of(video).split() for video in videos}
    common = set.intersection(*({word.lower() for word in words} for words in names.values())) if names else set()
    return {video: " ".join(word for word in words if word.lower() not in common) for video, words in names.items()}


def _half_in(name: str) -> ExtraHalf | None:
    of = [half for half, form in _OF_HALF.items() if form.search(name)]
    if len(of) == 1:
        return of[0]
    return ExtraHalf.NOT_WHICH if of or _NOT_WHICH.fullmatch(name) else None


def _whole_half(name: str) -> ExtraHalf | None:
    return next((half for half, form in _OF_HALF.items() if form.fullmatch(name)), None)


def _words_of(video: Path) -> str:
    return _SIZE.sub("", _words(video.stem))


def _words(name: str) -> str:
    return _BETWEEN.sub(" ", unicodedata.normalize("NFC", name)).strip()
