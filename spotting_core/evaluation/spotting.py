"""Average-mAP of spotted actions, as SoccerNet defines it and with its flaws corrected.

The official metric (SoccerNet pip package 0.2.0) puts truths and predictions into cells of half a second,
matches them greedily, and averages an 11-point interpolated precision over classes and tolerances. A
tolerance of d seconds is the full width of the window: a prediction counts within d/2 of a truth, give or
take a cell. ``official=False`` differs in three things, each of which the official metric gets wrong:

* times stay exact: two truths in one half second are two, and the tolerance is what it says;
* at every confidence as many truths are matched as can be, not as many as the greedy order finds;
* a class without truth is left out of the mean, not counted as 0.

With ``occurring_only`` the official metric, too, is averaged over the classes that occur: that is what the
bundled models report, for the rendered matches have no substitutions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from spotting_core.errors import BadInputError
from spotting_core.spots import Spot

CELLS_PER_SECOND = 2
CELLS = 120 * 60 * CELLS_PER_SECOND
THRESHOLDS = np.linspace(0, 1, 200)
METRICS: Mapping[str, tuple[float, ...]] = {
    "loose": tuple(float(d) for d in range(5, 61, 5)),
    "tight": (1.0, 2.0, 3.0, 4.0, 5.0),
    **{f"at{d}": (float(d),) for d in range(1, 6)},
}
VIEWS = ("all", "visible", "unshown")
_GAME_SPAN = 10 * CELLS  # distance between the time axes of two halves on the common axis


@dataclass(frozen=True)
class Game:
    """True and predicted spots of one game."""

    name: str
    truth: Sequence[Spot]
    predicted: Sequence[Spot]


@dataclass(frozen=True)
class SpottingReport:
    """What ``evaluate_spotting`` found.

    Arguments:
        average_map: by view (all, visible, unshown).
        per_class: class name to view to average precision, the mean over the metric's tolerances.
        truths: class name to number of truths.
    """

    metric: str
    official: bool
    average_map: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float]]
    truths: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    """Truths and detections of one class over all halves, on one common axis, sorted by place.

    ``nearest``: +1 or -1, visibility of the truth nearest to each detection; -1 where its half has none.
    """

    truth: np.ndarray
    visible: np.ndarray
    detection: np.ndarray
    score: np.ndarray
    nearest: np.ndarray


def evaluate_spotting(
    games: Iterable[Game],
    classes: Sequence[str],
    *,
    metric: str = "tight",
    official: bool = False,
    occurring_only: bool = False,
) -> SpottingReport:
    """Average-mAP over games.

    Errors:
        BadInputError: an unknown metric, or no game at all.
    """
    if metric not in METRICS:
        raise BadInputError(f"there is no metric {metric!r}", fix=f"Known metrics: {', '.join(METRICS)}")
    every = list(games)
    if not every:
        raise BadInputError("there is no game to evaluate", fix="Check the folders of labels and predictions")
    tolerances = METRICS[metric]
    columns = [_column(every, name, official) for name in classes]
    precision = np.array([[_average_precisions(c, d, official) for d in tolerances] for c in columns])  # (C, D, view)
    over_tolerances = _mean_over_tolerances(precision, tolerances)  # (C, view)
    counts = [len(c.truth) for c in columns]
    if occurring_only or not official:
        mean = _mean_of_occurring(over_tolerances, columns)
    else:
        mean = over_tolerances.mean(0)
        if len(tolerances) > 1:  # 13 of the 17 classes have unshown truths in the official test set
            mean = mean * np.array([1, 1, 17 / 13])
    return SpottingReport(
        metric=metric,
        official=official,
        average_map=dict(zip(VIEWS, (float(m) for m in mean), strict=True)),
        per_class={
            name: dict(zip(VIEWS, (float(v) for v in row), strict=True))
            for name, row in zip(classes, over_tolerances, strict=True)
        },
        truths=dict(zip(classes, counts, strict=True)),
    )


def _mean_of_occurring(precision: np.ndarray, columns: Sequence[_Column]) -> np.ndarray:
    """Mean over the classes that have a truth of the view's kind: (C, view) to (view,)."""
    present = np.array([[len(c.truth) > 0, (c.visible > 0).any(), (c.visible < 0).any()] for c in columns])
    return (precision * present).sum(0) / np.maximum(present.sum(0), 1)


def _mean_over_tolerances(values: np.ndarray, tolerances: Sequence[float]) -> np.ndarray:
    """Trapezoid over the tolerances divided by their span; one tolerance is itself."""
    if len(tolerances) == 1:
        return values[:, 0]
    return np.trapezoid(values, np.array(tolerances), axis=1) / (tolerances[-1] - tolerances[0])


# --- from spots to columns ----------------------------------------------------------------------------


def cell_of(milliseconds: int) -> int:
    """The official cell of a position: cut towards zero, late ones into the last cell.

    A negative position gives a negative cell, which wraps to the end of the half.
    """
    cell = min(int(CELLS_PER_SECOND * (milliseconds / 1000)), CELLS - 1)
    return cell + CELLS if cell < 0 else cell


def _column(games: Sequence[Game], label: str, official: bool) -> _Column:
    truth: list[tuple[float, int]] = []
    detections: list[tuple[float, float]] = []
    nearest: list[int] = []
    for g, game in enumerate(games):
        for half in (1, 2):
            base = (2 * g + half - 1) * _GAME_SPAN
            true = [s for s in game.truth if s.half == half and s.label == label]
            said = [s for s in game.predicted if s.half == half and s.label == label]
            here, found = (_official_half if official else _exact_half)(true, said)
            nearest += _nearest_visibility(here, [place for place, _ in found], official)
            truth += [(base + place, seen) for place, seen in here]
            detections += [(base + place, score) for place, score in found]
    return _Column(
        np.array([p for p, _ in truth], np.float64),
        np.array([v for _, v in truth], np.int8),
        np.array([p for p, _ in detections], np.float64),
        np.array([s for _, s in detections], np.float64),
        np.array(nearest, np.int8),
    )


