"""Final Cut Pro X XML (FCPXML), with markers on its clips.

    <fcpxml version="1.9"><resources>
        <format id="r1" frameDuration="1001/30000s" width="1920" height="1080"/>
        <asset id="r2" name="match" src="file:///…" start="0s" duration="…s" format="r1" hasVideo="1"/>
    </resources>
    <library><event><project name="match"><sequence format="r1" tcStart="0s"><spine>
        <asset-clip ref="r2" offset="0s" start="0s" duration="…s"><marker start="…s" duration="1001/30000s"
        value="Goal"/>

All times are fractions of a second, so nothing is rounded but to the frame. A marker's start counts as its clip's own
``start`` does, which is the camera's time of day where the asset has one: of at most two clips (the halves) a marker
is at its time from the asset's beginning, of more at its time on the time line, from the sequence's ``tcStart``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import check_xml, xml_of_mark
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.domain.timecode import frame_rate, microseconds_to_frames
from spotting_core.formats.document import LONGEST, MOST_RATE, Document, Entry, HalfInfo, Options, half_length, possible
from spotting_core.formats.sportscode import legal_text

FORM = "fcpx-xml"
FILE_NAME = "timeline.fcpxml"
NOMINAL_RATE = Fraction(25)

_CLIPS = ("asset-clip", "clip", "video", "ref-clip", "sync-clip", "mc-clip")
_ITEMS = (*_CLIPS, "gap", "title", "audition")
_MARKERS = ("marker", "chapter-marker")
_OWN = {"start", "value"}
_LONGEST_TIME = 64  # characters


@dataclass(frozen=True)
class _Placed:
    """An item of the time line: where its own clock shows ``start``, seconds of the time line from its beginning."""

    item: Element
    offset: Fraction
    start: Fraction
    is_main: bool


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file; all but its markers is kept in the header.

    Errors:
        BadInputError: no XML, not of this form, or a time that cannot be read; names the marker.
    """
    content = xml_of_mark(content)
    check_xml(content, where, "timeline")
    try:
        root = fromstring(content, forbid_dtd=False)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise BadInputError(f"this file is not XML ({error})", where=where) from error
    spine = root.find(".//spine")
    if root.tag != "fcpxml" or (spine is None and not any(item.tag in _CLIPS for item in root.iter())):
        raise BadInputError("this file holds no timeline", where=where, fix="Export the project as XML")
    items = list(_placed_items(root, where))
    main = [placed for placed in items if placed.is_main and placed.item.tag in _CLIPS]
    stacked = 1 <= len(main) <= 2
    starts = _asset_starts(root, where)
    entries = []
    for place, placed in enumerate(items):
        half = main.index(placed) + 1 if stacked and placed in main else None
        for marker in [child for child in placed.item if child.tag in _MARKERS]:
            entries.append(_entry(marker, placed, place, half, starts, where))
            placed.item.remove(marker)
    halves = {n: _info(p, root, where) for n, p in enumerate(main, start=1)} if stacked else {}
    name = next((p.get("name") for p in root.iter("project")), "") or ""
    left = {
        "a clip without a marker": sum(1 for p in items if p.item.tag in _CLIPS) if not entries else 0,
        "a marker of a storyline beside the main one": sum(1 for tag in _MARKERS for _ in root.iter(tag)),
        "a keyword, which is no marker": sum(1 for _ in root.iter("keyword")),
    }
    header = {"xml": ElementTree.tostring(root, encoding="unicode")}
    left_out = {why: n for why, n in left.items() if n}
    return Document(
        tuple(entries), game or name, FORM, header, halves, left_out=left_out, drop_frame=_counts_drop(root)
    )


def _counts_drop(root: Element) -> bool | None:
    """Whether the time line's timecodes drop frame numbers, as it says."""
    sequence = root.find(".//sequence")
    count = None if sequence is None else sequence.get("tcFormat")
    return None if count is None else count.strip().upper() == "DF"


def _placed_items(root: Element, where: object) -> Iterator[_Placed]:
    """Items of the time line in the file's order, and clips that lie beside any (in an event)."""
    sequence = root.find(".//sequence")
    begin = _seconds(sequence.get("tcStart"), where) if sequence is not None else Fraction(0)
    spine = root.find(".//spine")
    if spine is None:
        clips = (item for item in root.iter() if item.tag in _CLIPS)
        yield from (_Placed(item, Fraction(0), _seconds(item.get("start"), where), True) for item in clips)
        return
    at = begin
    for item in spine:
        if item.tag not in _ITEMS:
            continue
        offset = _seconds(item.get("offset"), where) if item.get("offset") is not None else at
        at = offset + _seconds(item.get("duration"), where)
        start = _seconds(item.get("start"), where)
        yield _Placed(item, offset - begin, start, True)
        yield from _connected(item, offset - begin, start, where)


