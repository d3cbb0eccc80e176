"""How much is labelled after every step."""

from __future__ import annotations

import numpy as np

EQUAL, INCREASING = "equal", "increasing"


def shares(schedule: str, first: float, steps: int) -> list[float]:
    """Labelled share of the pool at every step, from ``first`` to 1.

    Arguments:
        schedule: ``EQUAL`` steps, or ``INCREASING`` ones: each multiplies the share by the same factor, for the first
            labels teach the most.
    """
    if steps == 1:
        return [1.0]
    spaced = np.linspace(first, 1.0, steps) if schedule == EQUAL else np.geomspace(first, 1.0, steps)
    return [float(round(share, 6)) for share in spaced]
