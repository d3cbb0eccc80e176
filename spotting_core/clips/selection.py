"""What is clipped: spots chosen by class, confidence, half and team, or stretches that a person marked.

A clip is a stretch of one half: it shows the frame on screen at its start and every frame up to its end. Lead
and lag come from the class table where nobody says otherwise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.clips.freeze import Freeze, check_freezes
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.clock import half_clock, parse_clock
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.media.times import TimeTable

MARK = "Mark"
"""Label of a stretch that a person marked without naming a class."""

_MARK_TEXT = re.compile(r"^\s*(\d{1,3})\s+([\d:.,]+)\s*-\s*([\d:.,]+)\s*$")
_SLOWEST, _FASTEST = 0.1, 1.0


@dataclass(frozen=True)
class Clip:
    """One clip.

    Arguments:
        half: number of the part, from 1.
        start, end: microseconds since the first shown frame of the half.
        label: class name, or ``MARK``.
        time: of its spot in microseconds, or None for a mark.
        team, confidence: of its spot.
        caption: shown on the picture and on the title card; note: for the reader of the manifest.
        slow: speed at the spot (0.5 is half), 1 for none.
        freezes: pictures at which it stands, in the order of time.
        match: which one, where an export is of several, by the name that its sources have for it; else empty.
    """

    half: int
    start: int
    end: int
    label: str
    time: int | None = None
    team: str = "unknown"
    confidence: float | None = None
    caption: str = ""
    note: str = ""
    slow: float = 1.0
    match: str = ""
    freezes: tuple[Freeze, ...] = ()

    def __post_init__(self) -> None:
        if self.half < 1 or not 0 <= self.start < self.end:
            raise BadInputError(
                f"this clip from {half_clock(self.start)} to {half_clock(self.end)} of part {self.half} shows nothing",
                fix="Its end must come after its start, and the number of its part counts from 1",
            )
        if not _SLOWEST <= self.slow <= _FASTEST:
            raise BadInputError(f"the speed {self.slow:g} is not between {_SLOWEST:g} and {_FASTEST:g}")
        check_freezes(self.freezes, self.start, self.end)

    @property
    def moment(self) -> int:
        """When its spot is, microseconds; a mark counts as one at its start."""
        return self.start if self.time is None else self.time

    @property
    def spot(self) -> Spot:
        """The clip's spot; a mark counts as one at its start."""
        return Spot(self.half, self.moment, self.label, self.confidence, self.team)

    @property
    def length(self) -> int:
        """Microseconds of the match that it shows."""
        return self.end - self.start

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Clip:
        """Read what ``as_json`` gave.

        Errors:
            BadInputError: a field is missing or no clip comes of it.
        """
        try:
            fields = {k: content[k] for k in cls.__dataclass_fields__ if k in content}
            whole = {k: int(fields[k]) for k in ("half", "start", "end")}
            freezes = sorted(map(Freeze.from_json, fields.get("freezes", ())), key=lambda freeze: freeze.time)
            return cls(**{**fields, **whole, "freezes": tuple(freezes)})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInputError(f"this clip cannot be read ({error})", fix="Choose the spots again") from error


@dataclass(frozen=True)
class Choice:
    """Which spots are clipped.

    Arguments:
        labels: class names, none for all; halves and teams likewise.
        least: confidence; a spot without one (true, added) is certain.
    """

    labels: Sequence[str] = ()
    halves: Sequence[int] = ()
    teams: Sequence[str] = ()
    least: float = 0.0

    def takes(self, spot: Spot) -> bool:
        return (
            (not self.labels or spot.label in self.labels)
            and (not self.halves or spot.half in self.halves)
            and (not self.teams or spot.team in self.teams)
            and (spot.confidence is None or spot.confidence >= self.least)
        )


@dataclass(frozen=True)
class Margins:
    """Seconds that a clip shows before and after its spot.

    Arguments:
        classes: whose lead and lag count.
        by_class: (lead, lag) by class name, in place of the table's; either may be None.
        lead, lag: for every class, in place of both.
    """

    classes: ClassTable
    by_class: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    lead: float | None = None
    lag: float | None = None

    def of(self, label: str) -> tuple[float, float]:
        """Lead and lag of a class in seconds."""
        action = self.classes.get(label)
        lead, lag = self.by_class.get(label, (None, None))
        margins = (
            next(v for v in (self.lead, lead, action.lead) if v is not None),
            next(v for v in (self.lag, lag, action.lag) if v is not None),
        )
        if min(margins) < 0 or not 0 < sum(margins) < math.inf:
            raise BadInputError(
                f"{label} would be clipped from {margins[0]:g} s before to {margins[1]:g} s after its spot",
                fix="Give finite seconds that together are above 0",
            )
        return margins


