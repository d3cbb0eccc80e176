"""GS-HOTA: how well people are found, followed, and told apart on the pitch.

HOTA (Luiten et al., IJCV 2020) over the similarity of SoccerNet's game state reconstruction (Somers et al., CVSports
2024): exp(ln(.05) d² / 25) of the distance in metres, and 0 where role or team differ. Jersey numbers, which the
official score asks for as well, are not compared here; the ball is left out, as it is there.

At each of nineteen thresholds DetA counts who was found, AssA how much of the time a true and a found track belong
together; HOTA is the root of their product, and the score is its mean over the thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from spotting_core.domain.people import Placed, Role

THRESHOLDS = np.arange(0.05, 0.99, 0.05)
TOLERANCE = 5.0
"""Metres at which the similarity is .05, the lowest threshold."""
_ROUNDING = float(np.finfo(float).eps)


def similarity(truth: Sequence[Placed], found: Sequence[Placed]) -> np.ndarray:
    """How alike true and found people of one sample are: float (truth, found), 0 to 1."""
    if not truth or not found:
        return np.zeros((len(truth), len(found)))
    apart = np.linalg.norm(
        np.array([(p.x, p.y) for p in truth])[:, None] - np.array([(p.x, p.y) for p in found])[None], axis=-1
    )
    alike = np.array([[a.role is b.role and a.team == b.team for b in found] for a in truth])
    return np.asarray(np.exp(np.log(0.05) * apart**2 / TOLERANCE**2) * alike)


@dataclass(frozen=True)
class Hota:
    """Counts at each threshold, of one sequence or several together.

    Arguments:
        matched, missed, wrong: (19,), people matched, true ones missed, found ones that are none.
        associated: (19,), sum over the matched of how much of their tracks belongs together.
    """

    matched: np.ndarray
    missed: np.ndarray
    wrong: np.ndarray
    associated: np.ndarray

    def __add__(self, other: Hota) -> Hota:
        return Hota(
            self.matched + other.matched, self.missed + other.missed, self.wrong + other.wrong,
            self.associated + other.associated,
        )  # fmt: skip

    @property
    def detection(self) -> float:
        """DetA, mean over the thresholds."""
        return float(self._detection.mean())

    @property
    def association(self) -> float:
        """AssA, mean over the thresholds."""
        return float(self._association.mean())

    @property
    def score(self) -> float:
        """HOTA, mean over the thresholds."""
        return float(np.sqrt(self._detection * self._association).mean())

    @property
    def _detection(self) -> np.ndarray:
        return self.matched / np.maximum(1, self.matched + self.missed + self.wrong)

    @property
    def _association(self) -> np.ndarray:
        return self.associated / np.maximum(1, self.matched)


def hota(truth: Sequence[Sequence[Placed]], found: Sequence[Sequence[Placed]]) -> Hota:
    """GS-HOTA's counts of one sequence, without jersey numbers.

    Arguments:
        truth, found: sample by sample, the same samples; of either a track is there once a sample.
    """
    true_rows = [[p for p in people if p.role is not Role.BALL] for people in truth]
    found_rows = [[p for p in people if p.role is not Role.BALL] for people in found]
    true_number, found_number = _numbers(true_rows), _numbers(found_rows)
    alike = [similarity(a, b) for a, b in zip(true_rows, found_rows, strict=True)]
    at = [
        np.ix_([true_number[p.track] for p in a], [found_number[p.track] for p in b])
        for a, b in zip(true_rows, found_rows, strict=True)
    ]
    shared = np.zeros((len(true_number), len(found_number)))
    for table, place in zip(alike, at, strict=True):
        either = table.sum(0)[None] + table.sum(1)[:, None] - table
        shared[place] += np.divide(table, either, out=np.zeros_like(table), where=either > _ROUNDING)
    true_length = _lengths(true_rows, true_number)[:, None]
    found_length = _lengths(found_rows, found_number)[None]
    together = shared / np.maximum(true_length + found_length - shared, _ROUNDING)
    pairs = np.zeros((len(THRESHOLDS), *shared.shape))
    for table, (rows, columns) in zip(alike, at, strict=True):
        if not table.size:
            continue
        one, other = linear_sum_assignment(-(together[rows, columns] * table))
        for number, threshold in enumerate(THRESHOLDS):
            kept = table[one, other] >= threshold - _ROUNDING
            pairs[number, rows[:, 0][one[kept]], columns[0][other[kept]]] += 1
    matched = pairs.sum((1, 2))
    associated = (pairs**2 / np.maximum(1, true_length + found_length - pairs)).sum((1, 2))
    return Hota(matched, true_length.sum() - matched, found_length.sum() - matched, associated)


def _numbers(samples: Sequence[Sequence[Placed]]) -> dict[int, int]:
    """A number from 0 on for every track."""
    return {track: number for number, track in enumerate(sorted({p.track for people in samples for p in people}))}


def _lengths(samples: Sequence[Sequence[Placed]], numbers: dict[int, int]) -> np.ndarray:
    """Samples of every track."""
    return np.bincount([numbers[p.track] for people in samples for p in people], minlength=len(numbers)).astype(float)
