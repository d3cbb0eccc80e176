"""Labels in the time of the match, put where the clock of the broadcast shows that time in its files.

Who labels a half by the clock counts from its beginning; a file of a whole match begins before it and holds both
halves, an excerpt begins later, and what is cut out or shown again in between moves everything after it. A moment that
no file shows, or of which the clock is not known, is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from spotting_core.formats.document import Document, Entry
from spotting_core.score_bug.clock_fit import BETWEEN, BEYOND, ClockFit
from spotting_core.score_bug.halves import MatchHalf
from spotting_core.score_bug.match_clock import MatchClock

NO_HALF = "in a half that the clock of the broadcast does not show"
NO_MOMENT = "at a moment that no file shows with its clock"


def placed_by_clock(document: Document, clock: MatchClock) -> Document:
    """A document in the time of the match as one in the times of the match's files.

    Arguments:
        document: its times count from the beginning of each half.

    What is left out is counted with its reason; clips of entries move with them.
    """
    halves: dict[int, list[MatchHalf]] = {}
    for half in clock.halves:
        halves.setdefault(half.half, []).append(half)
    entries: list[Entry] = []
    left_out = Counter(document.left_out)
    for entry in document.entries:
        spot = entry.spot
        own = halves.get(spot.half, [])
        later = max(0, spot.time)
        shown = [(half, half.clock_start(clock.parts) + later) for half in own]
        places = [(half.file, time_shown(clock.files[half.file].clock, at, half)) for half, at in shown]
        file, time = next(((f, t) for f, t in places if t is not None), (0, None))
        if time is None:
            left_out[NO_MOMENT if own else NO_HALF] += 1
            continue
        moved = time - spot.time
        clip = None if entry.clip is None else (max(0, entry.clip[0] + moved), entry.clip[1] + moved)
        entries.append(replace(entry, spot=replace(spot, half=file, time=time), clock=None, clip=clip))
    return replace(document, entries=tuple(entries), halves={}, left_out=dict(left_out))


def time_shown(clock: ClockFit, shown: int, half: MatchHalf) -> int | None:
    """When the clock of a file shows a time (both microseconds) in a half; None where that is not known to 3 seconds.

    The earliest, where replays show it again.
    """
    within = [s for s in clock.stretches if s.runs and s.start < half.end and s.end > half.start]
    inside = [s.start + shown - s.clock for s in within if s.clock <= shown <= s.last]
    if inside:
        return min(inside)
    first, last = within[:1], within[-1:]
    for stretch in first:
        time = stretch.start + shown - stretch.clock
        if half.start - BETWEEN <= time < stretch.start:
            return max(half.start, time)
    for stretch in last:
        time = stretch.end + shown - stretch.last
        if stretch.end < time <= stretch.end + BEYOND:
            return time
    between = [s.end + shown - s.last for s in within if s.last < shown]
    return next((t for t in reversed(between) if (at := clock.at(t)) is not None and abs(at - shown) <= BETWEEN), None)
