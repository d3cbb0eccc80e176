"""How far two reviewers agree on one match: on what is true, on its class, and on its time.

What both have judged is compared: a spot of a model that both reviewed, or moments of two label files that lie within
``REACH`` of each other, the closest first, those of one class before others. Where both speak of the same candidates,
agreement on what is true is Cohen's kappa (1960) of "stands" and "does not"; two files of what stands say nothing of
what both left out, so kappa is not defined for them, and the share of both files that has a partner in the other is
given (the F1 score of either against the other, Hripcsak and Rothschild, 2005). On the class it is kappa over what
both hold to be true, on the time the median difference.

Intervals are the middle 95 % of ``SAMPLES`` draws of the pairs with replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.domain.spots import Spot
from spotting_core.evaluation.intervals import Interval
from spotting_core.evaluation.mistakes import paired

REACH = 5_000_000
"""Microseconds within which moments of two files are taken for the same."""
SAMPLES = 1000


@dataclass(frozen=True)
class Judgement:
    """What one reviewer holds to be true of a candidate: microseconds of a half and class."""

    half: int
    time: int
    label: str


Pair = tuple[Judgement | None, Judgement | None]
"""What each of two reviewers holds to be true of one candidate; None: that nothing is there."""


@dataclass(frozen=True)
class Agreement:
    """How far two reviewers agree.

    Arguments:
        pairs: candidates; both, first_only, second_only: of how many each holds something to be true.
        verdict: Cohen's kappa on whether something is there; None for files, and where it is not defined.
        found: share of what either holds to be true that the other does, too.
        label: Cohen's kappa on the class of what both hold to be true; same_label: share of the same class.
        time: median microseconds by which the second is later; apart: median of how far they are apart.
    """

    pairs: int
    both: int
    first_only: int
    second_only: int
    verdict: Interval | None
    found: Interval | None
    label: Interval | None
    same_label: Interval | None
    time: Interval | None
    apart: Interval | None

    @property
    def neither(self) -> int:
        """Candidates that both hold to be nothing."""
        return self.pairs - self.both - self.first_only - self.second_only


def pairs_of_files(first: Sequence[Spot], second: Sequence[Spot], reach: int = REACH) -> list[Pair]:
    """What lies in either of two lists of spots, in order of half and time."""
    pairs: list[Pair] = []
    for half in sorted({spot.half for spot in (*first, *second)}):
        own = [[Judgement(s.half, s.time, s.label) for s in spots if s.half == half] for spots in (first, second)]
        partners = _partners(own[0], own[1], reach)
        pairs += [(one, own[1][partners[i]] if i in partners else None) for i, one in enumerate(own[0])]
        alone = set(range(len(own[1]))) - set(partners.values())
        pairs += [(None, own[1][i]) for i in alone]
    return sorted(pairs, key=_place)


def pairs_of_candidates(
    candidates: Sequence[Spot], first: Sequence[Spot], second: Sequence[Spot], reach: int = REACH
) -> list[Pair]:
    """What two lists of spots make of the same candidates, in their order; then what lies near none of these."""
    of_first, of_second = _by_candidate(candidates, first, reach), _by_candidate(candidates, second, reach)
    pairs: list[Pair] = [(of_first.get(i), of_second.get(i)) for i in range(len(candidates))]
    return pairs + pairs_of_files(_rest(first, of_first), _rest(second, of_second), reach)


def _rest(spots: Sequence[Spot], taken: Mapping[int, Judgement]) -> list[Spot]:
    """Those of which no candidate was made."""
    there = set(taken.values())
    return [s for s in spots if Judgement(s.half, s.time, s.label) not in there]


def _by_candidate(candidates: Sequence[Spot], spots: Sequence[Spot], reach: int) -> dict[int, Judgement]:
    """Number of a candidate to what was made of it."""
    found: dict[int, Judgement] = {}
    for half in {spot.half for spot in candidates}:
        numbers = [i for i, c in enumerate(candidates) if c.half == half]
        places = [Judgement(half, candidates[i].time, candidates[i].label) for i in numbers]
        own = [Judgement(half, s.time, s.label) for s in spots if s.half == half]
        found |= {numbers[i]: own[j] for i, j in _partners(places, own, reach).items()}
    return found


def _place(pair: Pair) -> tuple[int, int]:
    there = next(judgement for judgement in pair if judgement is not None)
    return there.half, there.time


def _partners(first: Sequence[Judgement], second: Sequence[Judgement], reach: int) -> dict[int, int]:
    """First to second by index: of one class before any class, the closest first."""
    times = [np.array([j.time for j in own], np.int64) for own in (first, second)]
    labels = [np.array([j.label for j in own], object) for own in (first, second)]
    found: dict[int, int] = {}
    for label in {j.label for j in first}:
        found |= _within([np.flatnonzero(own == label) for own in labels], times, reach)
    rest = [np.setdiff1d(np.arange(len(first)), [*found]), np.setdiff1d(np.arange(len(second)), [*found.values()])]
    return found | _within(rest, times, reach)


def _within(own: Sequence[np.ndarray], times: Sequence[np.ndarray], reach: int) -> dict[int, int]:
    pairs = paired(times[1][own[1]], times[0][own[0]], reach)
    return {int(own[0][i]): int(own[1][j]) for i, j in pairs.items()}


def agreement(pairs: Sequence[Pair], *, candidates: bool, seed: int = 0) -> Agreement:
    """How far two reviewers agree.

    Arguments:
        candidates: whether both were asked of every pair, so that what neither holds to be true is known.
    """
    there = np.array([[one is not None for one in pair] for pair in pairs], bool).reshape(-1, 2)
    together = [(one, other) for one, other in pairs if one is not None and other is not None]
    labels = np.array([[one.label, other.label] for one, other in together], object).reshape(-1, 2)
    late = np.array([other.time - one.time for one, other in together], np.float64)
    draw = _Drawn(seed)
    return Agreement(
        len(pairs),
        int(there.all(1).sum()),
        int((there[:, 0] & ~there[:, 1]).sum()),
        int((there[:, 1] & ~there[:, 0]).sum()),
        verdict=draw.interval(there, kappa) if candidates else None,
        found=draw.interval(there, _found),
        label=draw.interval(labels, kappa),
        same_label=draw.interval(labels, lambda rows: float((rows[:, 0] == rows[:, 1]).mean())),
        time=draw.interval(late, lambda values: float(np.median(values))),
        apart=draw.interval(np.abs(late), lambda values: float(np.median(values))),
    )


def kappa(rows: np.ndarray) -> float:
    """Cohen's kappa of rows (N, 2) of what each of two says; NaN where both always say the same one thing."""
    codes = np.unique(rows.astype(str), return_inverse=True)[1].reshape(rows.shape)
    shares = [np.bincount(codes[:, side], minlength=codes.max() + 1) / len(codes) for side in (0, 1)]
    by_chance = float(shares[0] @ shares[1])
    observed = float((codes[:, 0] == codes[:, 1]).mean())
    return float("nan") if by_chance > 1 - 1e-12 else (observed - by_chance) / (1 - by_chance)


def _found(there: np.ndarray) -> float:
    """Share of what stands on either side that stands on the other."""
    standing = int(there.sum())
    return 2 * int(there.all(1).sum()) / standing if standing else float("nan")


class _Drawn:
    """Draws of rows with replacement."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def interval(self, rows: np.ndarray, figure: Callable[[np.ndarray], float]) -> Interval | None:
        """A figure of some rows; None where it is not defined."""
        value = figure(rows) if len(rows) else float("nan")
        if np.isnan(value):
            return None
        drawn = [figure(rows[self._rng.integers(0, len(rows), len(rows))]) for _ in range(SAMPLES)]
        return Interval.of_draws(value, np.array(drawn))
