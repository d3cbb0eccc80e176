"""Which clips somebody has watched, by the rules of ``reviews``.

A clip that is accepted has been watched to its end: what happens in it stands among the spots, and where nothing stands
nothing happens. Clips are 15 s long and follow one another from the beginning of a half, so that two people who are
asked for the same seconds are asked for the same clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.domain.stretches import Stretch
from spotting_core.store.reviews import ACCEPTED, Reviewed, ReviewStore
from spotting_core.store.tables import ClipReviewRow, ClipRow

CLIP = 15_000_000
"""Microseconds of a clip; the last one of a half may be shorter."""
PREFIX = "clip/"
"""What the names of all clips begin with."""


@dataclass(frozen=True)
class ReviewedClip(Reviewed):
    """A clip as it was left; ``end`` in microseconds of the half."""

    WHAT = "clip"

    end: int

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.half, self.time, self.end)


def clip_at(half: int, time: int, length: int) -> Stretch:
    """The clip in which a moment of a half lies.

    Arguments:
        time, length: of the half, microseconds.
    """
    start = max(0, min(time, length - 1)) // CLIP * CLIP
    return Stretch(half, start, min(start + CLIP, length))


def clips_of(half: int, length: int) -> list[Stretch]:
    """The clips of a half of some length (microseconds), in order."""
    return [clip_at(half, start, length) for start in range(0, length, CLIP)]


def origin_of_clip(clip: Stretch) -> str:
    """Name of a clip in the store; a clip is of no class."""
    return f"{PREFIX}{clip.half}-{clip.start}-"


class ClipReviews(ReviewStore[Stretch, ReviewedClip]):
    """What was said of clips in one database; a clip can be accepted and commented on, nothing else."""

    _row, _line, _kept = ClipRow, ClipReviewRow, ReviewedClip
    _own, _remarks = (), ()

    def watched(self, match_id: str) -> list[Stretch]:
        """The clips of a match that somebody has watched, in order."""
        return [review.stretch for review in self.of_match(match_id) if review.state == ACCEPTED]

    def _first(self, subject: Stretch) -> dict[str, Any]:
        if not 0 <= subject.start < subject.end or subject.half < 1:
            raise BadInputError("a clip lies in a half, from a time to a later one", fix="Choose the clip again")
        place = {"half": subject.half, "time": subject.start, "end": subject.end}
        return {**place, "source": "", "label": ""}

    def _check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {}
