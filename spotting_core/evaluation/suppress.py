"""Non-maximum suppression inside the official evaluators of boundaries and replays."""

from __future__ import annotations

import numpy as np


def strongest(place: np.ndarray, score: np.ndarray, *, below: int, above: int) -> np.ndarray:
    """Indices of the detections that stay, the most confident first; of equal ones the earliest.

    Arguments:
        place: int64 (N,); score: float64 (N,).
        below, above: a detection at m erases places from m - below up to, but without, m + above.
    """
    order = np.lexsort((place, -score))
    left = np.ones(len(place), bool)
    kept = []
    for index in order:
        if left[index]:
            kept.append(index)
            left &= (place < place[index] - below) | (place >= place[index] + above)
    return np.array(kept, np.int64)
