"""From stored scores to spots: thresholds, displacement, and one spot per action.

Every system's scores go through here. A spot is an anchor moved by its displacement; of the anchors of a
class that say the same action, only the most confident one stays:

* **hard**: a spot erases what lies within half a window of it, both ends included;
* **soft-linear** (Soares et al., ICIP 2022): a spot multiplies the confidence of what lies within
  ``expansion`` half windows by a ramp that falls to ``floor`` at the spot itself.

Widths are full widths in seconds, per class, from the class table. A spot's time is the mean of the votes
beside it (within ``VOTE`` seconds), weighted by confidence: single anchors are half a second apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from spotting_core.domain.classes import ClassTable
from spotting_core.domain.spots import Spot

HARD, SOFT = "hard", "soft-linear"
DEFAULT_THRESHOLD = 0.5
VOTE = 0.75
"""Seconds: votes further than this from the best one are for something else, where nothing else is said."""
_LEAST = 1e-3


@dataclass(frozen=True)
class Spotting:
    """How spots are made of scores.

    Arguments:
        method: ``hard`` or ``soft-linear``.
        threshold: least confidence; thresholds gives others by class name.
        windows: full widths in seconds by class name; the class table's where not given.
        expansion: of the window, for soft-linear.
        floor: least factor, for soft-linear.
        vote: seconds; a spot's time is the mean of the votes this near to the best one; 0 for that of the best alone.
    """

    method: str = HARD
    threshold: float = DEFAULT_THRESHOLD
    thresholds: Mapping[str, float] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    expansion: float = 2.0
    floor: float = 0.0
    vote: float = VOTE

    def __post_init__(self) -> None:
        if self.method not in (HARD, SOFT):
            raise ValueError(f"method must be {HARD!r} or {SOFT!r}, not {self.method!r}")


def spots_of_half(
    half: int,
    times: np.ndarray,
    confidence: np.ndarray,
    displacement: np.ndarray | None,
    classes: ClassTable,
    spotting: Spotting,
    *,
    source: str,
    end: int | None = None,
) -> list[Spot]:
    """Spots of one half, in order of time.

    Arguments:
        times: int64 (T,) microseconds; confidence, displacement: (T, C), the latter in seconds or None.
        end: last possible time of a spot (microseconds); the last sample's if not given.
    """
    last = int(times[-1]) if end is None else end
    spots: list[Spot] = []
    for action in classes:
        threshold = spotting.thresholds.get(action.name, spotting.threshold)
        width = spotting.windows.get(action.name, action.suppression)
        column = confidence[:, action.index].astype(np.float64)
        anchors = np.flatnonzero(column >= max(threshold, _LEAST))
        if not len(anchors):
            continue
        at = times[anchors] / 1e6
        if displacement is not None:
            at = at + displacement[anchors, action.index]
        at = np.clip(at, 0, last / 1e6)
        for time, score in suppress(at, column[anchors], width, spotting, least=max(threshold, _LEAST)):
            spots.append(Spot(half, round(time * 1e6), action.name, float(score), source=source))
    return sorted(spots, key=lambda s: (s.time, s.label))


def suppress(
    at: np.ndarray, score: np.ndarray, width: float, spotting: Spotting, *, least: float
) -> Sequence[tuple[float, float]]:
    """Keep one vote per action: (time, confidence) pairs, the most confident first.

    Arguments:
        at: float (N,) seconds; score: float (N,); width: seconds, the window's full width.
        least: votes below this confidence are not kept.
    """
    order = np.argsort(at, kind="stable")
    at, left = at[order], score[order].copy()
    original = left.copy()
    reach = width / 2 * (spotting.expansion if spotting.method == SOFT else 1.0)
    kept: list[tuple[float, float]] = []
    while True:
        best = int(left.argmax())
        if left[best] < least:
            return kept
        kept.append((_voted_time(at, original, best, spotting.vote), float(left[best])))
        first, stop = np.searchsorted(at, [at[best] - reach - 1e-9, at[best] + reach + 1e-9])
        if spotting.method == HARD or reach == 0:
            left[first:stop] = -1
        else:
            ramp = np.abs(at[first:stop] - at[best]) / reach
            left[first:stop] *= np.clip(spotting.floor + (1 - spotting.floor) * ramp, 0, 1)
            left[best] = -1


def _voted_time(at: np.ndarray, score: np.ndarray, best: int, vote: float) -> float:
    if not vote:
        return float(at[best])
    first, stop = np.searchsorted(at, [at[best] - vote, at[best] + vote])
    return float(np.average(at[first:stop], weights=score[first:stop]))
