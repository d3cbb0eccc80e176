"""How sure average precision is, and the difference of two systems: a bootstrap, paired over all systems.

What is drawn with replacement are matches, or, where there are fewer than ``FEW_GAMES``, minutes of them (a
block bootstrap: a foul, its card and its free-kick hang together, so single actions are not drawn). Every system is
measured on the same draws, so that what a draw makes easy it makes easy for both sides of a difference (paired
bootstrap, Berg-Kirkpatrick et al., EMNLP 2012). Intervals are the middle 95 % of the draws.

Detections are matched once, over all games; a draw only changes how often each counts. Precision and recall are sums
of counts, so one product of a table of draws and a table of counts gives those of all draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.games import Game, GameColumns
from spotting_core.evaluation.matching import matches
from spotting_core.evaluation.precision import METRICS, THRESHOLDS, VIEWS, Curves, mean_over_tolerances, tolerances_of
from spotting_core.evaluation.spotting import mean_scale
from spotting_core.evaluation.track import Track, lay_out

FEW_GAMES = 5
"""With fewer games than this, minutes of games are drawn."""
FEW_TRUTHS = 5
"""Of a class with fewer truths an interval says little, for draws of so few differ in few ways."""
FEW_UNITS = 5
"""Of fewer minutes or games with truth no interval is worth giving: of one no draw differs, and of three one draw in 27
is the same one three times, more than lies beyond a bound, so that the bounds are single minutes. Of five there are 126
draws that differ, and no bound is a single one."""
SAMPLES = 200
TOLERANCES = tuple(sorted({*METRICS["tight"], *METRICS["loose"]}))
_MIDDLE = (2.5, 97.5)


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    @property
    def without_zero(self) -> bool:
        """Whether zero lies outside, as of a difference that is more than chance."""
        return self.low > 0 or self.high < 0

    @classmethod
    def of_draws(cls, value: float, drawn: np.ndarray) -> Interval:
        """The middle of draws (D,); those that are NaN say nothing, and where all are, the value has no width."""
        there = drawn[~np.isnan(drawn)]
        low, high = np.percentile(there, _MIDDLE) if len(there) else (value, value)
        return cls(value, float(low), float(high))


@dataclass(frozen=True)
class Draws:
    """Average precision of one system, as it is and as drawn.

    Arguments:
        tolerances: seconds (T,), the full windows.
        precision: (T, C), NaN for a class without truth; drawn: (T, D, C), NaN where a draw holds no truth of a class.
        all_classes: whether classes without truth count as 0 in a mean, as officially.
        scale: by which a mean over several tolerances is multiplied, as the official one of unshown actions is.
    """

    classes: tuple[str, ...]
    tolerances: tuple[float, ...]
    precision: np.ndarray
    drawn: np.ndarray
    all_classes: bool = False
    scale: float = 1.0

    def only(self, labels: Collection[str]) -> Draws:
        """Those of some classes."""
        own = [place for place, label in enumerate(self.classes) if label in labels]
        return replace(
            self, classes=tuple(self.classes[place] for place in own), precision=self.precision[:, own],
            drawn=self.drawn[..., own],
        )  # fmt: skip

    def of_class(self, label: str, metric: str) -> Interval | None:
        """A class by a metric; None where it has no truth."""
        value, drawn = self._classwise(metric)
        own = self.classes.index(label)
        return None if np.isnan(value[own]) else Interval.of_draws(float(value[own]), drawn[:, own])

    def mean(self, metric: str) -> Interval:
        """Average-mAP by a metric."""
        value, drawn = self._mean(metric)
        return Interval.of_draws(float(value), drawn)

    def at(self, tolerance: float) -> Interval:
        """mAP at one of the tolerances."""
        own = self.tolerances.index(tolerance)
        value, drawn = (self._over_classes(v) for v in (self.precision[own], self.drawn[own]))
        return Interval.of_draws(float(value), drawn)

    def _classwise(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """(C,) and (D, C)."""
        wanted = tolerances_of(metric)
        own = [self.tolerances.index(t) for t in wanted]
        return mean_over_tolerances(self.precision[own], wanted), mean_over_tolerances(self.drawn[own], wanted)

    def _mean(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """() and (D,)."""
        scale = self.scale if len(tolerances_of(metric)) > 1 else 1.0
        value, drawn = (self._over_classes(v) * scale for v in self._classwise(metric))
        return value, drawn

    def _over_classes(self, values: np.ndarray) -> np.ndarray:
        """Means over the last axis: of classes that have truth, NaN where none has, or of all."""
        if self.all_classes:
            return np.nan_to_num(values).mean(-1)
        there = ~np.isnan(values)
        several = there.sum(-1)
        return np.where(several > 0, np.where(there, values, 0.0).sum(-1) / np.maximum(several, 1), np.nan)


def class_difference(first: Draws, second: Draws, label: str, metric: str) -> Interval | None:
    """First less second for a class by a metric, draw by draw; None where it has no truth.

    Both are of one call of ``paired_draws``.
    """
    own, (value, drawn), (other, others) = first.classes.index(label), *(s._classwise(metric) for s in (first, second))
    difference = float(value[own] - other[own])
    return None if np.isnan(difference) else Interval.of_draws(difference, drawn[:, own] - others[:, own])


def mean_difference(first: Draws, second: Draws, metric: str) -> Interval:
    """First less second of average-mAP by a metric, draw by draw; both are of one call of ``paired_draws``."""
    (value, drawn), (other, others) = (s._mean(metric) for s in (first, second))
    return Interval.of_draws(float(value - other), drawn - others)


def is_of_minutes(games: int) -> bool:
    """Whether minutes of so many games are drawn, and not games."""
    return games < FEW_GAMES


def units_of_truth(games: Sequence[Game | GameColumns], classes: Sequence[str]) -> int:
    """In how many of the minutes or games that are drawn there is truth of some of the classes."""
    track = lay_out(list(games), classes, official=False)
    return len(np.unique(track.truth_stretch if is_of_minutes(len(games)) else track.truth_game))


def paired_draws(
    systems: Sequence[Sequence[Game | GameColumns]],
    classes: Sequence[str],
    *,
    official: bool = False,
    view: str = "all",
    tolerances: Sequence[float] = TOLERANCES,
    samples: int = SAMPLES,
    seed: int = 0,
    minutes: bool | None = None,
) -> list[Draws]:
    """Average precision of some systems over the same draws.

    Arguments:
        systems: the same games in the same order, each with the spots of one system.
        minutes: whether minutes of games are drawn; as ``is_of_minutes`` says where not given.

    Errors:
        BadInputError: no game, other games for one system than for another, or officially a position that cannot be
            placed.
    """
    names = [[game.name for game in games] for games in systems]
    if not names or not names[0] or any(own != names[0] for own in names):
        raise BadInputError("systems can only be compared over the same games", fix="Give games that all have spots of")
    split = is_of_minutes(len(names[0])) if minutes is None else minutes
    tracks = [lay_out(list(games), classes, official=official) for games in systems]
    units = _units(tracks, len(names[0]), split)
    weights = _weights(len(units), samples, seed)
    return [
        Draws(
            tuple(classes), tuple(tolerances), *_precision(track, units, weights, tolerances, view, official, split),
            all_classes=official, scale=mean_scale(view) if official else 1.0,
        )
        for track in tracks
    ]  # fmt: skip


def bootstrap_over_games(
    games: Sequence[Game | GameColumns],
    classes: Sequence[str],
    *,
    metric: str,
    official: bool,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Interval:
    """Average-mAP over the occurring classes with an interval over games drawn with replacement, however few.

    Errors:
        BadInputError: no game, an unknown metric, or officially a position that cannot be placed.
    """
    (draws,) = paired_draws(
        [games], classes, official=official, tolerances=tolerances_of(metric), samples=samples, seed=seed,
        minutes=False,
    )  # fmt: skip
    return Draws(draws.classes, draws.tolerances, draws.precision, draws.drawn).mean(metric)


def _units(tracks: Iterable[Track], games: int, split: bool) -> np.ndarray:
    """What is drawn: numbers of games, or of all minutes in which anything lies."""
    if not split:
        return np.arange(games)
    return np.unique(np.concatenate([side for t in tracks for side in (t.stretch, t.truth_stretch)]))


def _weights(units: int, samples: int, seed: int) -> np.ndarray:
    """How often each unit counts in each draw, float64 (D, U)."""
    rng = np.random.default_rng(seed)
    drawn = (np.bincount(rng.integers(0, units, units), minlength=units) for _ in range(samples))
    return np.array([*drawn], np.float64).reshape(samples, units)


def _precision(
    track: Track,
    units: np.ndarray,
    weights: np.ndarray,
    tolerances: Sequence[float],
    view: str,
    official: bool,
    split: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Average precision by tolerance and class, (T, C), and that of the draws, (T, D, C)."""
    own, own_truth = _of_view(track.nearest, view), _of_view(track.visible, view)
    unit, truth_unit = (
        np.searchsorted(units, number)
        for number in ((track.stretch, track.truth_stretch) if split else (track.game, track.truth_game))
    )
    every = np.vstack([np.ones((1, len(units))), weights])
    truths = every @ _table(truth_unit[own_truth], track.truth_column[own_truth], (len(units), track.columns))
    counted = _Detections(track, unit, own, every)
    found = [
        _average_precision(counted.at_least(hit), counted.at_least(None), truths)
        for hit in matches(track, tolerances, official=official)
    ]
    return np.array([f[0] for f in found]), np.array([f[1:] for f in found])


