"""Edit decision lists (CMX 3600), with markers as Avid (``LOC``) and DaVinci Resolve (``|M:``) write them.

    TITLE:   match
    FCM: NON-DROP FRAME
    * RATE: 30000/1001
    001  HALF1    V     C        00:00:00:00 00:45:00:00 00:00:00:00 00:45:00:00
    * FROM CLIP NAME:  match.mp4
    * LOC: 00:12:43:10 RED     Goal

Written here, an event is a half, or what is shown of a spot, and a marker stands at the spot's record time. An EDL
names no frame rate, so ours does in a comment; of others' the drop-frame count tells 29.97 or 59.94 apart, else 25
counts or what the reader is told. It drops frame numbers where the rate lets it, but for a time line that does not.

Record times begin where the programme begins: mostly at an hour (01:00:00:00, 10:00:00:00), which is taken off. Past
midnight they begin anew at 00:00:00:00, and are counted on. Source times of an event may be the camera's time of day,
from an hour on; what is marked is then counted from where the event begins. Of at most two events (the halves) a marker
is at its time of the half, of more at its time on the programme.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.texts import decoded_text
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.domain.timecode import (
    drops,
    frame_rate,
    frames_to_microseconds,
    is_drop_frame,
    microseconds_to_frames,
    parse_timecode,
    timecode,
)
from spotting_core.formats.document import Document, Entry, HalfInfo, Options, half_length, possible

FORM = "edl"
FILE_NAME = "timeline.edl"
NOMINAL_RATE = Fraction(25)

_TC = r"\d{1,3}[:;.,]\d{2}[:;.,]\d{2}[:;.,]\d{2,3}"
_EVENT = re.compile(rf"^\s*(\d+)\s+(.*?\S)\s+({_TC})\s+({_TC})\s+({_TC})\s+({_TC})\s*$")
_LOCATOR = re.compile(rf"^\*?\s*LOC:\s*({_TC})\s*(.*)$", re.IGNORECASE)
_RESOLVE = re.compile(r"\|M:(.*?)\s*(?=\|[A-Z]:|$)")
_LASTING = re.compile(r"\|D:(\d{1,9})")
_RATE = re.compile(r"^\*\s*RATE:\s*(\S+)\s*$", re.IGNORECASE)
_CLIP = re.compile(r"^\*\s*(?:FROM CLIP NAME|SOURCE FILE|CLIP NAME):\s*(.*?)\s*$", re.IGNORECASE)
_FIELDS = re.compile(rf"{_TC}")
_COLOURS = ("RED", "GREEN", "BLUE", "CYAN", "MAGENTA", "YELLOW", "BLACK", "WHITE", "PURPLE", "PINK", "ORANGE")
_OWN_COLOURS = {"goals": "GREEN", "cards": "YELLOW", "restarts": "MAGENTA", "fouls": "CYAN", "flow": "WHITE"}
_HOUR = 3600
_TIME_OF_DAY = _HOUR - 1  # seconds from which on a source time is a clock's; drop-frame hours are a little short


@dataclass
class _Event:
    """A line of the list and what stands below it.

    Arguments:
        times: source in and out, record in and out, as they are written; drop: how the lines count there.
    """

    line: str
    times: tuple[str, ...]
    drop: bool
    notes: list[str] = field(default_factory=list)
    name: str = ""

    @property
    def counts_drop(self) -> bool:
        """Whether its record times drop frame numbers."""
        return self.drop or is_drop_frame(self.times[2])

    def frames(self, at: int, rate: Fraction) -> int:
        return _frames(self.times[at], rate, self.drop)


def _frames(text: str, rate: Fraction, drop: bool) -> int:
    return parse_timecode(text, rate, drop=drop or is_drop_frame(text))


@dataclass
class _Marker:
    """What is marked: below which event (from 0), where as it is written (None: where the event begins), and as
    what."""

    event: int
    at: str | None
    label: str
    line: str
    drop: bool


@dataclass
class _List:
    """An EDL as it is written: lines before its first event, its events, its markers in the file's order."""

    head: list[str] = field(default_factory=list)
    events: list[_Event] = field(default_factory=list)
    markers: list[_Marker] = field(default_factory=list)
    rate: Fraction | None = None
    drop: bool = False
    over: bool | None = None  # midnight; None before anybody asks, for it takes a look at every event

    def recorded(self, event: _Event, at: int, rate: Fraction) -> int:
        """Frame of an event's record time, its number ``at``."""
        return self.counted_on(event.frames(at, rate), rate)

    def counted_on(self, frame: int, rate: Fraction) -> int:
        """A frame of the record clock, which begins anew at midnight."""
        if not self.is_over_midnight(rate):
            return frame
        midnight = _frames("24:00:00:00", rate, self.events[0].counts_drop)
        return frame + midnight if 2 * frame < midnight else frame

    def is_over_midnight(self, rate: Fraction) -> bool:
        """Whether an event ends before it begins, or the next one begins more than half a day before it."""
        if self.over is None:
            midnight = _frames("24:00:00:00", rate, self.events[0].counts_drop)
            begins, ends = ([event.frames(at, rate) for event in self.events] for at in (2, 3))
            self.over = any(end < begin for begin, end in zip(begins, ends, strict=True)) or any(
                2 * (begin - after) > midnight for begin, after in pairwise(begins)
            )
        return self.over


