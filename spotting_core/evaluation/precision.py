"""From matched detections to precision, recall and their averages, for all classes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.track import Track

THRESHOLDS = np.linspace(0, 1, 200)
METRICS: Mapping[str, tuple[float, ...]] = {
    "loose": tuple(float(d) for d in range(5, 61, 5)),
    "tight": (1.0, 2.0, 3.0, 4.0, 5.0),
    **{f"at{d}": (float(d),) for d in range(1, 6)},
}
VIEWS = ("all", "visible", "unshown")
_LEVELS = np.arange(11) / 10


def tolerances_of(metric: str) -> tuple[float, ...]:
    """The tolerances of a metric in seconds.

    Errors:
        BadInputError: no such metric.
    """
    if metric not in METRICS:
        raise BadInputError(f"there is no metric {metric!r}", fix=f"Known metrics: {', '.join(METRICS)}")
    return METRICS[metric]


@dataclass(frozen=True)
class Curves:
    """Precision and recall, float64 (C, view, threshold), at the official 200 thresholds."""

    precision: np.ndarray
    recall: np.ndarray

    def average_precision(self) -> np.ndarray:
        """11-point interpolated average precision, (C, view).

        At each level of recall the best precision among the thresholds that reach it; recall falls as the
        threshold rises, so those thresholds are the first ones.
        """
        best = np.maximum.accumulate(self.precision, axis=-1)
        reaching = (self.recall[..., None] >= _LEVELS).sum(-2)  # (C, view, level)
        at_level = np.take_along_axis(best, np.maximum(reaching - 1, 0), axis=-1)
        return np.where(reaching > 0, at_level, 0.0).mean(-1)


class Counts:
    """Detections and truths of a track by class, view and confidence.

    Arguments:
        times: how often each of its games counts, (games,); once where not given.
    """

    def __init__(self, track: Track, times: np.ndarray | None = None) -> None:
        level = np.searchsorted(THRESHOLDS, track.score, side="right")  # thresholds that each score reaches
        self._bin = (track.column.astype(np.int64) * 2 + (track.nearest < 0)) * (len(THRESHOLDS) + 1) + level
        self._columns = track.columns
        self._times = None if times is None else times[track.game].astype(np.float64)
        self._detected = self._at_least(np.ones(len(track.score), bool))
        kinds = track.truth_column.astype(np.int64) * 2 + (track.visible < 0)
        truth_times = None if times is None else times[track.truth_game].astype(np.float64)
        counts = np.bincount(kinds, truth_times, 2 * track.columns).reshape(track.columns, 2)
        self.truths = np.stack([counts.sum(1), counts[:, 0], counts[:, 1]], axis=1)
        """Truths, (C, view)."""

    def _at_least(self, which: np.ndarray) -> np.ndarray:
        """How many of some detections reach each threshold, (C, view, threshold)."""
        bins = self._columns * 2 * (len(THRESHOLDS) + 1)
        times = None if self._times is None else self._times[which]
        counts = np.bincount(self._bin[which], times, bins)
        split = counts.reshape(self._columns, 2, -1)[..., ::-1].cumsum(-1)[..., ::-1][..., 1:]
        return np.stack([split.sum(1), split[:, 0], split[:, 1]], axis=1)

    def curves(self, hit: np.ndarray) -> Curves:
        """Precision and recall given which detections are matched, bool (N,)."""
        true = self._at_least(hit)
        precision = np.divide(true, self._detected, out=np.zeros(true.shape), where=self._detected > 0)
        truths = np.broadcast_to(self.truths[..., None], true.shape)
        recall = np.divide(true, truths, out=np.zeros(true.shape), where=truths > 0)
        return Curves(precision, recall)


def mean_over_tolerances(values: np.ndarray, tolerances: Sequence[float]) -> np.ndarray:
    """Trapezoid over the first axis divided by its span; one tolerance is itself."""
    if len(tolerances) == 1:
        return values[0]
    return np.trapezoid(values, np.array(tolerances), axis=0) / (tolerances[-1] - tolerances[0])