def _connected(parent: Element, offset: Fraction, start: Fraction, where: object) -> Iterator[_Placed]:
    """Items inside or connected to another, whose offsets count on its clock."""
    for item in parent:
        if item.tag in _ITEMS:
            own = offset + _seconds(item.get("offset"), where) - (start if item.get("offset") is not None else 0)
            begin = _seconds(item.get("start"), where)
            yield _Placed(item, own, begin, False)
            yield from _connected(item, own, begin, where)


def _entry(
    marker: Element, placed: _Placed, place: int, half: int | None, starts: dict[str, Fraction], where: object
) -> Entry:
    label = plain_name(marker.get("value") or "")
    at = _seconds(marker.get("start"), f"{where}, marker {label!r}")
    if half is not None:
        seconds = at - _begin(placed, starts)
    else:
        seconds = placed.offset + at - placed.start
    time = round(seconds * 1_000_000)
    spot = Spot(half or 1, time, label or "Marker", source=TRUTH)
    extras: dict[str, Any] = {
        "place": place,
        "tag": marker.tag,
        "fields": {k: v for k, v in marker.attrib.items() if k not in _OWN},
        "start": marker.get("start") or "0s",
        "read_as": [spot.half, spot.time],
    }
    return Entry(possible(spot, f"{where}, marker {label!r}"), extras)


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of a marker only this format can say, by the names of its attributes."""
    if extras["tag"] != "marker":
        yield f"kind ({extras['tag']})"
    yield from (name for name, value in extras["fields"].items() if value)


def _begin(placed: _Placed, starts: dict[str, Fraction]) -> Fraction:
    """Where the media of a clip begins on the clock on which its markers count."""
    refs = [
        placed.item.get("ref"),
        *(child.get("ref") for child in placed.item if child.tag in ("video", "asset-clip")),
    ]
    known = next((starts[ref] for ref in refs if ref in starts), None)
    return Fraction(0) if known is None else known


def _asset_starts(root: Element, where: object) -> dict[str, Fraction]:
    return {asset.get("id", ""): _seconds(asset.get("start"), where) for asset in root.iter("asset")}


def _info(placed: _Placed, root: Element, where: object) -> HalfInfo:
    item = placed.item
    ref = item.get("ref") or next((c.get("ref") for c in item if c.tag == "video"), None)
    asset = next((a for a in root.iter("asset") if a.get("id") == ref), None)
    source = asset if asset is not None else item
    duration = round(_seconds(source.get("duration") or item.get("duration"), where) * 1_000_000)
    form = next((f for f in root.iter("format") if f.get("id") in (item.get("format"), source.get("format"))), None)
    step = _seconds(form.get("frameDuration"), where) if form is not None and form.get("frameDuration") else None
    file = None if asset is None else asset.get("src") or _source_of(asset)
    rate = float(1 / step) if step and step * Fraction(MOST_RATE) >= 1 else None
    return HalfInfo(rate, duration=duration or None, file=file)


def _source_of(asset: Element) -> str | None:
    media = asset.find("media-rep")
    return None if media is None else media.get("src")


def _seconds(text: str | None, where: object) -> Fraction:
    """A time as FCPXML writes it: ``1001/30000s``, ``12s``, ``12.5s``; nothing is 0.

    Errors:
        BadInputError: it is none.
    """
    if not text or not text.strip():
        return Fraction(0)
    try:
        if len(text) > _LONGEST_TIME:
            raise ValueError
        seconds = Fraction(text.strip().removesuffix("s"))
    except (ValueError, ZeroDivisionError) as error:
        raise BadInputError(
            f"the time {text[:40]!r} cannot be read", where=where, fix="Export the project anew"
        ) from error
    if abs(seconds) * 1_000_000 > 10 * LONGEST:
        raise BadInputError(
            f"the time {text[:40]!r} is later than any match", where=where, fix="Export the project anew"
        )
    return seconds


# --- writing ------------------------------------------------------------------------------------------


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file."""
    kept = document.kept(FORM).get("xml")
    root = _with_markers(document, fromstring(kept), options) if kept else _made(document, options)
    ElementTree.indent(root, "    ")
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
    return head + ElementTree.tostring(root, encoding="utf-8") + b"\n"


