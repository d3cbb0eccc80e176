"""The scores of a half from those of its windows, sample by sample, as its window plan says.

What windows say is merged as they come; nothing but sums over the half is held.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spotting_core.models.window import Scores
from spotting_core.models.window_plan import MAXIMUM, MIDDLE, PlannedWindow


class ScoreMerge:
    """Merges windows' scores.

    Arguments:
        samples: of the half; merge: of its ``WindowPlan``.
    """

    def __init__(self, samples: int, merge: str) -> None:
        self.samples, self._merge = samples, merge
        self._values: dict[str, np.ndarray] = {}
        self._counts = np.zeros(samples, np.int32)

    def add(self, window: PlannedWindow, scores: Scores, names: Sequence[str]) -> None:
        """Add the named parts of a window's scores, those rows of them that count."""
        first, stop = window.first, window.stop
        if self._merge == MIDDLE:  # whoever came first has said it
            first = min(stop, first + int(np.count_nonzero(self._counts[first:stop])))
        greater = self._greater(window, scores, first) if self._merge == MAXIMUM else None
        for name in names:
            values = getattr(scores, name)
            if values is None:
                continue
            rows = values[window.rows][first - window.first : stop - window.first]
            if name not in self._values:
                self._values[name] = np.zeros((self.samples, *values.shape[1:]), np.float32)
            kept = self._values[name][first:stop]
            if greater is None:
                kept += rows
            else:
                wins = greater if rows.shape == greater.shape else greater.any(1).reshape(-1, *[1] * (rows.ndim - 1))
                np.copyto(kept, rows, where=wins)
        self._counts[first:stop] += 1

    def result(self, name: str) -> np.ndarray | None:
        """A part of the scores over the half: float32 (T, …), or None if it was never added."""
        if name not in self._values:
            return None
        values = self._values[name]
        if self._merge == MAXIMUM:
            return values
        return values / np.maximum(self._counts, 1).reshape(-1, *[1] * (values.ndim - 1))

    def _greater(self, window: PlannedWindow, scores: Scores, first: int) -> np.ndarray:
        """Where a window is surer than those before it: bool (n, C)."""
        confidence = scores.confidence[window.rows][first - window.first : window.stop - window.first]
        known = self._values.get("confidence")
        if known is None:
            return np.ones(confidence.shape, bool)
        fresh = self._counts[first : window.stop, None] == 0
        wins: np.ndarray = fresh | (confidence > known[first : window.stop])
        return wins
