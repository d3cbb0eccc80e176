"""Stretches of samples of which something is true."""

from __future__ import annotations

import numpy as np


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True in bool (T,): the first sample of each, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]