def parse(content: bytes, where: object, game: str, options: Options) -> Document:
    """The document of a list; what is no marker is kept in the header.

    Errors:
        BadInputError: no list, or a timecode that the rate has not; names the line.
    """
    listed = _listed(decoded_text(content, where, "edit list"), where)
    rate, notes = _rate_of(listed, options, where)
    try:
        zero = _zero(listed, rate)
        entries = [_entry(marker, listed, rate, zero, where) for marker in listed.markers]
        halves = _halves(listed, rate)
    except BadInputError as error:
        raise BadInputError(error.what, where=error.where or where, fix=error.fix) from error
    if zero:
        first = listed.recorded(listed.events[0], 2, rate) - _source_offset(listed.events[0], rate)
        begins = timecode(first if _stacked(listed) else zero, rate, drop=listed.events[0].counts_drop)
        notes.append(f"times are counted from {begins}, where the programme begins")
    header = {
        "head": listed.head,
        "events": [[e.line, *e.notes] for e in listed.events],
        "rate": str(rate),
    }
    unmarked = sum(1 for n in range(len(listed.events)) if all(m.event != n for m in listed.markers))
    left = {"an event without a marker": unmarked} if unmarked and not (listed.markers and _stacked(listed)) else {}
    counts = listed.events[0].counts_drop
    return Document(tuple(entries), game or _title(listed), FORM, header, halves, tuple(notes), left, drop_frame=counts)


def _listed(text: str, where: object) -> _List:
    listed = _List()
    for number, line in enumerate(text.splitlines(), start=1):
        event, locator, resolve = _EVENT.match(line), _LOCATOR.match(line.strip()), _RESOLVE.search(line)
        if event is None and len(_FIELDS.findall(line)) >= 4 and not line.lstrip().startswith("*"):
            raise BadInputError(f"this event cannot be read: {line.strip()[:80]!r}", where=f"{where}, line {number}")
        _follow(listed, line)
        if event is not None:
            listed.events.append(_Event(line.rstrip(), event.groups()[2:], listed.drop))
        elif (locator or resolve) and listed.events:
            at, label = (locator[1], _without_colour(locator[2])) if locator else (None, resolve[1])  # type: ignore[index]
            listed.markers.append(_Marker(len(listed.events) - 1, at, plain_name(label), line.rstrip(), listed.drop))
        elif listed.events and line.strip():
            clip = _CLIP.match(line.strip())
            listed.events[-1].name = clip[1] if clip and not listed.events[-1].name else listed.events[-1].name
            listed.events[-1].notes.append(line.rstrip())
        elif line.strip():
            listed.head.append(line.rstrip())
    if not listed.events:
        fix = "An event is a number, a reel, a track, a cut and four timecodes"
        raise BadInputError("this edit list cannot be read: it has no event", where=where, fix=fix)
    return listed


def _follow(listed: _List, line: str) -> None:
    """Take in what a line says of those after it: how they count, and the rate."""
    text = line.strip().upper()
    if text.startswith("FCM:"):
        listed.drop = "NON" not in text and "DROP" in text
    rate = _RATE.match(line.strip())
    if rate is not None:
        listed.rate = frame_rate(rate[1])


def _without_colour(text: str) -> str:
    colour, _, rest = text.strip().partition(" ")
    return rest.strip() if colour.upper() in _COLOURS and rest.strip() else text.strip()


