"""The likeliest course of something that is read again and again, some of it wrongly: few changes that explain most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Change = Callable[[int], np.ndarray]


def likeliest_path(unexplained: np.ndarray, change: Change) -> np.ndarray:
    """The state at every reading, by the Viterbi algorithm: int (N,).

    Arguments:
        unexplained: float (N, K), what it costs that a state does not say what was read.
        change: of the number of a reading, from 1, what it costs to have come from one state to another with it:
            float (K, K) or one that is broadcast to it, rows being where from, columns where to.
    """
    count, states = unexplained.shape
    best = unexplained[0].copy()
    came = np.zeros((count, states), np.int32)
    for k in range(1, count):
        steps = best[:, None] + change(k)
        came[k] = steps.argmin(0)
        best = steps[came[k], np.arange(states)] + unexplained[k]
    path = np.zeros(count, np.int64)
    path[-1] = int(best.argmin())
    for k in range(count - 1, 0, -1):
        path[k - 1] = came[k, path[k]]
    return path
