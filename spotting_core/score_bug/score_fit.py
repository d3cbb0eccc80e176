"""From what was read of a score to which one stood when, and when it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spotting_core.score_bug.path import likeliest_path

Score = tuple[int, int]
_GOAL, _OTHER = 1.8, 5.0  # what a change costs, in readings that are not explained: by one goal, and any other
_CONFIRMED = 3
"""Readings that a score needs."""
_MOST_GOALS = 20
_MOST_STATES = 60


@dataclass(frozen=True)
class ScoreReading:
    """A score that was read: microseconds of the half, goals of home and away as they stand from left to right."""

    time: int
    score: Score


@dataclass(frozen=True)
class ScoreStretch:
    """A stretch in which one score stands.

    Arguments:
        start, end: its first and last reading, microseconds.
        agreeing, others: readings in it that say so, and that say something else.
    """

    start: int
    end: int
    score: Score
    agreeing: int
    others: int


@dataclass(frozen=True)
class ScoreChange:
    """A change of the score.

    Arguments:
        before: when the old one was last read; time: when the new one was first read, microseconds.
    """

    old: Score
    new: Score
    before: int
    time: int

    @property
    def is_goal(self) -> bool:
        """Whether one side has one more."""
        return sorted(n - o for o, n in zip(self.old, self.new, strict=True)) == [0, 1]

    def __str__(self) -> str:
        return f"{score_text(self.old)} → {score_text(self.new)}"


@dataclass(frozen=True)
class ScoreFit:
    """The score over a file: stretches in order of time, and how many readings none of them explains."""

    stretches: tuple[ScoreStretch, ...]
    rejected: int

    @property
    def changes(self) -> list[ScoreChange]:
        pairs = pairwise(self.stretches)
        return [ScoreChange(a.score, b.score, a.end, b.start) for a, b in pairs if a.score != b.score]

    def at(self, time: int) -> Score | None:
        """The score at a time; between two readings of different ones, the old one."""
        begun = [s for s in self.stretches if s.start <= time]
        return begun[-1].score if begun else None


def score_text(score: Score) -> str:
    """A score for people: ``2–1``."""
    return f"{score[0]}–{score[1]}"


def fit_score(readings: Sequence[ScoreReading]) -> ScoreFit:
    """Which score stood when; each is confirmed by several readings.

    Arguments:
        readings: in order of time.
    """
    counts = Counter(r.score for r in readings if max(r.score) <= _MOST_GOALS)
    scores = [score for score, count in counts.most_common(_MOST_STATES) if count >= _CONFIRMED]
    if not scores:
        return ScoreFit((), len(readings))
    known = np.array(scores)
    explained = (np.array([r.score for r in readings])[:, None] == known).all(2)
    change = _changes(known)
    path = likeliest_path(1.0 - explained, lambda _: change)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    parts = [np.arange(a, b) for a, b in pairwise(edges)]
    agreeing = [(own, own[explained[own, path[own]]]) for own in parts]
    stretches = tuple(
        ScoreStretch(readings[a[0]].time, readings[a[-1]].time, scores[path[own[0]]], len(a), len(own) - len(a))
        for own, a in agreeing
        if len(a) >= _CONFIRMED
    )
    return ScoreFit(stretches, len(readings) - sum(s.agreeing for s in stretches))


def _changes(scores: np.ndarray) -> np.ndarray:
    """What each change of the score costs: float (K, K)."""
    more = scores[None] - scores[:, None]
    goal = (more.min(2) == 0) & (more.sum(2) == 1)
    cost = np.where(goal, _GOAL, _OTHER)
    np.fill_diagonal(cost, 0.0)
    return cost
