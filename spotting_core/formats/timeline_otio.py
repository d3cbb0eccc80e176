"""Edit timelines through OpenTimelineIO: its own files, and by its adapter Final Cut Pro 7 XML (which DaVinci Resolve
and Premiere read).

A half is one clip on one video track, one after the other; each spot is a marker on its clip, at its time in the
media. What a marker cannot say in words (half, time, confidence, team, visibility, source) is in its
``touchline`` metadata, which only OpenTimelineIO's own files keep whole. Spots that say what is shown of them make
an edit instead: one clip each, in the document's order, with the spot as its marker. Other timelines are read too:
a marker on the n-th clip is a spot of half n if there are at most two clips, else of half 1 at its time on the time
line.

What a camera's clock says where a file begins (10:00:00:00) is no time of the match: in OpenTimelineIO's files it is
taken off, in Final Cut's a marker counts from the file's beginning anyway.

The parsers are others', one of them in C++: files are read in a process of its own, once they were seen not to be
nested too deeply (``base.confined``, ``base.nesting``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from spotting_core.base.confined import confined
from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import check_json, check_xml, xml_of_mark
from spotting_core.base.texts import decoded_text
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.spots import TEAMS, TRUTH, Spot
from spotting_core.domain.timecode import drops, frame_rate, microseconds_to_frames
from spotting_core.formats.document import Document, Entry, HalfInfo, Options, half_length, possible

FORM, FCP = "otio", "fcp-xml"
ADAPTERS = {FORM: "otio_json", FCP: "fcp_xml"}
FILE_NAMES = {FORM: "timeline.otio", FCP: "timeline.xml"}
NAMESPACE = "touchline"
IMPORTED = "imported"
_FINAL_CUT = "fcp_xml"  # metadata of its adapter, the only place in which a timeline says how its timecodes count
NOMINAL_RATE = 25.0
_TIME_OF_DAY = 3600  # seconds from which on a clip's first time is a clock's and not its own

_COLOURS = {"goals": "GREEN", "cards": "YELLOW", "restarts": "PURPLE", "fouls": "PINK", "flow": "WHITE"}


def parser(form: str) -> Callable[[bytes, object, str, Options], Document]:
    """The reader of one of the forms."""
    return lambda content, where, game, options: _parse(form, content, where, game, options)


def renderer(form: str) -> Callable[[Document, Options], bytes]:
    """The writer of one of the forms."""
    return lambda document, options: _render(form, document, options)


def _parse(form: str, content: bytes, where: object, game: str, options: Options) -> Document:
    """The document of a timeline; everything but its markers is kept in the header.

    Errors:
        BadInputError: the adapter cannot read it within its limits, or it is not a timeline.
    """
    content = xml_of_mark(content) if form == FCP else content
    (check_xml if form == FCP else check_json)(content, where, "timeline")
    packed = confined(f"{__name__}:packed_document", content, form, game, where=where, what="timeline")
    return msgspec.json.decode(packed, type=Document)


def packed_document(content: bytes, form: str, game: str) -> bytes:
    """The document of a timeline's content as JSON: what the child process does.

    Errors:
        BadInputError: the adapter cannot read it, or it is not a timeline.
    """
    try:
        read = otio.adapters.read_from_string(decoded_text(content, None, "timeline"), ADAPTERS[form])
    except MemoryError:
        raise
    except Exception as error:  # adapters raise whatever their parsing meets
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInputError(f"this timeline cannot be read ({reason})") from error
    timeline = _timeline(read, None)
    entries = [_entry(form, timeline, *marker) for marker in _markers(timeline)]
    for owner in _owners(timeline):
        del owner.markers[:]
    halves = dict(enumerate((_info(c) for c in _clips(timeline)), start=1)) if _stacked(timeline) else {}
    header = {"timeline": otio.adapters.write_to_string(timeline, "otio_json")}
    document = Document(tuple(entries), game or timeline.name, form, header, halves, drop_frame=_counts_drop(timeline))
    return msgspec.json.encode(document)


def _counts_drop(timeline: otio.schema.Timeline) -> bool | None:
    """Whether the time line's timecodes drop frame numbers, as Final Cut's adapter keeps it."""
    count = timeline.metadata.get(_FINAL_CUT, {}).get("timecode", {}).get("displayformat")
    return None if count is None else str(count).strip().upper() == "DF"


def _timeline(read: Any, where: object) -> otio.schema.Timeline:
    if isinstance(read, otio.schema.SerializableCollection):
        read = next((t for t in read if isinstance(t, otio.schema.Timeline)), None)
    if not isinstance(read, otio.schema.Timeline):
        raise BadInputError("this file holds no timeline", where=where)
    return read


def _clips(timeline: otio.schema.Timeline) -> list[otio.schema.Clip]:
    return [c for track in timeline.video_tracks() for c in track if isinstance(c, otio.schema.Clip)]


def _stacked(timeline: otio.schema.Timeline) -> bool:
    """Whether its clips can be the halves of a match."""
    return 1 <= len(_clips(timeline)) <= 2 and not timeline.metadata.get(NAMESPACE, {}).get("edit", False)


def _owners(timeline: otio.schema.Timeline) -> Iterator[Any]:
    yield timeline.tracks
    for track in timeline.tracks:
        yield track
        yield from (child for child in track if hasattr(child, "markers"))


def _markers(timeline: otio.schema.Timeline) -> Iterator[tuple[Any, otio.schema.Marker, int]]:
    for place, owner in enumerate(_owners(timeline)):
        yield from ((owner, marker, place) for marker in owner.markers)


def _entry(form: str, timeline: otio.schema.Timeline, owner: Any, marker: otio.schema.Marker, place: int) -> Entry:
    metadata = marker.metadata.get(NAMESPACE, {})
    start = marker.marked_range.start_time
    half, time = _placed(form, timeline, owner, start)
    if "half" in metadata and "time" in metadata:
        half, time = int(metadata["half"]), int(metadata["time"])
    confidence = metadata.get("confidence")
    spot = Spot(
        half,
        time,
        plain_name(marker.name or "") or "Marker",
        None if confidence is None else float(confidence),
        metadata["team"] if metadata.get("team") in TEAMS else "unknown",
        metadata.get("visible"),
        metadata.get("source", TRUTH if confidence is None else IMPORTED),
    )
    extras: dict[str, Any] = {
        "marker": otio.adapters.write_to_string(marker, "otio_json"),
        "place": place,
        "read_as": [spot.half, spot.time],
    }
    return Entry(possible(spot, f"marker {marker.name!r}"), extras)


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of a marker only a time line can say; of one that we have made nothing."""
    marker = json.loads(extras["marker"])
    metadata = marker.get("metadata") or {}
    if NAMESPACE not in metadata:
        ours = ("comment",) if _FINAL_CUT in metadata else ("color", "comment")  # which the adapter gives to every one
        yield from (name for name in ours if marker.get(name))
        if ((marker.get("marked_range") or {}).get("duration") or {}).get("value"):
            yield "duration"
    for name, content in metadata.items():
        if name != NAMESPACE:
            yield from content if isinstance(content, dict) else [name]


