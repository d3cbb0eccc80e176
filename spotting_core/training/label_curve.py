"""What labels have brought so far: scores of models that were trained further, over how many labels they learned from.

Each model was measured on what was held out when it was trained, so the points are of different minutes; that is said
beside them. What more labels would bring is guessed by a straight line over the logarithm of their number, the usual
first guess of a learning curve (Hestness et al., "Deep Learning Scaling is Predictable, Empirically", 2017, find
powers; over the few points of a project a power and a logarithm cannot be told apart). Its interval has the scores
drawn again from theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json
from spotting_core.evaluation.intervals import Interval
from spotting_core.models.card import Card, read_card
from spotting_core.models.known import known_models
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.comparison import COMPARISON_FILE, Comparison

FEWEST = 3
"""Numbers of labels that differ, from which a guess is made."""
_DRAWS = 1000
_DEVIATIONS = 3.92  # in the width of a 95 % interval


@dataclass(frozen=True)
class CurvePoint:
    """A model that was trained further.

    Arguments:
        model: as ``known_models`` names it; labels: that it learned from.
        score: average-mAP on what was held out; before: of the model it comes from, there.
        metric: of the score; minutes, actions: that were held out.
        classes: names of its classes, in order.
        interval: of the score; None where too little was held out to say how sure it is.
    """

    model: str
    labels: int
    score: float
    before: float
    metric: str
    minutes: float
    actions: int
    classes: tuple[str, ...]
    interval: tuple[float, float] | None = None


def curve_points(data: DataDirectory) -> list[CurvePoint]:
    """Every model that was trained further here and measured, by its labels, the fewest first."""
    points = (_point(name, folder) for name, folder in known_models(data, SPOTTING.name).items())
    return sorted((p for p in points if p is not None), key=lambda p: (p.labels, p.model))


def _point(name: str, folder: Path) -> CurvePoint | None:
    if not (folder / COMPARISON_FILE).is_file():
        return None
    try:
        comparison = msgspec.convert(read_json(folder / COMPARISON_FILE), Comparison)
        card = read_card(folder)
    except (TouchlineError, msgspec.ValidationError):
        return None
    labels = _labels(card)
    if comparison.after is None or comparison.before is None or not labels:
        return None
    return CurvePoint(
        name,
        labels,
        comparison.after,
        comparison.before,
        comparison.metric,
        comparison.minutes,
        comparison.actions,
        tuple(card.classes),
        comparison.interval,
    )


def _labels(card: Card) -> int:
    counts = card.training.get("labels")
    return sum(counts.values()) if isinstance(counts, dict) else 0


def curves_of(points: Iterable[CurvePoint]) -> list[list[CurvePoint]]:
    """Points that are of one curve, for they have the same classes and metric; the one with most points first."""
    curves: dict[tuple[tuple[str, ...], str], list[CurvePoint]] = {}
    for point in points:
        curves.setdefault((point.classes, point.metric), []).append(point)
    return sorted(curves.values(), key=len, reverse=True)


def sure_points(points: Iterable[CurvePoint]) -> list[CurvePoint]:
    """Those of which it is known how sure they are: a guess of what is to come stands on them."""
    return [point for point in points if point.interval is not None]


def gain_of_more(points: Sequence[CurvePoint], more: int) -> Interval | None:
    """What so many more labels than the most would bring, guessed by the sure points; None where that cannot be.

    No score passes 1, so no guess goes beyond that.
    """
    sure = [(p.labels, p.score, *p.interval) for p in points if p.interval is not None]
    labels, scores, low, high = np.array(sure, float).reshape(-1, 4).T
    if len(set(labels.tolist())) < FEWEST:
        return None
    x, step = np.log2(labels), float(np.log2((labels.max() + more) / labels.max()))
    drawn = scores + (high - low) / _DEVIATIONS * np.random.default_rng(0).standard_normal((_DRAWS, len(sure)))
    room = 1 - scores[labels.argmax()]
    value = min(_slope(x, scores[None])[0] * step, room)
    return Interval.of_draws(float(value), np.minimum(_slope(x, drawn) * step, room))


def _slope(x: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Slopes of the lines of least squares through scores (D, P) at x (P,)."""
    centred = x - x.mean()
    slopes: np.ndarray = (scores - scores.mean(1, keepdims=True)) @ centred / (centred @ centred)
    return slopes
