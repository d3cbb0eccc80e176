"""The clock and the score of a match as its broadcast shows them: for people, and to check goals by. No model reads it.

media/<hash>/halves.json    the halves of a file as a user has corrected them
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.media.ingest import Media
from spotting_core.score_bug.clock_fit import ClockFit, fit_clock
from spotting_core.score_bug.halves import MatchHalf, clock_gaps, proposed_halves
from spotting_core.score_bug.readings import BugReadings, bug_readings, kept_readings, readings_file
from spotting_core.score_bug.score_fit import ScoreChange, ScoreFit, fit_score

log = logging.getLogger(__name__)

_HALVES = "halves.json"
_EARLIEST, _LATEST = -10_000_000, 120_000_000
"""Microseconds after a goal at which the score bug changes: replays come before it, at times."""

_UNSURE = (30_000_000, 60_000_000)
"""Microseconds before a half begins and after its clock was last seen that may still be played."""

Stamp = tuple[tuple[str, int], ...]
"""Files, and when each was written."""
ReadFile = Callable[[int, Media], BugReadings | None]


@dataclass(frozen=True)
class FileClock:
    """What one file of a match shows: readings, clock, score, and its halves."""

    readings: BugReadings
    clock: ClockFit
    score: ScoreFit
    halves: tuple[MatchHalf, ...]

    def half_at(self, time: int) -> MatchHalf | None:
        """The half in which a time lies; between two, that which ended."""
        begun = [h for h in self.halves if h.start <= time]
        return begun[-1] if begun else next(iter(self.halves), None)


@dataclass(frozen=True)
class MatchClock:
    """The clock and the score of a match.

    Arguments:
        files: by the number of the part of the source.
        parts: what a match of its class table consists of.
    """

    files: Mapping[int, FileClock]
    parts: Parts

    @property
    def halves(self) -> list[MatchHalf]:
        """The halves of all files, in order."""
        return [half for file in self.files.values() for half in file.halves]

    @property
    def gaps(self) -> list[tuple[MatchHalf, int, int]]:
        """Where within a half its clock is away for minutes: the half, and microseconds of its file."""
        return [
            (half, start, end)
            for file in self.files.values()
            for half in file.halves
            for start, end in clock_gaps(half, file.clock)
        ]

    def gap_text(self, half: MatchHalf, start: int, end: int) -> str:
        """A gap for people: ``22:10 to 25:40 of the file in half 1, by the clock 21:02 to 24:32``."""
        clocks = " to ".join(text for text in (self.text(half.file, time) for time in (start, end)) if text)
        return f"{half_clock(start, 0)} to {half_clock(end, 0)} of the file in {self.parts.title(half.half)}" + (
            f", by the clock {clocks}" if clocks else ""
        )

    @property
    def why_unknown(self) -> str | None:
        """Why no clock is known of what has been read, as a clause; None where one is."""
        files = self.files.values()
        if any(file.clock.stretches for file in files):
            return None
        if all(file.readings.row is None for file in files):
            return "no match clock stays in one place of the picture and moves on"
        if any(file.clock.counts_down for file in files):
            return "its clock counts down, and only clocks that count up are read"
        return "what looks like a match clock cannot be followed: its readings do not agree"

    def at(self, half: int, time: int) -> int | None:
        """What the clock shows at a moment of a part of the source, microseconds; None where nobody knows."""
        file = self.files.get(half)
        return None if file is None else file.clock.at(time)

    def text(self, half: int, time: int) -> str | None:
        """The clock of the broadcast at a moment, for people: ``63:12``, or ``45+2:10`` in the time added on."""
        clock = self.at(half, time)
        if clock is None:
            return None
        inside = self.files[half].half_at(time)
        return _words(self.parts, inside.half if inside is not None else half, clock)

    def outside_play(self, half: int, time: int) -> str | None:
        """Where a moment of warm-up, break or studio lies, as ``between half 1 and half 2``.

        None within a half, near to one, and where nobody knows the halves of the file.
        """
        file = self.files.get(half)
        halves = file.halves if file is not None else ()
        before = [h for h in halves if h.end + _UNSURE[1] < time]
        after = [h for h in halves if time < h.start - _UNSURE[0]]
        if not halves or len(before) + len(after) < len(halves):
            return None
        names = [self.parts.title(h.half) for h in (*before[-1:], *after[:1])]
        if before and after:
            return f"between {names[0]} and {names[1]}"
        return f"after {names[0]}" if before else f"before {names[0]}"

    def in_play(self, spots: Iterable[Spot]) -> list[Spot]:
        """Those of some spots at which a half is played, or of which nobody knows."""
        return [spot for spot in spots if self.outside_play(spot.half, spot.time) is None]

    def change_of_goal(self, half: int, time: int, goals: Sequence[int]) -> ScoreChange | None:
        """The change of the score that belongs to a goal, by one and soon after; None where there is none.

        Arguments:
            goals: times of all goals of the part of the source; each change belongs to the latest before it.
        """
        file = self.files.get(half)
        changes = [c for c in file.score.changes if c.is_goal] if file is not None else []
        near = [c for c in changes if _EARLIEST <= c.time - time <= _LATEST]
        own = [c for c in near if not any(time < other <= c.before for other in goals)]
        return min(own, key=lambda c: abs(c.time - time), default=None)

    def check_of_goal(self, half: int, time: int, goals: Sequence[int]) -> str | None:
        """What the score bug says of a goal, a sentence; None where its score is not read about then."""
        file = self.files.get(half)
        if file is None or file.score.at(time) is None:
            return None
        change = self.change_of_goal(half, time, goals)
        if change is None:
            last = max(s.end for s in file.score.stretches)
            return None if last < time + _LATEST // 4 else "The score bug does not change after it."
        seconds = round((change.time - time) / 1e6)
        at = self.text(half, change.time) or half_clock(change.time, 0)
        return f"Score bug {change} at {at}, {abs(seconds)} s {'later' if seconds >= 0 else 'earlier'}."

    @property
    def unexplained_changes(self) -> list[tuple[int, ScoreChange]]:
        """Changes of the score that are no single goal, with the part of the source in which they are."""
        return [(n, c) for n, file in self.files.items() for c in file.score.changes if not c.is_goal]


def _words(parts: Parts, half: int, clock: int) -> str:
    """A clock for people, as a moment of a half."""
    if parts.length is None or clock < parts.start(half):
        return half_clock(clock, 0)
    return parts.part_clock(half, clock - parts.start(half))


def file_clock(number: int, media: Media, readings: BugReadings, parts: Parts) -> FileClock:
    """What the readings of a file say, with its halves as a user has corrected them."""
    clock = fit_clock(readings.clocks)
    halves = _kept_halves(media) or tuple(proposed_halves(number, clock, parts, media.table.duration))
    return FileClock(readings, clock, fit_score(readings.scores), halves)


def match_clock(media: Mapping[int, Media], parts: Parts, read: ReadFile | None = None) -> MatchClock:
    """The clock of a match.

    Arguments:
        media: its files by the number of the part of the source.
        read: what reads a file; ``readings.bug_readings`` where not given.

    Errors:
        BadInputError: a file can no longer be decoded.
    """
    found = {number: read(number, one) if read is not None else bug_readings(one) for number, one in media.items()}
    return MatchClock(
        {number: file_clock(number, media[number], r, parts) for number, r in found.items() if r is not None}, parts
    )


def known_clock(media: Mapping[int, Media], parts: Parts) -> MatchClock:
    """The clock of a match as far as it has been read before; nothing is read now."""
    return match_clock(media, parts, lambda _, one: kept_readings(one))


def clock_stamp(media: Mapping[int, Media]) -> Stamp:
    """By which a clock that was made of what is kept is known to be still that; empty where nothing has been read."""
    kept = [path for one in media.values() for path in (readings_file(one), one.folder / _HALVES) if path.is_file()]
    return tuple((str(path), path.stat().st_mtime_ns) for path in kept if path.is_file())


def check_half(media: Mapping[int, Media], parts: Parts, half: int, start: int, end: int, file: int) -> None:
    """A half must be one of a match, and lie in a file.

    Arguments:
        start, end: microseconds of the file of the part ``file`` of the source.

    Errors:
        BadInputError: no such half or file, or no stretch of it.
    """
    parts.check(half, extra_time=True)
    if file not in media:
        raise BadInputError(f"this match has no {parts.title(file)}")
    if not 0 <= start < end <= media[file].table.duration:
        length = half_clock(media[file].table.duration, 0)
        what = f"{half_clock(start, 0)} to {half_clock(end, 0)} is no stretch of this file"
        raise BadInputError(what, where=media[file].path, fix=f"Give a start before its end, within {length}")


def correct_half(media: Mapping[int, Media], clock: MatchClock, half: int, start: int, end: int, file: int) -> None:
    """Keep where a half lies, as a user says; for its arguments and errors see ``check_half``."""
    check_half(media, clock.parts, half, start, end, file)
    found = clock.files[file]
    first, last = (found.clock.at(time) for time in (start, end))
    begins = clock.parts.start(half)
    first = begins if first is None else first
    last = first + end - start if last is None else last
    own = MatchHalf(half, file, start, end, first, last, 1.0, corrected=True)
    halves = sorted([*(h for h in found.halves if h.half != half), own], key=lambda h: h.start)
    write_json(media[file].folder / _HALVES, [asdict(h) for h in halves])


def forget_corrections(media: Mapping[int, Media]) -> None:
    """Have the clock say again where the halves lie."""
    for one in media.values():
        (one.folder / _HALVES).unlink(missing_ok=True)


def _kept_halves(media: Media) -> tuple[MatchHalf, ...]:
    path = media.folder / _HALVES
    if not path.is_file():
        return ()
    try:
        return validated(tuple[MatchHalf, ...], read_json(path))
    except (TouchlineError, InvalidContentError) as error:
        log.warning("corrected halves are left out: %s", error)
        return ()
