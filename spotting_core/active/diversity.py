"""Clips that are worth asking for and unlike one another, so that near-duplicates are not asked for twice.

* ``k-centre``: of the best-scored clips, each time the one farthest from all that are known or chosen already (Sener &
  Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach", ICLR 2018, its greedy form);
* ``k-means++``: one after the other drawn with a chance that rises with its score and with the square of its distance
  (Arthur & Vassilvitskii, "k-means++", SODA 2007; as Ash et al., "BADGE", ICLR 2020, weigh what they draw).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

K_CENTRE, K_MEANS = "k-centre", "k-means++"
_CANDIDATES = 3  # times as many as are asked for; farther down a clip is not worth asking for, however odd it looks

Choice = Callable[[np.ndarray, np.ndarray, Sequence[int], int, np.random.Generator], list[int]]
"""Scores (N,), features (N, D), clips that are known, how many to choose and chance, to the numbers of the chosen."""


def best(
    scores: np.ndarray, _features: np.ndarray, known: Sequence[int], count: int, _rng: np.random.Generator
) -> list[int]:
    """The best-scored of those that are not known."""
    return _ranked(scores, known)[:count]


def k_centre(
    scores: np.ndarray, features: np.ndarray, known: Sequence[int], count: int, _rng: np.random.Generator
) -> list[int]:
    candidates = np.array(_ranked(scores, known)[: _CANDIDATES * count], np.int64)
    own = features[candidates]
    distance = _nearest(own, features[list(known)])
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        place = int(distance.argmax())  # of equals the better-scored: it comes first
        chosen.append(int(candidates[place]))
        distance = np.minimum(distance, _squares(own, own[place]))
        distance[place] = -1.0
    return chosen


def k_means(
    scores: np.ndarray, features: np.ndarray, known: Sequence[int], count: int, rng: np.random.Generator
) -> list[int]:
    candidates = np.array(_ranked(scores, known), np.int64)
    own, worth = features[candidates], scores[candidates] - scores[candidates].min() + 1e-9
    distance = _nearest(own, features[list(known)])
    chosen: list[int] = []
    free = np.ones(len(candidates), bool)
    for _ in range(min(count, len(candidates))):
        chance = np.where(free, worth * np.maximum(distance, 0), 0.0)
        if not chance.sum() > 0:  # all that is left equals something known
            chance = free.astype(np.float64)
        place = int(rng.choice(len(candidates), p=chance / chance.sum()))
        chosen.append(int(candidates[place]))
        distance = np.minimum(distance, _squares(own, own[place]))
        free[place] = False
    return chosen


CHOICES: dict[str, Choice] = {"": best, K_CENTRE: k_centre, K_MEANS: k_means}


def _ranked(scores: np.ndarray, known: Sequence[int]) -> list[int]:
    """Clips that are not known, the best-scored first, of equals the earlier."""
    taken = set(known)
    return [int(k) for k in np.argsort(-scores, kind="stable") if int(k) not in taken]


def _nearest(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distance of each (N, D) to the nearest of others (M, D); 1 where there is none: all are equally far."""
    distance = np.full(len(own), np.inf)
    for one in others:
        distance = np.minimum(distance, _squares(own, one))
    return np.where(np.isfinite(distance), distance, 1.0)


def _squares(own: np.ndarray, one: np.ndarray) -> np.ndarray:
    difference: np.ndarray = ((own - one) ** 2).sum(1)
    return difference
