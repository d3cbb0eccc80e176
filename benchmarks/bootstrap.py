"""How sure a figure over matches is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spotting_core.tasks.task import Judged

_RESAMPLED = 100


def resampled(matches: int) -> Iterator[list[int]]:
    """Numbers of so many matches, drawn again and again with replacement."""
    rng = np.random.default_rng(0)
    for _ in range(_RESAMPLED):
        yield rng.integers(matches, size=matches).tolist()


def interval_of(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of what a figure is for resampled matches."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def interval_over_matches(
    judged: Sequence[Judged[Any]], figure: Callable[[Sequence[Judged[Any]]], float]
) -> tuple[float, float]:
    """The 95 % interval of a figure, from a bootstrap over matches."""
    return interval_of([
        figure([replace(judged[k], name=f"{n}/{judged[k].name}") for n, k in enumerate(drawn)])
        for drawn in resampled(len(judged))
    ])  # fmt: skip
