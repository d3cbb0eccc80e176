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

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.games import Game, GameColumns
from spotting_core.evaluation.matching import matches
from spotting_core.evaluation.precision import VIEWS, Counts, Curves, mean_over_tolerances, tolerances_of
from spotting_core.evaluation.track import lay_out

_UNSHOWN_SCALE = 17 / 13  # 13 of the 17 classes have unshown truths in the official test set


@dataclass(frozen=True)
class SpottingReport:
    """What ``evaluate_spotting`` found.

    Arguments:
        average_map: by view (all, visible, unshown).
        per_class: class name to view to average precision, the mean over the metric's tolerances.
        truths: class name to number of truths; truths_by_view the same by view.
    """

    metric: str
    official: bool
    average_map: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float]]
    truths: Mapping[str, int] = field(default_factory=dict)
    truths_by_view: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def evaluate_spotting(
    games: Iterable[Game | GameColumns],
    classes: Sequence[str],
    *,
    metric: str = "tight",
    official: bool = False,
    occurring_only: bool = False,
) -> SpottingReport:
    """Average-mAP over games.

    Errors:
        BadInputError: an unknown metric, no game at all, or officially a position that cannot be placed.
    """
    tolerances = tolerances_of(metric)
    track = lay_out(_at_least_one(games), classes, official=official)
    hits = list(matches(track, tolerances, official=official))
    counts = Counts(track)
    by_class = _by_class(counts, hits, tolerances)  # (C, view)
    mean = _mean(by_class, counts.truths, several=len(tolerances) > 1, occurring=occurring_only or not official)
    return SpottingReport(
        metric=metric,
        official=official,
        average_map=dict(zip(VIEWS, mean.tolist(), strict=True)),
        per_class=_named(classes, by_class.tolist()),
        truths={name: int(row[0]) for name, row in zip(classes, counts.truths, strict=True)},
        truths_by_view=_named(classes, counts.truths.astype(int).tolist()),
    )


def _named(classes: Sequence[str], rows: Sequence[Sequence]) -> dict[str, dict]:
    return {name: dict(zip(VIEWS, row, strict=True)) for name, row in zip(classes, rows, strict=True)}


def _at_least_one(games: Iterable[Game | GameColumns]) -> list[Game | GameColumns]:
    every = list(games)
    if not every:
        raise BadInputError("there is no game to evaluate", fix="Check the folders of labels and predictions")
    return every


def _by_class(counts: Counts, hits: Sequence[np.ndarray], tolerances: Sequence[float]) -> np.ndarray:
    """Average precision of each class and view, the mean over tolerances, (C, view)."""
    return mean_over_tolerances(np.array([counts.curves(hit).average_precision() for hit in hits]), tolerances)


def _mean(by_class: np.ndarray, truths: np.ndarray, *, several: bool, occurring: bool) -> np.ndarray:
    """Mean over classes, (view,): of those that have a truth of the view's kind, or of all."""
    if occurring:
        present = truths > 0
        return (by_class * present).sum(0) / np.maximum(present.sum(0), 1)
    mean = by_class.mean(0)
    return mean * np.array([mean_scale(view) for view in VIEWS]) if several else mean


def mean_scale(view: str) -> float:
    """By what the official mean of a view over several tolerances is multiplied."""
    return _UNSHOWN_SCALE if view == "unshown" else 1.0


def precision_recall(
    games: Iterable[Game | GameColumns], classes: Sequence[str], tolerance: float, *, official: bool = False
) -> Curves:
    """Precision and recall of every class at one tolerance (seconds, the full window), and of all thresholds.

    Errors:
        BadInputError: no game at all, or officially a position that cannot be placed.
    """
    track = lay_out(_at_least_one(games), classes, official=official)
    return Counts(track).curves(next(matches(track, [tolerance], official=official)))