def _placed(form: str, timeline: otio.schema.Timeline, owner: Any, start: RationalTime) -> tuple[int, int]:
    """Half and microseconds of a marker's start on its owner."""
    clips = _clips(timeline)
    if isinstance(owner, otio.schema.Clip) and owner in clips:
        begin = _file_begin(form, owner)
        if _stacked(timeline):
            return clips.index(owner) + 1, _microseconds(start) - _microseconds(begin)
        # Final Cut's markers count from the file's beginning, its clips by the file's own clock.
        clock = _file_begin(FORM, owner) if form == FCP else _zero(start)
        inside = _microseconds(start) - _microseconds(owner.trimmed_range().start_time) + _microseconds(clock)
        return 1, _microseconds(owner.range_in_parent().start_time) + inside
    return 1, _microseconds(start)


def _file_begin(form: str, clip: otio.schema.Clip) -> RationalTime:
    """What the clock by which a clip's markers count shows where its file begins."""
    if form == FCP:
        return _zero(clip.duration())
    if clip.media_reference.available_range is not None:
        return clip.available_range().start_time
    shown = clip.trimmed_range().start_time if clip.source_range is not None else None
    return shown if shown is not None and shown.to_seconds() >= _TIME_OF_DAY else _zero(clip.duration())


def _zero(time: RationalTime) -> RationalTime:
    return RationalTime(0, time.rate)


def _microseconds(time: RationalTime) -> int:
    return round(Fraction(time.value) * 1_000_000 / frame_rate(time.rate)) if time.rate > 0 else 0


def _info(clip: otio.schema.Clip) -> HalfInfo:
    length = clip.duration()
    file = getattr(clip.media_reference, "target_url", None)
    return HalfInfo(rate=length.rate or None, duration=_microseconds(length), file=file)


