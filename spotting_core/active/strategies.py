"""Which clips to ask for: every strategy scores the clips of a pool by what networks say of them.

Giancola et al., "Towards Active Learning for Action Spotting in Association Football Videos" (CVPRW 2023): ``random``,
``uncertainty`` and ``entropy``. ``margin`` is Scheffer et al., "Active Hidden Markov Models for Information Extraction"
(IDA 2001); ``ensemble`` asks several networks and ``dropout`` one network several times for how much they disagree, by
the mutual information of Houlsby et al., "Bayesian Active Learning for Classification and Preference Learning" (2011).

Differences from the public code, each of which ``Flaws`` brings back:
* what scores the clips has its dropout switched off;
* the entropy is that of a clip, whichever batch it was in;
* a clip is asked for once;
* random clips are drawn without replacement, so that its share grows as fast as the others'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotting_core.base.errors import BadInputError

NONE, ONE, MEMBERS, PASSES = "none", "one", "members", "passes"
_TINY = 1e-7


@dataclass(frozen=True)
class ClipConfidences:
    """What networks say of clips.

    Arguments:
        values: float64 (N, P, C), how sure each of P networks, or passes of one, is that a class occurs in a clip.
        rng: for what is left to chance.
    """

    values: np.ndarray
    rng: np.random.Generator

    def __len__(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> np.ndarray:
        """Over networks: (N, C)."""
        averaged: np.ndarray = self.values.mean(1)
        return averaged


Scoring = Callable[[ClipConfidences], np.ndarray]
"""Scores of clips, float64 (N,): the higher, the sooner is one asked for."""


@dataclass(frozen=True)
class Strategy:
    """One strategy.

    Arguments:
        asks: ``NONE``, ``ONE`` network, the ``MEMBERS`` of an ensemble, or one in several ``PASSES`` with dropout.
        score: of every clip.
    """

    name: str
    what: str
    asks: str
    score: Scoring


STRATEGIES: dict[str, Strategy] = {}


def register(strategy: Strategy) -> Strategy:
    """Make a strategy known by its name."""
    STRATEGIES[strategy.name] = strategy
    return strategy


def strategy_named(name: str, where: Path | None = None) -> Strategy:
    """A strategy by its name.

    Arguments:
        where: the file that names it, for the error.

    Errors:
        BadInputError: there is none.
    """
    if name not in STRATEGIES:
        raise BadInputError(f"there is no strategy {name!r}", where=where, fix=f"Known: {', '.join(STRATEGIES)}")
    return STRATEGIES[name]


def binary_entropy(share: np.ndarray) -> np.ndarray:
    """Bits of yes or no: 0 at 0 and 1, 1 at ½."""
    sure = share.clip(_TINY, 1 - _TINY)
    bits: np.ndarray = -(sure * np.log2(sure) + (1 - sure) * np.log2(1 - sure))
    return bits


def chance(confidences: ClipConfidences) -> np.ndarray:
    return confidences.rng.random(len(confidences))


def uncertainty(confidences: ClipConfidences) -> np.ndarray:
    """1 − 2 |max p − ½|: highest where the surest class is as likely as not."""
    scores: np.ndarray = 1 - 2 * np.abs(confidences.mean.max(1) - 0.5)
    return scores


def entropy(confidences: ClipConfidences) -> np.ndarray:
    """−Σ p log₂ p over the classes, by the most that as many could have if they were one distribution."""
    p = confidences.mean.clip(_TINY, 1)
    scores: np.ndarray = -(p * np.log2(p)).sum(1) / np.log2(max(2, p.shape[1]))
    return scores


def margin(confidences: ClipConfidences) -> np.ndarray:
    """1 less what the surest class is ahead of the second."""
    if confidences.values.shape[2] < 2:
        return uncertainty(confidences)
    ordered = np.sort(confidences.mean, axis=1)
    scores: np.ndarray = 1 - (ordered[:, -1] - ordered[:, -2])
    return scores


def disagreement(confidences: ClipConfidences) -> np.ndarray:
    """Bits that knowing which network is right would give: the entropy of their mean less the mean of theirs, summed
    over the classes."""
    together, apart = binary_entropy(confidences.mean), binary_entropy(confidences.values).mean(1)
    scores: np.ndarray = (together - apart).sum(1)
    return scores


register(Strategy("random", "clips drawn at random", NONE, chance))
register(Strategy("uncertainty", "the surest class is as likely as not", ONE, uncertainty))
register(Strategy("entropy", "many classes are possible", ONE, entropy))
register(Strategy("margin", "two classes are nearly as sure as one another", ONE, margin))
register(Strategy("ensemble", "several networks disagree", MEMBERS, disagreement))
register(Strategy("dropout", "one network disagrees with itself", PASSES, disagreement))
