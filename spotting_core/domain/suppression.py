"""From stored scores to spots: thresholds, displacement, and one spot per action.

Every system's scores go through here. A spot is an anchor moved by its displacement; of the anchors of a
class that say the same action, only the most confident one stays:

* **hard**: a spot erases what lies within half a window of it, both ends included;
* **soft-linear** (Soares et al., ICIP 2022): a spot multiplies the confidence of what lies within
  ``expansion`` half windows by a ramp that falls to ``floor`` at the spot itself;
* **local-maximum** (Hong et al., ECCV 2022): what has something surer within half a window goes, even where that
  goes as well;
* **peaks** (SciPy's ``find_peaks``, as ball-action-spotting uses it): of what lies above both its neighbours, or in the
  middle of a stretch of equals that does, a spot erases what lies within half a window of it, both ends excluded.
  Neither the first nor the last sample of which anything is said is a peak.

Widths are full widths in seconds, per class, from the class table. A spot's time is the mean of the votes
beside it (within ``VOTE`` seconds), weighted by confidence: single anchors are half a second apart. A peak keeps
its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from spotting_core.domain.classes import HARD, LOCAL, PEAKS, SOFT, VOTE, ClassTable
from spotting_core.domain.spots import Spot

METHODS = (HARD, SOFT, LOCAL, PEAKS)
DEFAULT_THRESHOLD = 0.5
NOTHING = 1e-7
"""A confidence up to which nothing is said; as it is stored, zero."""
_LEAST = 1e-3
_EQUAL = 1e-6  # seconds within which two times are the same


@dataclass(frozen=True)
class Spotting:
    """How spots are made of scores.

    Arguments:
        method: one of ``METHODS``, or empty for that of the class table.
        threshold: least confidence; thresholds gives others by class name.
        windows: full widths in seconds by class name; the class table's where not given.
        expansion: of the window, for soft-linear.
        floor: least factor, for soft-linear.
        vote: seconds; a spot's time is the mean of the votes this near to the best one; 0 for that of the best alone;
            None for those of the class table.
    """

    method: str = ""
    threshold: float = DEFAULT_THRESHOLD
    thresholds: Mapping[str, float] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    expansion: float = 2.0
    floor: float = 0.0
    vote: float | None = None

    def __post_init__(self) -> None:
        if self.method and self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}")

    def settled(self, classes: ClassTable) -> Spotting:
        """The same with what is left open as the class table says it."""
        return replace(
            self, method=self.method or classes.method, vote=classes.vote if self.vote is None else self.vote
        )


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
    spoken = spoken_samples(confidence)
    spotting = spotting.settled(classes)
    spots: list[Spot] = []
    for action in classes:
        threshold = spotting.thresholds.get(action.name, spotting.threshold)
        width = spotting.windows.get(action.name, action.suppression)
        column = confidence[:, action.index].astype(np.float64)
        voting = column >= max(threshold, _LEAST)
        if not voting.any():
            continue
        anchors = np.arange(spoken.start, spoken.stop) if spotting.method == PEAKS else np.flatnonzero(voting)
        at = times[anchors] / 1e6
        if displacement is not None:
            at = at + displacement[anchors, action.index]
        at = np.clip(at, 0, last / 1e6)
        for time, score in suppress(at, column[anchors], width, spotting, least=max(threshold, _LEAST)):
            spots.append(Spot(half, round(time * 1e6), action.name, float(score), source=source))
    return sorted(spots, key=lambda s: (s.time, s.label))


def spoken_samples(confidence: np.ndarray) -> slice:
    """The samples from the first to the last of which anything is said; confidence: (T, C)."""
    spoken = np.flatnonzero((confidence > NOTHING).any(1))
    return slice(int(spoken[0]), int(spoken[-1]) + 1) if len(spoken) else slice(0, 0)


def suppress(
    at: np.ndarray, score: np.ndarray, width: float, spotting: Spotting, *, least: float
) -> Sequence[tuple[float, float]]:
    """Keep one vote per action: (time, confidence) pairs, the most confident first; local maxima in order of time.

    Arguments:
        at: float (N,) seconds; score: float (N,); width: seconds, the window's full width. For peaks those of all
            samples, for others of the votes alone.
        least: votes below this confidence are not kept.
        spotting: hard where it leaves its method open.
    """
    order = np.argsort(at, kind="stable")
    at, left = at[order], score[order].copy()
    vote = VOTE if spotting.vote is None else spotting.vote
    if spotting.method == LOCAL:
        return [(_voted_time(at, left, k, vote), float(left[k])) for k in _local_maxima(at, left, width / 2, least)]
    if spotting.method == PEAKS:
        return [(float(at[k]), float(left[k])) for k in _peaks_apart(at, left, width / 2, least)]
    original = left.copy()
    reach = width / 2 * (spotting.expansion if spotting.method == SOFT else 1.0)
    kept: list[tuple[float, float]] = []
    while True:
        best = int(left.argmax())
        if left[best] < least:
            return kept
        kept.append((_voted_time(at, original, best, vote), float(left[best])))
        first, stop = np.searchsorted(at, [at[best] - reach - 1e-9, at[best] + reach + 1e-9])
        if spotting.method != SOFT or reach == 0:
            left[first:stop] = -1
        else:
            ramp = np.abs(at[first:stop] - at[best]) / reach
            left[first:stop] *= np.clip(spotting.floor + (1 - spotting.floor) * ramp, 0, 1)
            left[best] = -1


def _local_maxima(at: np.ndarray, score: np.ndarray, reach: float, least: float) -> Iterator[int]:
    first, stop = np.searchsorted(at, [at - reach - 1e-9, at + reach + 1e-9])
    for k in np.flatnonzero(score >= least):
        if score[first[k] : stop[k]].max() <= score[k]:
            yield int(k)


def _peaks_apart(at: np.ndarray, score: np.ndarray, reach: float, least: float) -> Iterator[int]:
    """Peaks of at least ``least``, the highest first, none nearer than ``reach`` to a higher one."""
    peaks = _peaks(score)
    peaks = peaks[score[peaks] >= least]
    places = at[peaks]
    first = np.searchsorted(places, places - reach + _EQUAL)
    stop = np.searchsorted(places, places + reach - _EQUAL)
    left = np.ones(len(peaks), bool)
    for k in np.argsort(score[peaks])[::-1]:  # of equals the order of find_peaks
        if left[k]:
            left[first[k] : stop[k]] = False
            yield int(peaks[k])


def _peaks(score: np.ndarray) -> np.ndarray:
    """Places of what lies above both its neighbours; of a stretch of equals the middle, the earlier one of two."""
    begins = np.flatnonzero(np.diff(score)) + 1
    first, last = np.concatenate([[0], begins]), np.concatenate([begins - 1, [len(score) - 1]])
    level = score[first]
    above = np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])) + 1
    middle: np.ndarray = (first[above] + last[above]) // 2
    return middle


def _voted_time(at: np.ndarray, score: np.ndarray, best: int, vote: float) -> float:
    if not vote:
        return float(at[best])
    first, stop = np.searchsorted(at, [at[best] - vote, at[best] + vote])
    return float(np.average(at[first:stop], weights=score[first:stop]))