def _render(form: str, document: Document, options: Options) -> bytes:
    """The content of the document's timeline.

    Errors:
        BadInputError: the adapter cannot write it.
    """
    kept = document.kept(form).get("timeline")
    timeline = otio.adapters.read_from_string(kept, "otio_json") if kept else _made(document, options)
    owners = list(_owners(timeline))
    clips = _clips(timeline)
    edit = not kept and _is_edit(document)
    for number, entry in enumerate(document.entries):
        extras = document.extras(entry, form)
        own = clips[number if edit else entry.spot.half - 1]
        owner = owners[extras["place"]] if kept and extras else own
        owner.markers.append(_marker(form, entry.spot, extras, owner, options))
    try:
        return otio.adapters.write_to_string(timeline, ADAPTERS[form]).encode()
    except Exception as error:  # adapters raise whatever their writing meets
        raise BadInputError(f"this timeline cannot be written as {form} ({error})", where=document.game) from error


def _made(document: Document, options: Options) -> otio.schema.Timeline:
    """A timeline with one clip a half, as long as its video (or as 45 minutes, see ``half_length``)."""
    timeline = otio.schema.Timeline(name=document.game or "match")
    track = otio.schema.Track(name="Match", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    if _is_edit(document):
        timeline.metadata[NAMESPACE] = {"edit": True}
        track.extend(_clip(document, entry.spot.half, options, entry) for entry in document.entries)
    else:
        halves = range(1, max(document.half_numbers(), default=1) + 1)
        track.extend(_clip(document, half, options) for half in halves)
    rate = track[0].duration().rate
    timeline.global_start_time = RationalTime(0, rate)
    if drops(frame_rate(rate)):
        count = "DF" if document.counts_drop(frame_rate(rate)) else "NDF"
        timeline.metadata[_FINAL_CUT] = {"timecode": {"displayformat": count}}
    return timeline


def _is_edit(document: Document) -> bool:
    """Whether every entry says what is shown of it."""
    return bool(document.entries) and all(e.clip is not None for e in document.entries)


def _clip(document: Document, half: int, options: Options, entry: Entry | None = None) -> otio.schema.Clip:
    """A half as a clip, or what is shown of an entry of it."""
    info = document.halves.get(half, HalfInfo())
    rate = float(frame_rate(info.rate or options.rate or NOMINAL_RATE))
    span = _span(0, half_length(document, half), rate)
    url = Path(info.file).absolute().as_uri() if info.file and Path(info.file).is_absolute() else info.file
    media = otio.schema.ExternalReference(url, span) if url else otio.schema.MissingReference(available_range=span)
    if entry is None or entry.clip is None:
        return otio.schema.Clip(options.parts.title(half).capitalize(), media, span)
    name = f"{_one_line(entry.spot.label)} {options.parts.match_clock(half, entry.spot.time)}"
    return otio.schema.Clip(name, media, _span(*entry.clip, rate))


def _one_line(label: str) -> str:
    """A name of one line."""
    return label if label.isprintable() else " ".join(label.split())


def _span(start: int, end: int, rate: float) -> TimeRange:
    first, stop = (microseconds_to_frames(time, frame_rate(rate)) for time in (start, end))
    return TimeRange(RationalTime(first, rate), RationalTime(stop - first, rate))


def _marker(form: str, spot: Spot, extras: dict[str, Any], owner: Any, options: Options) -> otio.schema.Marker:
    if extras:
        marker = otio.adapters.read_from_string(extras["marker"], "otio_json")
        if extras["read_as"] == [spot.half, spot.time] and marker.name.upper() == spot.label.upper():
            return marker
    rate = owner.duration().rate
    group = options.classes.get(spot.label).group if options.classes and spot.label in options.classes else ""
    metadata = {"half": spot.half, "time": spot.time, "team": spot.team, "source": spot.source}
    metadata |= {k: v for k, v in (("confidence", spot.confidence), ("visible", spot.visible)) if v is not None}
    time = max(0, spot.time) if form == FCP else spot.time
    at = RationalTime(microseconds_to_frames(time, frame_rate(rate)), rate)
    comment = "" if spot.confidence is None else f"{spot.confidence:.2f}"
    return otio.schema.Marker(
        name=_one_line(spot.label),
        marked_range=TimeRange(at, RationalTime(0, rate)),
        color=_COLOURS.get(group, "RED"),
        metadata={NAMESPACE: metadata},
        comment=comment,
    )