def _rate_of(listed: _List, options: Options, where: object) -> tuple[Fraction, list[str]]:
    """The list's rate, and what has to be said of it.

    Errors:
        BadInputError: a frame number that 25 a second has not, and nothing that says how many there are.
    """
    texts = [t for event in listed.events for t in event.times] + [m.at for m in listed.markers if m.at]
    dropped = any(event.drop for event in listed.events) or any(is_drop_frame(t) for t in texts)
    if options.rate is not None:
        rate = frame_rate(options.rate)
        doubt = f"the list drops frame numbers, which {float(rate):.5g} frames a second do not (see --rate)"
        return rate, [doubt] if dropped and not drops(rate) else []
    if listed.rate is not None:
        return listed.rate, []
    highest = max(int(re.split(r"[:;.,]", t)[3]) for t in texts)
    if dropped:
        rate = Fraction(60000, 1001) if highest >= 30 else Fraction(30000, 1001)
        return rate, [f"the list drops frame numbers: it is read at {float(rate):.5g} frames a second"]
    if highest >= NOMINAL_RATE:
        raise BadInputError(
            f"the list counts to frame {highest} of a second and does not say how many there are",
            where=where,
            fix="Give its frame rate, as in --rate 29.97, --rate 30 or --rate 59.94",
        )
    return NOMINAL_RATE, [f"an edit list names no frame rate; it is read at {NOMINAL_RATE} a second (see --rate)"]


