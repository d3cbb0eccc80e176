"""How sure a figure over matches is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spotting_core.tasks.task import Judged

_RESAMPLED = 100


def interval_over_matches(
    judged: Sequence[Judged[Any]], figure: Callable[[Sequence[Judged[Any]]], float]
) -> tuple[float, float]:
    """The 95 % interval of a figure, from a bootstrap over matches."""
    rng = np.random.default_rng(0)
    values = []
    for _ in range(_RESAMPLED):
        drawn = rng.integers(len(judged), size=len(judged))
        values.append(figure([replace(judged[k], name=f"{n}/{judged[k].name}") for n, k in enumerate(drawn)]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
