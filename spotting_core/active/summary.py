"""What the curves of an experiment say: scores at every share, the area under them, and how much has to be labelled.

Intervals are the middle 95 % of means over seeds that are drawn with replacement: they say how far another seed would
lie, not other matches. All curves of a seed start from the same clips, so strategies are compared seed by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.active.experiment import Curve
from spotting_core.evaluation.intervals import Interval

FULL = 0.98
"""Share of the score with all labels that counts as just as good; the paper's claim is that a third of the labels
reach it."""
CHANCE = "random"
"""The strategy that others are compared with."""
_DRAWS = 1000


@dataclass(frozen=True)
class StrategySummary:
    """The curves of a strategy.

    Arguments:
        shares: (S,) labelled; minutes, keys: (S,) that it took, means over seeds.
        scores: of every share; area: under them over the share, as the mean score from the first share to 1.
        sufficient_share: the one that reaches ``FULL`` of the score with all labels; sufficient_minutes,
            sufficient_keys: that it takes to label as much.
        gain: of area over choosing by chance, mean over the seeds that both have; None where there is no such curve.
    """

    strategy: str
    shares: tuple[float, ...]
    minutes: tuple[float, ...]
    keys: tuple[float, ...]
    scores: tuple[Interval, ...]
    area: Interval
    sufficient_share: Interval
    sufficient_minutes: float
    sufficient_keys: float
    gain: Interval | None


def summaries(curves: Sequence[Curve], figure: str) -> list[StrategySummary]:
    """One for each strategy, in the order in which they come, by one of the task's figures."""
    names = dict.fromkeys(curve.strategy for curve in curves)
    by_chance = areas([c for c in curves if c.strategy == CHANCE], figure)
    return [_summary(name, [c for c in curves if c.strategy == name], figure, by_chance) for name in names]


def _summary(name: str, curves: Sequence[Curve], figure: str, by_chance: Mapping[int, float]) -> StrategySummary:
    shares = np.mean([[s.share for s in c.steps] for c in curves], axis=0)
    scores = np.array([[s.figures[figure] for s in c.steps] for c in curves])  # (seeds, S)
    rng = np.random.default_rng(0)
    drawn = scores[rng.integers(len(curves), size=(_DRAWS, len(curves)))].mean(1)  # (draws, S)
    mean = scores.mean(0)
    minutes, keys = np.mean([[(s.minutes, s.keys) for s in c.steps] for c in curves], axis=0).T  # (S,) each
    enough = sufficient_share(shares, mean)
    return StrategySummary(
        name,
        shares=tuple(map(float, shares)),
        minutes=tuple(map(float, minutes)),
        keys=tuple(map(float, keys)),
        scores=tuple(Interval.of_draws(float(v), drawn[:, k]) for k, v in enumerate(mean)),
        area=Interval.of_draws(area(shares, mean), np.array([area(shares, one) for one in drawn])),
        sufficient_share=Interval.of_draws(enough, np.array([sufficient_share(shares, one) for one in drawn])),
        sufficient_minutes=float(np.interp(enough, shares, minutes)),
        sufficient_keys=float(np.interp(enough, shares, keys)),
        gain=more_area(areas(curves, figure), by_chance),
    )


def areas(curves: Sequence[Curve], figure: str) -> dict[int, float]:
    """Area under each curve, by its seed."""
    return {
        c.seed: area(np.array([s.share for s in c.steps]), np.array([s.figures[figure] for s in c.steps]))
        for c in curves
    }


def more_area(own: Mapping[int, float], other: Mapping[int, float]) -> Interval | None:
    """How much more area some curves have than others, mean over the seeds that both have; None where they have none.

    Arguments:
        own, other: areas by seed.
    """
    apart = np.array([own[seed] - other[seed] for seed in sorted(own.keys() & other.keys())])
    if not len(apart):
        return None
    drawn = apart[np.random.default_rng(0).integers(len(apart), size=(_DRAWS, len(apart)))].mean(1)
    return Interval.of_draws(float(apart.mean()), drawn)


def area(shares: np.ndarray, scores: np.ndarray) -> float:
    """Mean score over the shares from the first to the last, straight between two."""
    if len(shares) == 1:
        return float(scores[0])
    return float(np.trapezoid(scores, shares) / (shares[-1] - shares[0]))


def sufficient_share(shares: np.ndarray, scores: np.ndarray) -> float:
    """The least share whose score reaches ``FULL`` of the last one's, straight between two."""
    aim = FULL * scores[-1]
    first = int(np.argmax(scores >= aim))
    if first == 0:
        return float(shares[0])
    rise = scores[first] - scores[first - 1]
    return float(shares[first - 1] + (aim - scores[first - 1]) / rise * (shares[first] - shares[first - 1]))