def _with_markers(document: Document, root: Element, options: Options) -> Element:
    items = list(_placed_items(root, document.game))
    main = [placed for placed in items if placed.is_main and placed.item.tag in _CLIPS]
    starts = _asset_starts(root, document.game)
    for entry in document.entries:
        spot, extras = entry.spot, document.extras(entry, FORM)
        if extras:
            placed, start = items[extras["place"]], extras["start"]
            moved = spot.time - extras["read_as"][1]
            start = start if not moved else _text(_seconds(start, "") + Fraction(moved, 1_000_000))
            SubElement(
                placed.item, extras["tag"], {"start": start, **extras["fields"], "value": legal_text(spot.label)}
            )
        else:
            placed = main[min(spot.half, len(main)) - 1]
            at = _begin(placed, starts) + Fraction(spot.time, 1_000_000)
            SubElement(placed.item, "marker", {"start": _text(at), "value": legal_text(spot.label)})
    return root


def _made(document: Document, options: Options) -> Element:
    """A project with one clip a half, as long as its video (or as 45 minutes), or one for each clip that is shown."""
    root = Element("fcpxml", version="1.9")
    resources = SubElement(root, "resources")
    library = SubElement(SubElement(SubElement(root, "library"), "event", name="Touchline"), "project")
    library.set("name", legal_text(document.game or "match"))
    known = next((i.rate for _, i in sorted(document.halves.items()) if i.rate), None)
    main_rate = frame_rate(known or options.rate or NOMINAL_RATE)
    formats: dict[Fraction, str] = {}
    _format(resources, formats, main_rate, next(iter(document.halves.values()), HalfInfo()))
    assets = {}
    for half in range(1, max(document.half_numbers(), default=1) + 1):
        info = document.halves.get(half, HalfInfo())
        rate = frame_rate(info.rate or options.rate or NOMINAL_RATE)
        made = _format(resources, formats, rate, info)
        assets[half] = (f"a{half}", rate)
        title = options.parts.title(half).capitalize()
        length = _on_frame(half_length(document, half), rate)
        url = _address(info.file)
        SubElement(
            resources, "asset",
            {"id": f"a{half}", "name": title, **({"src": url} if url else {}), "start": "0s", "duration": _text(length),
             "format": made, "hasVideo": "1", "hasAudio": "1"},
        )  # fmt: skip
    count = "DF" if document.counts_drop(main_rate) else "NDF"
    sequence = SubElement(library, "sequence", format=formats[main_rate], tcStart="0s", tcFormat=count)
    spine, at = SubElement(sequence, "spine"), Fraction(0)
    for half, start, end, entries in _pieces(document):
        ref, rate = assets[half]
        first, length = _on_frame(start, rate), _on_frame(end, rate) - _on_frame(start, rate)
        clip = SubElement(
            spine, "asset-clip",
            {"ref": ref, "name": options.parts.title(half).capitalize(), "offset": _text(at), "start": _text(first),
             "duration": _text(length), "format": formats[rate]},
        )  # fmt: skip
        for entry in entries:
            marked = {"start": _text(_on_frame(max(0, entry.spot.time), rate)), "duration": _text(1 / rate)}
            SubElement(clip, "marker", {**marked, "value": legal_text(entry.spot.label)})
        at += length
    sequence.set("duration", _text(at))
    return root


def _pieces(document: Document) -> Iterator[tuple[int, int, int, list[Entry]]]:
    if document.entries and all(e.clip is not None for e in document.entries):
        yield from ((e.spot.half, *e.clip, [e]) for e in document.entries if e.clip is not None)
        return
    for half in range(1, max(document.half_numbers(), default=1) + 1):
        yield half, 0, half_length(document, half), [e for e in document.entries if e.spot.half == half]


def _format(resources: Element, formats: dict[Fraction, str], rate: Fraction, info: HalfInfo) -> str:
    if rate not in formats:
        formats[rate] = f"r{len(formats) + 1}"
        size = {"width": str(info.width), "height": str(info.height)} if info.width and info.height else {}
        SubElement(resources, "format", {"id": formats[rate], "frameDuration": _text(1 / rate), **size})
    return formats[rate]


def _address(file: str | None) -> str | None:
    if not file:
        return None
    return Path(file).absolute().as_uri() if Path(file).is_absolute() else legal_text(file)


def _on_frame(time: int, rate: Fraction) -> Fraction:
    """Seconds at which the nearest frame begins."""
    return microseconds_to_frames(time, rate) / rate


def _text(seconds: Fraction) -> str:
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"
