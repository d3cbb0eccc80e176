"""How windows are laid over a half, and which of their scores count.

* ``MEAN``: windows overlap, and the scores of a sample are the mean of all windows that keep it, as in E2E-Spot;
* ``MAXIMUM``: the greatest of them, as in COMEDIAN;
* ``MIDDLE``: the first window that keeps a sample says it, as where windows move on by just what they keep (CALF,
  dense anchors).

The first window keeps its beginning and the last its end, for there nothing else sees more. A system that judges a
window as a whole says one thing of it, of the sample ``before`` after its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MEAN, MAXIMUM, MIDDLE = "mean", "maximum", "middle"
ZEROS, BLANK, REPEATED = "zeros", "blank", "repeated"


@dataclass(frozen=True)
class PlannedWindow:
    """One window over a half.

    Arguments:
        start: sample at which it begins, which may lie before the half; length: in samples.
        first, stop: samples of the half (exclusive) of which its scores count.
        whole: whether it is judged as a whole; it has one row of scores then.
    """

    start: int
    length: int
    first: int
    stop: int
    whole: bool = False

    @property
    def end(self) -> int:
        """Sample after its last."""
        return self.start + self.length

    @property
    def rows(self) -> slice:
        """Rows of its scores that count."""
        return slice(0, 1) if self.whole else slice(self.first - self.start, self.stop - self.start)

    def row(self, sample: int) -> int:
        """The row of its scores that speaks of a sample of the half."""
        return 0 if self.whole else sample - self.start


@dataclass(frozen=True)
class WindowPlan:
    """Where the windows of a system lie.

    Arguments:
        length: samples of a window; step: from one window to the next.
        before, after: samples at its two ends whose scores are dropped, for they saw too little.
        merge: ``MEAN``, ``MAXIMUM`` or ``MIDDLE``.
        outside: what is read beyond the ends of a half: ``ZEROS``, which is black; ``BLANK``, which is zero after
            pictures are normalised; or the first and last sample ``REPEATED``.
        whole: whether a window is judged as a whole.
        shortened: whether a half shorter than a window is judged in one of its own length, instead of a filled one.
        lead: samples before the half at which the first window begins.
        beyond: whether the last window keeps its step and reaches beyond the half, instead of ending with it.
        grid: windows begin at multiples of so many samples, where a network reads samples together and says of which
            one it speaks.
    """

    length: int
    step: int
    before: int = 0
    after: int = 0
    merge: str = MIDDLE
    outside: str = ZEROS
    whole: bool = False
    shortened: bool = False
    lead: int = 0
    beyond: bool = False
    grid: int = 1

    def windows(self, samples: int) -> list[PlannedWindow]:
        """All windows over a half, in order; together they keep every sample."""
        if self.whole:
            return [self._around(k) for k in range(samples)]
        length = min(self.length, samples) if self.shortened else self.length
        starts = list(self._starts(samples))
        planned, kept = [], 0
        for start in starts:
            first = 0 if start == starts[0] else start + self.before
            stop = samples if start == starts[-1] else start + self.length - self.after
            if self.merge == MIDDLE:
                first = max(first, kept)
            planned.append(PlannedWindow(start, length, first, stop))
            kept = stop
        return planned

    def window_at(self, samples: int, sample: int) -> PlannedWindow:
        """The window to ask about a sample: the one whose scores of it count, or where several do, one that has it as
        near to its middle as can be."""
        if self.whole:
            return self._around(sample)
        if self.merge == MIDDLE:
            return next(w for w in self.windows(samples) if w.first <= sample < w.stop)
        length = min(self.length, samples) if self.shortened else self.length
        start = min(max(0, sample - length // 2), self._last(samples, length)) // self.grid * self.grid
        return PlannedWindow(start, length, start, min(samples, start + length))

    def _around(self, sample: int) -> PlannedWindow:
        return PlannedWindow(sample - self.before, self.length, sample, sample + 1, whole=True)

    def _starts(self, samples: int) -> Iterator[int]:
        if self.beyond:
            yield from range(-self.lead, max(1 - self.lead, samples - (self.length - self.step)), self.step)
            return
        last = self._last(samples, self.length)
        yield from range(-self.lead, last, self.step)
        yield last

    def _last(self, samples: int, length: int) -> int:
        """Where a window begins that ends with the half, or where the next one of the grid does."""
        return -(-max(0, samples - length) // self.grid) * self.grid
