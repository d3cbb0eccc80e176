"""Where the halves of a match lie in its files, by the clock: one file may hold both, and what is around them.

A half is a run of stretches of the clock. It ends where the clock goes back (47:10 to 45:00), where so much of the file
shows no clock that it must be a break, or where the clock goes on at the regular length after it has been passed.

Extra time begins at 90:00, which time added to the second half has passed: it is told from that by the clock that is
set back, or that has not come on through a break. In a file of which nothing earlier is known it is extra time where
the clock runs further than time is added.

Some clocks begin extra time at 00:00. After a second half that reached 90:00 that is told from a recording that begins
anew by what only extra time does: the clock is last seen at about 15:00, and the file goes on. So it is in a file
that is of extra time by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import Parts
from spotting_core.score_bug.clock_fit import ClockFit, ClockStretch

_SECOND = 1_000_000
_BACK = 10 * _SECOND  # by which the clock goes back between halves
_AWAY = 90 * _SECOND  # within a half without a clock that runs, longer than replays of one moment
_BREAK = 240 * _SECOND  # without a clock, which is no replay
_SEEN_LATE = 300 * _SECOND  # after its beginning, at which a half's clock may be seen first
_EARLY = 60 * _SECOND  # before the regular end of a half, by which a clock that starts anew is the next half's
_PAUSE = 60 * _SECOND  # by which a clock comes on too little where it has stood at the end of a half
_PAST_END = (-2 * _SECOND, 10 * _SECOND)  # of a half, at which a clock stands there
_FULL_TIME = 120 * _SECOND  # by which it comes on too little between the second half and extra time
_LEAST_RUN = 120 * _SECOND  # that a clock is seen to run in a half of extra time, and in any that it has gone back to
_MOST_ADDED = 840 * _SECOND  # to a half
_AHEAD = 300 * _SECOND  # by which a clock jumps ahead only where a moment was shown again, or much is cut out
_ENDS_EARLY, _ENDS_LATE = 30 * _SECOND, 300 * _SECOND  # about the regular end of extra time whose clock began at 00:00
_CUT_OUT = 30 * _SECOND  # by which a clock may come on more than its file


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

    def clock_start(self, parts: Parts) -> int:
        """What the clock shows, or would show, at the beginning of the half, microseconds."""
        return clock_start(self.half, self.first, self.last, parts)

    def __str__(self) -> str:
        return f"{half_clock(self.start, 0)} to {half_clock(self.end, 0)}"


def clock_gaps(half: MatchHalf, clock: ClockFit) -> list[tuple[int, int]]:
    """Where within a half its clock is away for a minute and a half and more, as in advertisements or a studio.

    Returns the beginning and end of each such stretch, microseconds of the file.
    """
    seen = [(s.start, s.end) for s in clock.stretches if s.runs and s.end > half.start and s.start < half.end]
    return [(one[1], other[0]) for one, other in pairwise(seen) if other[0] - one[1] >= _AWAY]


def proposed_halves(file: int, clock: ClockFit, parts: Parts, duration: int) -> list[MatchHalf]:
    """The halves that a file's clock shows, in order; none where the parts of a match have no regular length.

    Arguments:
        duration: of the file, microseconds.
    """
    if parts.length is None:
        return []
    halves: list[MatchHalf] = []
    for block in _blocks(clock, file, parts):
        before = halves[-1] if halves else None
        number = _begun_anew(block, before, file, parts, duration) or _number(block, before, file, parts)
        if before is not None and number <= before.half and _shown_again(block, halves):
            continue
        half = _half(number, file, block, parts, before.end if before is not None else 0, duration)
        halves = [*halves[:-1], _joined(halves[-1], half)] if halves and halves[-1].half == number else [*halves, half]
    return halves


def clock_start(half: int, first: int, last: int, parts: Parts) -> int:
    """What the clock shows at the beginning of a half; in extra time that may be 00:00, or 15:00 for its second half.

    Arguments:
        first, last: what it shows where it is first and last seen in the half, microseconds as all of these.
    """
    start = parts.start(half)
    if not parts.is_extra(half) or last >= start:
        return start
    own = start - parts.start((parts.count or 0) + 1)
    return own if first >= own - _BACK else 0


def _blocks(clock: ClockFit, file: int, parts: Parts) -> list[list[ClockStretch]]:
    """Stretches of a clock that runs, those of one half together."""
    blocks: list[list[ClockStretch]] = []
    for stretch in clock.stretches:
        if not stretch.runs:
            continue
        back = len(blocks) > 1 and blocks[-1][0].clock < blocks[-2][-1].last - _BACK
        played = parts.is_extra(file) or any(_has_played(block[-1].last, parts) for block in blocks[:-1])
        anew = bool(blocks) and played and blocks[-1][0].clock <= _SEEN_LATE
        if blocks and not _parted(blocks[-1][-1], stretch, parts, back=back, anew=anew):
            blocks[-1].append(stretch)
        else:
            blocks.append([stretch])
    return blocks


def _has_played(last: int, parts: Parts) -> bool:
    """Whether a clock has reached the end of the regular time of a match that may have extra time."""
    return parts.extra_length is not None and last >= parts.start((parts.count or 0) + 1) + _PAST_END[0]


def _parted(one: ClockStretch, other: ClockStretch, parts: Parts, *, back: bool, anew: bool) -> bool:
    """Whether a half ends between two stretches that follow one another.

    Arguments:
        back: whether the clock had gone back to the first of them, which may be shown again.
        anew: whether it began at 00:00 where regular time has been played.
    """
    gap, came = other.start - one.end, other.clock - one.last
    if came < -_BACK or (back and came > gap + _AHEAD):
        return True
    after = parts.at_clock(other.clock + _SECOND)
    past_end = one.last - parts.start(after)
    if after > 1 and _PAST_END[0] <= past_end <= _PAST_END[1] and gap - came >= _PAUSE:
        return True
    if anew and _PAST_END[0] <= one.last - (parts.extra_length or 0) <= _PAST_END[1] and gap - came >= _PAUSE:
        return True
    passes = one.last < other.clock and parts.at_clock(one.last - _EARLY) < after
    if passes and parts.is_extra(after) and gap - came < _FULL_TIME:
        return False  # the clock has only been out of sight: time is added
    return gap >= _BREAK and (passes or came < gap / 2)


def _begun_anew(
    block: Sequence[ClockStretch], before: MatchHalf | None, file: int, parts: Parts, duration: int
) -> int | None:
    """The number of the half of extra time that a block is whose clock began at 00:00 again, None where it is none.

    After a second half it has to end as a half of extra time does, and the file to go on: a recording of what follows,
    or of the match once more, is cut off with its file. After a first half of extra time, and in a file that is of
    extra time by its name, it may be cut off so.
    """
    number, length = _extra_after(before, file, parts), parts.extra_length
    if number is None or length is None or _run(block) < _LEAST_RUN:
        return None
    first, last = block[0].clock, block[-1].last
    begins = clock_start(number, first, last, parts)
    if begins == parts.start(number) or first - begins > _SEEN_LATE or last - begins > length + _ENDS_LATE:
        return None
    if last - first > block[-1].end - block[0].start + _CUT_OUT:
        return None  # a shortened recording
    if parts.is_extra(file) or (before is not None and parts.is_extra(before.half)):
        return number
    return number if last - begins >= length - _ENDS_EARLY and duration - block[-1].end >= _PAUSE else None


def _extra_after(before: MatchHalf | None, file: int, parts: Parts) -> int | None:
    """The number of a half of extra time whose clock may begin at 00:00 after another half, None where none may."""
    if before is not None and parts.is_extra(before.half):
        played = before.last - before.clock_start(parts)
        anew = before.last < parts.start(before.half) and before.half < (parts.most or 0)
        return before.half + 1 if anew and played >= (parts.extra_length or 0) - _ENDS_EARLY else None
    if parts.is_extra(file):
        return file
    over = before is not None and before.half == parts.count and _has_played(before.last, parts)
    return (parts.count or 0) + 1 if over else None


def _number(block: Sequence[ClockStretch], before: MatchHalf | None, file: int, parts: Parts) -> int:
    """The number of the half that a block of stretches is, by what its clock shows first and what the file is of."""
    first = block[0].clock
    number = parts.at_clock(first + _SECOND)
    if parts.is_extra(file) and parts.is_extra(number):
        return number
    if before is not None and first >= before.last - _BACK and number < before.half:
        number = before.half  # the same half goes on after a break
    if parts.is_extra(number) and not _is_extra_time(block, number, before, parts):
        number = parts.count or number
    return number


def _is_extra_time(block: Sequence[ClockStretch], number: int, before: MatchHalf | None, parts: Parts) -> bool:
    """Whether a block whose clock begins after regular time is of extra time, not of time added."""
    regular = parts.count or 0
    if block[-1].last - parts.start(regular + 1) >= _MOST_ADDED:
        return True
    if before is None or before.half < regular or _run(block) < _LEAST_RUN:
        return before is not None and before.half > regular
    if before.half > regular:
        return True
    came, gap = block[0].clock - before.last, block[0].start - before.end
    set_back = came < -_BACK or gap - came >= _FULL_TIME
    return set_back and block[0].clock - parts.start(number) <= _SEEN_LATE


def _shown_again(block: Sequence[ClockStretch], halves: Sequence[MatchHalf]) -> bool:
    """Whether a block is a moment of halves before that is shown once more with its clock, as in a break."""
    clock = block[0].clock
    return _run(block) < _LEAST_RUN and any(half.first <= clock < half.last - _BACK for half in halves)


def _run(block: Sequence[ClockStretch]) -> int:
    """For how long a clock is seen to run, microseconds."""
    return sum(stretch.end - stretch.start for stretch in block)


def _half(number: int, file: int, block: Sequence[ClockStretch], parts: Parts, begins: int, duration: int) -> MatchHalf:
    """The half of a block; it begins where the clock would show its beginning, if that is not far from the first."""
    first, last = block[0], block[-1]
    missing = first.clock - clock_start(number, first.clock, last.last, parts)
    start = max(begins, first.start - max(0, missing)) if missing <= _SEEN_LATE else first.start
    agreeing, others = sum(s.agreeing for s in block), sum(s.others for s in block)
    end = min(last.end, duration)
    return MatchHalf(number, file, start, end, first.at(start), last.last, agreeing / (agreeing + others + 1))


def _joined(one: MatchHalf, other: MatchHalf) -> MatchHalf:
    """One half of two blocks of the same number."""
    confidence = min(one.confidence, other.confidence)
    return MatchHalf(one.half, one.file, one.start, other.end, one.first, other.last, confidence)
