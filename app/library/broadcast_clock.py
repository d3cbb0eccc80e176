"""The clock and the score of a match as its broadcast shows them, where they have been read (``touchline clock``)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from app.library.library import Match
from app.library.roots import source_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD
from spotting_core.media.ingest import known_media
from spotting_core.media.source import MatchSource
from spotting_core.score_bug.match_clock import MatchClock, Stamp, clock_stamp, known_clock

GOAL = "Goal"
_MOST = 32  # matches whose clocks are held
_clocks: OrderedDict[tuple[Stamp, Parts], MatchClock] = OrderedDict()


def broadcast_clock(match: Match, data: DataDirectory, parts: Parts) -> MatchClock | None:
    """What has been read of a match; None where nothing has. Nothing is read now.

    Arguments:
        parts: what a match of its class table consists of.
    """
    try:
        return clock_of_source(source_of(match.path), data, parts)
    except TouchlineError:  # the page tells
        return None


def clock_of_source(source: MatchSource, data: DataDirectory, parts: Parts) -> MatchClock | None:
    """The same of videos that need not be of the library."""
    media = {h.half: one for h in source.halves if (one := known_media(h.path, data)) is not None}
    key = (clock_stamp(media), parts)
    if not key[0]:
        return None
    found = _clocks.pop(key, None) or known_clock(media, parts)
    _clocks[key] = found
    while len(_clocks) > _MOST:
        _clocks.popitem(last=False)
    return found


def spots_in_play(match: Match, spots: Sequence[Spot], data: DataDirectory, parts: Parts) -> list[Spot]:
    """Those of some spots at which a half is played, where the clock of a match has been read; else all."""
    clock = broadcast_clock(match, data, parts)
    return list(spots) if clock is None else clock.in_play(spots)


@dataclass(frozen=True)
class ClockTexts:
    """What the score bug says of a spot, for people; None where nobody knows.

    Arguments:
        time: its clock then; check: of a goal what the score says of it, a sentence.
        outside: where it lies if no half is played then.
    """

    time: str | None
    check: str | None
    outside: str | None

    def __bool__(self) -> bool:
        return any((self.time, self.check, self.outside))


def clock_texts(clock: MatchClock, spots: Sequence[Spot]) -> list[ClockTexts]:
    """What the score bug says of each spot."""
    sure = [s for s in spots if s.label == GOAL and (s.confidence is None or s.confidence >= DEFAULT_THRESHOLD)]
    return [
        ClockTexts(
            clock.text(s.half, s.time),
            _check(clock, s, sure) if s.label == GOAL else None,
            clock.outside_play(s.half, s.time),
        )
        for s in spots
    ]


def _check(clock: MatchClock, goal: Spot, goals: Sequence[Spot]) -> str | None:
    return clock.check_of_goal(goal.half, goal.time, [g.time for g in goals if g.half == goal.half])