def clips_of(
    spots: Iterable[Spot], margins: Margins, lengths: Mapping[int, int], choice: Choice | None = None
) -> list[Clip]:
    """Clips of the chosen spots, in the order of half and time; ``uncut`` says of which spots there is none.

    Arguments:
        lengths: microseconds of each half's video; a clip begins and ends with it.
    """
    choice = choice or Choice()
    chosen = sorted((s for s in spots if choice.takes(s) and s.half in lengths), key=lambda s: (s.half, s.time))
    return [_clip(s, margins, lengths[s.half]) for s in chosen if _is_shown(s, margins, lengths[s.half])]


def uncut(spots: Iterable[Spot], margins: Margins, lengths: Mapping[int, int], parts: Parts) -> list[str]:
    """Clauses about the spots of which there is no clip, and those that lie before the video and are cut from its
    start.

    Arguments:
        lengths: microseconds of each half's video; parts: of a match of the class table.
    """
    clauses = []
    for spot in sorted(spots, key=lambda s: (s.half, s.time)):
        named = f"{spot.label} at {half_clock(spot.time, 2)} of {parts.title(spot.half)}"
        length = lengths.get(spot.half)
        if length is None:
            clauses.append(f"{named} is left out: there is no video of {parts.title(spot.half)}")
        elif spot.time >= length:
            clauses.append(f"{named} is left out: its video ends at {half_clock(length, 2)}")
        elif not _is_shown(spot, margins, length):
            clauses.append(f"{named} is left out: it ends before the video begins")
        elif spot.time < 0:
            clauses.append(f"{named} lies before the video, and is cut from its first frame")
    return clauses


def shortened(marks: Iterable[Clip], lengths: Mapping[int, int], parts: Parts) -> list[str]:
    """Clauses about marked stretches that go on past the end of their video.

    Arguments:
        lengths: microseconds of each half's video; parts: of a match of the class table.
    """
    return [
        f"{mark.label} from {half_clock(mark.start, 2)} to {half_clock(mark.end, 2)} of {parts.title(mark.half)} is "
        f"cut short: its video ends at {half_clock(lengths[mark.half], 2)}"
        for mark in marks
        if mark.start < lengths.get(mark.half, 0) < mark.end
    ]


def _is_shown(spot: Spot, margins: Margins, length: int) -> bool:
    """Whether a clip of a spot shows something: it lies in its video, or before it and lasts into it."""
    return spot.time < length and (spot.time >= 0 or spot.time + round(margins.of(spot.label)[1] * 1e6) > 0)


def _clip(spot: Spot, margins: Margins, length: int) -> Clip:
    lead, lag = margins.of(spot.label)
    start = max(0, spot.time - round(lead * 1e6))
    end = min(length, spot.time + round(lag * 1e6))
    return Clip(spot.half, start, max(end, start + 1), spot.label, spot.time, spot.team, spot.confidence)


def parse_mark(text: str) -> Clip:
    """A stretch that a person marked, as ``1 02:34.04-02:48``: part, start and end on the clock of the part.

    Errors:
        BadInputError: it is not written so, or shows nothing.
    """
    match = _MARK_TEXT.match(text)
    if match is None:
        raise BadInputError(f"{text!r} marks nothing", fix='Write its part, start and end, as in "1 02:34.04-02:48"')
    return Clip(int(match.group(1)), parse_clock(match.group(2)), parse_clock(match.group(3)), MARK)


def frames_of(clip: Clip, table: TimeTable) -> tuple[int, int]:
    """First frame that a clip shows and the one after its last.

    Errors:
        BadInputError: it begins after the end of the video.
    """
    if clip.start >= table.duration:
        raise BadInputError(
            f"the clip at {half_clock(clip.start)} lies past the end of the video",
            fix=f"The video ends at {half_clock(table.duration)}",
        )
    first = table.shown_at(clip.start)
    # A frame that begins within a millisecond of the end is the next one: clocks are written in milliseconds.
    stop = int((table.times < clip.end - 1_000).sum()) if clip.end <= table.times[-1] else len(table)
    return first, max(stop, first + 1)


def frame_time(table: TimeTable, number: int) -> int:
    """When a frame begins; the number after the last one gives the end of the video."""
    return int(table.times[number]) if number < len(table) else table.duration
