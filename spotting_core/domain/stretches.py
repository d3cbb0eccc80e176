"""Stretches of a match: of a half, from a time up to another (microseconds)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Stretch:
    """Of a half, from ``start`` up to ``end`` (microseconds, exclusive)."""

    half: int
    start: int
    end: int

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / 1e6

    def covers(self, half: int, time: int) -> bool:
        """Whether a moment (microseconds of a half) lies in it."""
        return self.half == half and self.start <= time < self.end


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same moments in stretches that neither overlap nor touch, in order; empty ones are left out."""
    whole: list[Stretch] = []
    for one in sorted(s for s in stretches if s.end > s.start):
        last = whole[-1] if whole else None
        if last is not None and last.half == one.half and one.start <= last.end:
            whole[-1] = Stretch(one.half, last.start, max(last.end, one.end))
        else:
            whole.append(one)
    return whole


def common(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What lies in both."""
    known = joined(others)
    return joined(
        Stretch(one.half, max(one.start, other.start), min(one.end, other.end))
        for one in joined(stretches)
        for other in known
        if other.half == one.half
    )


def without(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What lies in the first, but in none of the others."""
    left = joined(stretches)
    for other in joined(others):
        left = [piece for one in left for piece in _cut(one, other)]
    return joined(left)


def _cut(one: Stretch, other: Stretch) -> list[Stretch]:
    if other.half != one.half or other.end <= one.start or one.end <= other.start:
        return [one]
    return [Stretch(one.half, one.start, other.start), Stretch(one.half, other.end, one.end)]