def _of_view(visible: np.ndarray, view: str) -> np.ndarray:
    if VIEWS.index(view) == 0:
        return np.ones(len(visible), bool)
    return visible >= 0 if view == "visible" else visible < 0


def _table(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """How often each pair of a row and a column occurs, float64."""
    flat = rows.astype(np.int64) * shape[1] + columns
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


class _Detections:
    """Detections of a track by unit, class and the highest threshold that they reach."""

    def __init__(self, track: Track, unit: np.ndarray, own: np.ndarray, weights: np.ndarray) -> None:
        self._levels = len(THRESHOLDS) + 1
        level = np.searchsorted(THRESHOLDS, track.score, side="right")
        self._column = track.column.astype(np.int64) * self._levels + level
        self._unit, self._own, self._weights, self._classes = unit, own, weights, track.columns
        self._every = self._counted(own)

    def at_least(self, hit: np.ndarray | None) -> np.ndarray:
        """How many reach each threshold in each draw, (D, C, threshold): of those that are matched, or of all."""
        return self._every if hit is None else self._counted(self._own & hit)

    def _counted(self, which: np.ndarray) -> np.ndarray:
        shape = (self._weights.shape[1], self._classes * self._levels)
        counts = self._weights @ _table(self._unit[which], self._column[which], shape)
        return counts.reshape(-1, self._classes, self._levels)[..., ::-1].cumsum(-1)[..., ::-1][..., 1:]


def _average_precision(true: np.ndarray, detected: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """(D, C), NaN where there is no truth."""
    precision = np.divide(true, detected, out=np.zeros(true.shape), where=detected > 0)
    own = np.broadcast_to(truths[..., None], true.shape)
    recall = np.divide(true, own, out=np.zeros(true.shape), where=own > 0)
    return np.where(truths > 0, Curves(precision, recall).average_precision(), np.nan)