def _official_half(true: Sequence[Spot], said: Sequence[Spot]) -> tuple[list, list]:
    """Cells with visibility, and cells with score, of one class and half; later lines overwrite."""
    truth = {cell_of(round(s.time / 1000)): -1 if s.visible is False else 1 for s in true}
    cells = {cell_of(round(s.time / 1000)): float(s.confidence or 0) for s in said}
    return sorted(truth.items()), sorted((c, v) for c, v in cells.items() if v >= 0)


def _exact_half(true: Sequence[Spot], said: Sequence[Spot]) -> tuple[list, list]:
    """The same at exact times, in cells but not rounded to them."""
    truth = [(s.seconds * CELLS_PER_SECOND, -1 if s.visible is False else 1) for s in true]
    found = [(s.seconds * CELLS_PER_SECOND, float(s.confidence or 0)) for s in said]
    return sorted(truth), sorted(found)


def _nearest_visibility(truth: Sequence[tuple[float, int]], places: Sequence[float], official: bool) -> list[int]:
    """Visibility of the truth nearest to each place; the official borders are whole cells."""
    if not truth:
        return [-1] * len(places)
    at = [p for p, _ in truth]
    middle = [(a + b) // 2 if official else (a + b) / 2 for a, b in pairwise(at)]
    return [truth[int(i)][1] for i in np.searchsorted(np.array(middle), np.array(places), side="right")]


# --- matching and precision ---------------------------------------------------------------------------


def _average_precisions(column: _Column, tolerance: float, official: bool) -> tuple[float, float, float]:
    """Average precision of one class at one tolerance: all, visible, unshown."""
    # Cells are half seconds, so half of a window of d seconds is d cells.
    hit = greedy_matches(column, tolerance) if official else best_matches(column, tolerance)
    seen, hidden = column.nearest > 0, column.nearest < 0
    visible, unshown = int((column.visible > 0).sum()), int((column.visible < 0).sum())
    return (
        _interpolated(column.score, hit, visible + unshown),
        _interpolated(column.score[seen], hit[seen], visible),
        _interpolated(column.score[hidden], hit[hidden], unshown),
    )


def greedy_matches(column: _Column, reach: float) -> np.ndarray:
    """The official matching: truths in order of time take the most confident free detection in reach.

    Returns bool (N,), which detections are matched.
    """
    hit = np.zeros(len(column.detection), bool)
    first = np.searchsorted(column.detection, column.truth - reach, side="left")
    stop = np.searchsorted(column.detection, column.truth + reach, side="right")
    scores = column.score.tolist()
    taken: set[int] = set()
    for lo, hi in zip(first.tolist(), stop.tolist(), strict=True):
        best, best_score = -1, -1.0
        for i in range(lo, hi):
            if scores[i] > best_score and i not in taken:
                best, best_score = i, scores[i]
        if best >= 0:
            taken.add(best)
            hit[best] = True
    return hit


def best_matches(column: _Column, reach: float) -> np.ndarray:
    """The most confident set of detections that can all be matched, to a truth of their own each.

    Detections are taken in falling order of confidence if the truths can be rearranged to make room
    (augmenting paths), which maximises the number of matches at every confidence at once.
    """
    first = np.searchsorted(column.truth, column.detection - reach - 1e-9, side="left")
    stop = np.searchsorted(column.truth, column.detection + reach + 1e-9, side="right")
    owner: dict[int, int] = {}
    hit = np.zeros(len(column.detection), bool)

    def settle(detection: int, visited: set[int]) -> bool:
        for truth in range(first[detection], stop[detection]):
            if truth in visited:
                continue
            visited.add(truth)
            if truth not in owner or settle(owner[truth], visited):
                owner[truth] = detection
                return True
        return False

    for detection in np.argsort(-column.score, kind="stable"):
        if first[detection] < stop[detection]:
            hit[detection] = settle(int(detection), set())
    return hit


def _interpolated(score: np.ndarray, hit: np.ndarray, truths: int) -> float:
    """11-point interpolated average precision at the official 200 thresholds."""
    if truths == 0 or not len(score):
        return 0.0
    order = np.argsort(score)
    ranked, hits = score[order], np.concatenate([[0], np.cumsum(hit[order])])
    below = np.searchsorted(ranked, THRESHOLDS, side="left")
    detected = len(score) - below
    true = hits[-1] - hits[below]
    precision = np.divide(true, detected, out=np.zeros(len(THRESHOLDS)), where=detected > 0)
    recall = true / truths
    levels = np.arange(11) / 10
    return float(np.mean([precision[recall >= level].max(initial=0.0) for level in levels]))


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def bootstrap_over_games(
    games: Sequence[Game], classes: Sequence[str], *, metric: str, official: bool, samples: int = 200, seed: int = 0
) -> Interval:
    """Average-mAP over the occurring classes with a percentile interval over games drawn with replacement."""
    rng = np.random.default_rng(seed)
    options = {"metric": metric, "official": official, "occurring_only": True}
    value = evaluate_spotting(games, classes, **options).average_map["all"]  # type: ignore[arg-type]
    draws = []
    for _ in range(samples):
        drawn = [games[i] for i in rng.integers(0, len(games), len(games))]
        draws.append(evaluate_spotting(drawn, classes, **options).average_map["all"])  # type: ignore[arg-type]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Interval(value, float(low), float(high))
