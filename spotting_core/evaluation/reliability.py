"""Whether confidence means what it says: of predictions of confidence .8, are four in five right?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.evaluation.games import Game, GameColumns
from spotting_core.evaluation.matching import matches
from spotting_core.evaluation.track import lay_out

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Predictions by confidence, in bins of equal width.

    Arguments:
        middle: float (B,), the middle of each bin; count: int (B,), its predictions.
        confidence, right: float (B,), their mean confidence and the share that is right; 0 in empty bins.
        expected_error: mean distance of the two, weighted by count (Naeini et al., AAAI 2015).
    """

    middle: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    right: np.ndarray
    expected_error: float


def reliability(score: np.ndarray, hit: np.ndarray, bins: int = BINS) -> Reliability:
    """Reliability of scores (N,) given which are right, bool (N,); scores outside 0 to 1 go to the end bins."""
    own = np.clip((score * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(own, minlength=bins)
    filled = np.maximum(count, 1)
    confidence = np.bincount(own, score, minlength=bins) / filled
    right = np.bincount(own, hit.astype(np.float64), minlength=bins) / filled
    error = float((np.abs(confidence - right) * count).sum() / max(1, count.sum()))
    return Reliability((np.arange(bins) + 0.5) / bins, count, confidence, right, error)


def reliability_of(
    games: Iterable[Game | GameColumns], classes: Sequence[str], tolerance: float, label: str | None = None
) -> Reliability:
    """Reliability of predictions, right where the corrected metric matches them at a tolerance (seconds, the full
    window); of one class, or of all."""
    track = lay_out(list(games), classes, official=False)
    hit = next(matches(track, [tolerance], official=False))
    own = np.ones(len(hit), bool) if label is None else track.column == list(classes).index(label)
    return reliability(track.score[own], hit[own])
