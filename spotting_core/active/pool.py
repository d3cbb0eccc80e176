"""The clips that an annotator may be asked for: halves cut into stretches that follow one another.

Giancola et al., "Towards Active Learning for Action Spotting in Association Football Videos" (CVPRW 2023) asks for
clips of 15 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch

_WATCHED = 0.5  # of a clip, at least
_NAMED = 3


@dataclass(frozen=True)
class PoolClip:
    """Samples ``start`` to ``stop`` (exclusive) of a half, which is named by its place among the pool's."""

    half: int
    start: int
    stop: int


@dataclass(frozen=True)
class Pool:
    """Every clip of some matches of which it is known what is true: where not all of a half was watched, as in a data
    set, those that were for half of their length at least.

    Arguments:
        seconds: length of a clip; the last of a half may be shorter.

    Errors:
        BadInputError: there is no match, a clip has not one sample, or none was watched.
    """

    matches: Sequence[LabelledMatch]
    seconds: float

    def __post_init__(self) -> None:
        if not self.halves:
            raise BadInputError("the pool is empty: there is no match to ask for clips of", fix="Add matches")
        if self.samples < 1:
            rate = self.halves[0].samples.rate
            raise BadInputError(
                f"clips of {self.seconds:g} s have no sample at {rate:g} samples a second", fix="Make them longer"
            )
        if not self.clips:
            names = ", ".join(match.name for match in self.matches[:_NAMED])
            raise BadInputError(
                f"nobody has watched half of a clip of {self.seconds:g} s in {names}",
                fix="Have more watched, or make clip shorter",
            )

    @cached_property
    def halves(self) -> list[LabelledHalf]:
        return [half for match in self.matches for half in match.halves]

    @property
    def samples(self) -> int:
        """Samples of a clip."""
        return round(self.seconds * self.halves[0].samples.rate)

    @cached_property
    def clips(self) -> list[PoolClip]:
        return [
            PoolClip(number, start, min(start + self.samples, len(half)))
            for number, half in enumerate(self.halves)
            for start in range(0, len(half), self.samples)
            if half.watched is None or half.watched[start : start + self.samples].mean() >= _WATCHED
        ]

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Seconds of every clip: float64 (N,)."""
        return np.array([(c.stop - c.start) / self.halves[c.half].samples.rate for c in self.clips])

    @cached_property
    def actions(self) -> np.ndarray:
        """How many actions lie in every clip: int64 (N,). Whoever chooses must not look at it."""
        moments = [np.array([h.samples.nearest_sample(m) for _, m in h.known], np.int64) for h in self.halves]
        inside = [(moments[c.half] >= c.start) & (moments[c.half] < c.stop) for c in self.clips]
        return np.array([there.sum() for there in inside], np.int64)

    @cached_property
    def features(self) -> np.ndarray:
        """Mean features of every clip, by which two of them are alike: float32 (N, D).

        Errors:
            BadInputError: the system reads no features.
        """
        means = []
        for clip in self.clips:
            rows = self.halves[clip.half].samples.features
            if rows is None:
                raise BadInputError(
                    "clips can be told apart by features alone, and this system reads none",
                    fix="Leave out diversity, or choose a system that reads features",
                )
            means.append(rows.rows(clip.start, clip.stop).mean(0))
        return np.stack(means).astype(np.float32)

    def watched(self, chosen: Iterable[int]) -> list[LabelledMatch]:
        """The matches of which nothing is known but what lies in some clips; those without one are left out.

        Arguments:
            chosen: numbers of clips.
        """
        masks = [np.zeros(len(half), bool) for half in self.halves]
        for number in chosen:
            clip = self.clips[number]
            masks[clip.half][clip.start : clip.stop] = True
        left = iter(masks)
        matches = [
            replace(match, halves=[replace(half, watched=_both(next(left), half.watched)) for half in match.halves])
            for match in self.matches
        ]
        known = [replace(m, halves=[h for h in m.halves if h.watched is not None and h.watched.any()]) for m in matches]
        return [match for match in known if match.halves]


def _both(mask: np.ndarray, watched: np.ndarray | None) -> np.ndarray:
    """What of some samples is known: bool (T,)."""
    return mask if watched is None else mask & watched
