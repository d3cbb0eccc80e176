"""Where the halves of a match lie in its files, by the clock: one file may hold both, and what is around them.

A half is a run of stretches of the clock. It ends where the clock goes back (47:10 to 45:00), where so much of the file
shows no clock that it must be a break, or where the clock goes on at the regular length after it has been passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import Parts
from spotting_core.score_bug.clock_fit import ClockFit, ClockStretch

_SECOND = 1_000_000
_BACK = 10 * _SECOND  # by which the clock goes back between halves
_BREAK = 240 * _SECOND  # without a clock, which is no replay
_SEEN_LATE = 300 * _SECOND  # after its beginning, at which a half's clock may be seen first
_EARLY = 60 * _SECOND  # before the regular end of a half, by which a clock that starts anew is the next half's


@dataclass(frozen=True)
class MatchHalf:
    """A half of a match in a file.

    Arguments:
        half: its number; file: number of the file (of the part of the source) in which it lies.
        start, end: microseconds of the file.
        first, last: what the clock shows there, microseconds.
        confidence: share of the readings of the clock that agree; 1 where a user has said it.
        corrected: whether a user has said it.
    """

    half: int
    file: int
    start: int
    end: int
    first: int
    last: int
    confidence: float
    corrected: bool = False

    def __str__(self) -> str:
        return f"{half_clock(self.start, 0)} to {half_clock(self.end, 0)}"


def proposed_halves(file: int, clock: ClockFit, parts: Parts, duration: int) -> list[MatchHalf]:
    """The halves that a file's clock shows, in order; none where the parts of a match have no regular length.

    Arguments:
        duration: of the file, microseconds.
    """
    if parts.length is None:
        return []
    runs = [s for s in clock.stretches if s.runs]
    blocks: list[list[ClockStretch]] = []
    for stretch in runs:
        if blocks and not _parted(blocks[-1][-1], stretch, parts.length):
            blocks[-1].append(stretch)
        else:
            blocks.append([stretch])
    halves: list[MatchHalf] = []
    for block in blocks:
        number = _number(block, halves[-1] if halves else None, parts)
        begins = halves[-1].end if halves else 0
        half = _half(number, file, block, parts, begins, duration)
        halves = [*halves[:-1], _joined(halves[-1], half)] if halves and halves[-1].half == number else [*halves, half]
    return halves


def _parted(one: ClockStretch, other: ClockStretch, length: int) -> bool:
    """Whether a half ends between two stretches that follow one another."""
    gap, came = other.start - one.end, other.clock - one.last
    if came < -_BACK:
        return True
    passes = one.last < other.clock and (one.last - _EARLY) // length < (other.clock + _SECOND) // length
    return gap >= _BREAK and (passes or came < gap / 2)


def _number(block: Sequence[ClockStretch], before: MatchHalf | None, parts: Parts) -> int:
    """The number of the half that a block of stretches is, by what its clock shows first."""
    assert parts.length is not None
    number = (block[0].clock + _SECOND) // parts.length + 1
    if before is not None and block[0].clock >= before.last - _BACK and number < before.half:
        number = before.half  # the same half goes on after a break
    return min(number, parts.count) if parts.count is not None else number


def _half(number: int, file: int, block: Sequence[ClockStretch], parts: Parts, begins: int, duration: int) -> MatchHalf:
    """The half of a block; it begins where the clock would show its beginning, if that is not far from the first."""
    first, last = block[0], block[-1]
    missing = first.clock - parts.start(number)
    start = max(begins, first.start - max(0, missing)) if missing <= _SEEN_LATE else first.start
    agreeing, others = sum(s.agreeing for s in block), sum(s.others for s in block)
    end = min(last.end, duration)
    return MatchHalf(number, file, start, end, first.at(start), last.last, agreeing / (agreeing + others + 1))


def _joined(one: MatchHalf, other: MatchHalf) -> MatchHalf:
    """One half of two blocks of the same number."""
    confidence = min(one.confidence, other.confidence)
    return MatchHalf(one.half, one.file, one.start, other.end, one.first, other.last, confidence)
