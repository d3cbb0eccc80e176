"""Overlapping windows over a half, and the average of what a system says in them.

Every sample lies in two windows (one near the ends), so no sample is judged only from the edge of one.
The average is formed as the windows come; nothing but sums over the half is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spotting_core.models.window import Scores


@dataclass(frozen=True)
class Span:
    """Samples ``start`` to ``stop`` of a half."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def window_spans(samples: int, window: int) -> Iterator[Span]:
    """Windows of ``window`` samples, each half a window after the last; the final one ends at the end."""
    if samples <= window:
        yield Span(0, samples)
        return
    step = max(1, window // 2)
    start = 0
    while start + window < samples:
        yield Span(start, start + window)
        start += step
    yield Span(samples - window, samples)


class ScoreAverage:
    """Mean of overlapping windows' scores, sample by sample."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self._sums: dict[str, np.ndarray] = {}
        self._counts = np.zeros(samples, np.int32)

    def add(self, span: Span, scores: Scores, names: tuple[str, ...]) -> None:
        """Add the named parts of a window's scores."""
        self._counts[span.start : span.stop] += 1
        for name in names:
            values = getattr(scores, name)
            if values is None:
                continue
            if name not in self._sums:
                self._sums[name] = np.zeros((self.samples, *values.shape[1:]), np.float32)
            self._sums[name][span.start : span.stop] += values[: len(span)]

    def mean(self, name: str) -> np.ndarray | None:
        """Mean over the windows each sample lies in: float32 (T, …), or None if never added."""
        if name not in self._sums:
            return None
        values = self._sums[name]
        return values / np.maximum(self._counts, 1).reshape(-1, *[1] * (values.ndim - 1))