def _zero(listed: _List, rate: Fraction) -> int:
    """Frame at which the programme begins: the whole hour before its first event."""
    first = min(listed.recorded(event, 2, rate) for event in listed.events)
    hour = int(first / rate // _HOUR) + 1  # by the timecode it may be another than by the clock
    drop = listed.events[0].counts_drop
    hours = (_frames(f"{h:02d}:00:00:00", rate, drop) for h in range(hour, -1, -1))
    return next(at for at in hours if at <= first)


def _stacked(listed: _List) -> bool:
    """Whether its events can be the halves of a match: at most two, in which every marker has a time of its own."""
    return len(listed.events) <= 2 and not any(m.at is None for m in listed.markers)


def _entry(marker: _Marker, listed: _List, rate: Fraction, zero: int, where: object) -> Entry:
    event = listed.events[marker.event]
    begin = listed.recorded(event, 2, rate)
    at = begin if marker.at is None else listed.counted_on(_frames(marker.at, rate, marker.drop), rate)
    half, frame = 1, at - zero
    if _stacked(listed):
        half, frame = marker.event + 1, at - begin + _source_offset(event, rate)
    time = frames_to_microseconds(frame, rate)
    spot = Spot(half, time, _original(marker.label) or "Marker", source=TRUTH)
    extras = {"event": marker.event, "line": marker.line, "read_as": [half, time, spot.label], "at": at}
    return Entry(possible(spot, f"{where}, marker {marker.label!r}"), extras)


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of a marker only a list can say: its colour, and how long it lasts where that is more than a frame."""
    line = extras["line"]
    locator = _LOCATOR.match(line.strip())
    words = locator[2].split() if locator else []
    if "|C:" in line or (words and words[0].upper() in _COLOURS):
        yield "colour"
    if (lasting := _LASTING.search(line)) and int(lasting[1]) > 1:
        yield "duration"


def _source_offset(event: _Event, rate: Fraction) -> int:
    """Frames of its source that lie before an event; none where the source counts the time of day."""
    source = event.frames(0, rate)
    return source if source < _TIME_OF_DAY * rate else 0


def _original(name: str) -> str:
    """A list in capitals names classes so; a class of the bundled table gets its own spelling back."""
    return next((n for n in load_classes().names if n.upper() == name), name)


def _halves(listed: _List, rate: Fraction) -> dict[int, HalfInfo]:
    if not _stacked(listed):
        return {}
    lengths = [listed.recorded(e, 3, rate) - listed.recorded(e, 2, rate) for e in listed.events]
    return {
        number: HalfInfo(float(rate), duration=frames_to_microseconds(max(length, 0), rate), file=event.name or None)
        for number, (event, length) in enumerate(zip(listed.events, lengths, strict=True), start=1)
    }


def _title(listed: _List) -> str:
    first = next((line for line in listed.head if line.upper().startswith("TITLE:")), "")
    return first.partition(":")[2].strip()


# --- writing ------------------------------------------------------------------------------------------


def render(document: Document, options: Options) -> bytes:
    """The content of the document's list.

    Errors:
        BadInputError: a length or rate that no timecode can name.
    """
    kept = document.kept(FORM)
    lines = list(_kept_lines(document, kept, options) if kept else _made_lines(document, options))
    return ("\n".join(lines) + "\n").encode()


def _kept_lines(document: Document, kept: Any, options: Options) -> Iterator[str]:
    """The list as it was, with each marker that was moved or is new counted as the event it stands below counts."""
    yield from kept["head"]
    rate = frame_rate(kept["rate"])
    listed = _listed("\n".join((*kept["head"], *(line for lines in kept["events"] for line in lines))), document.game)
    known = [document.extras(entry, FORM) for entry in document.entries]
    stacked = len(listed.events) <= 2 and all(_LOCATOR.match(extras["line"].strip()) for extras in known if extras)
    for number, (event, lines) in enumerate(zip(listed.events, kept["events"], strict=True)):
        yield from lines
        for entry, extras in zip(document.entries, known, strict=True):
            spot = entry.spot
            if extras:
                if extras["event"] != number:
                    continue
                half, time, label = extras["read_as"]
                if (half, time, label) == (spot.half, spot.time, spot.label):
                    yield extras["line"]
                    continue
                at = extras["at"] + microseconds_to_frames(spot.time - time, rate)
            else:
                below, at = _new_place(listed, spot, rate, stacked)
                if below != number:
                    continue
            at %= _frames("24:00:00:00", rate, event.counts_drop)
            yield _locator(at, spot, rate, event.counts_drop, options)


def _new_place(listed: _List, spot: Spot, rate: Fraction, stacked: bool) -> tuple[int, int]:
    """The event below which a new marker stands, from 0, and its frame on the record clock."""
    begins = [listed.recorded(event, 2, rate) for event in listed.events]
    time = microseconds_to_frames(spot.time, rate)
    if stacked:
        number = min(spot.half, len(begins)) - 1
        return number, begins[number] + time - _source_offset(listed.events[number], rate)
    at = _zero(listed, rate) + time
    return max((n for n, begin in enumerate(begins) if begin <= at), key=begins.__getitem__, default=0), at


def _made_lines(document: Document, options: Options) -> Iterator[str]:
    """One event a half, as long as its video (or as 45 minutes, see ``half_length``), or one for each clip shown."""
    known = next((info.rate for _, info in sorted(document.halves.items()) if info.rate), None)
    rate = frame_rate(known or options.rate or NOMINAL_RATE)
    drop = document.counts_drop(rate)
    yield f"TITLE:   {_one_line(document.game or 'match')}"
    yield f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}"
    yield f"* RATE: {rate}"
    at = 0
    for number, (half, start, end, entries) in enumerate(_pieces(document), start=1):
        first, stop = (microseconds_to_frames(time, rate) for time in (start, end))
        stop = max(stop, first + 1)
        record = timecode(at, rate, drop=drop), timecode(at + stop - first, rate, drop=drop)
        source = timecode(first, rate, drop=drop), timecode(stop, rate, drop=drop)
        yield f"{number:03d}  {f'HALF{half}':<8} V     C        {source[0]} {source[1]} {record[0]} {record[1]}"
        name = document.halves.get(half, HalfInfo()).file or options.parts.title(half).capitalize()
        yield f"* FROM CLIP NAME:  {_one_line(str(name))}"
        for entry in entries:
            moment = at + microseconds_to_frames(entry.spot.time, rate) - first
            yield _locator(max(moment, 0), entry.spot, rate, drop, options)
        at += stop - first


def _pieces(document: Document) -> Iterator[tuple[int, int, int, list[Entry]]]:
    """Half, start and end in it (microseconds), and the entries, of each event."""
    if document.entries and all(e.clip is not None for e in document.entries):
        yield from ((e.spot.half, *e.clip, [e]) for e in document.entries if e.clip is not None)
        return
    for half in range(1, max(document.half_numbers(), default=1) + 1):
        yield half, 0, half_length(document, half), [e for e in document.entries if e.spot.half == half]


def _locator(frame: int, spot: Spot, rate: Fraction, drop: bool, options: Options) -> str:
    group = options.classes.get(spot.label).group if options.classes and spot.label in options.classes else ""
    label = _one_line(spot.label)
    return f"* LOC: {timecode(frame, rate, drop=drop)} {_OWN_COLOURS.get(group, 'RED'):<7} {label}"


def _one_line(text: str) -> str:
    """A text without line breaks, each of which would begin another line of the list."""
    return text if text.isprintable() else " ".join(text.split())
