"""Hudl Sportscode's timeline XML, which most video analysis programs read.

    <file><ALL_INSTANCES><instance>
        <ID>1</ID><start>758.0</start><end>769.0</end><code>Corner</code>
        <label><group>Team</group><text>home</text></label>
    </instance></ALL_INSTANCES><ROWS>…</ROWS></file>

Times are seconds of one time line for the whole match; half 2 begins where half 1 ends. A spot becomes an
instance from its class's lead to its lag, or of what a clip shows of it. The labels ``Half`` and ``Time`` say the
spot itself, and are read back; without them an instance is a spot of half 1 at its start. The layout is the one
that kloppy writes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from xml.etree import ElementTree

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import check_xml, xml_of_mark
from spotting_core.domain.clock import half_clock, parse_clock
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats.document import Document, Entry, Options, half_starts, possible
from spotting_core.formats.written_numbers import parse_number

FORM = "sportscode"
FILE_NAME = "sportscode.xml"
IMPORTED = "imported"
HALF, TIME, TEAM, CONFIDENCE, VISIBILITY = "Half", "Time", "Team", "Confidence", "Visibility"
_CHILDREN = {"ID", "start", "end", "code", "label"}
_WRITTEN = {
    **dict.fromkeys(("start", "end"), "in seconds of the recording, 758.0, or as a clock, 0:12:38"),
    f"label {TIME}": "as a clock of the half, 12:38.000",
}
_SHOWN = 40  # characters of a value that a refusal shows
_NAMED = 5  # instances that a note names
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_Value = TypeVar("_Value")
Label = tuple[str | None, str]
"""Group (or None) and text."""


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content; an instance is dropped from memory once it is read.

    Errors:
        BadInputError: not XML, entities inside, not of this form, or an instance without a time or code.
    """
    content = xml_of_mark(content)
    check_xml(content, where)
    try:
        return _read(content, where, game)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise BadInputError(f"this file is not XML ({error})", where=where) from error


def _read(content: bytes, where: object, game: str) -> Document:
    entries: list[Entry] = []
    others: list[str] = []
    turned: list[str] = []
    depth, in_root = 0, False
    for event, element in iterparse(io.BytesIO(content), events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start":
            in_root = in_root or element.tag == "ALL_INSTANCES"
        elif element.tag == "instance":
            entries.append(_entry(element, f"{where}, instance {len(entries) + 1}"))
            if entries[-1].extras["end"] < entries[-1].extras["start"]:
                turned.append(f"instance {len(entries)} ({entries[-1].spot.label})")
            element.clear()
        elif depth == 1 and element.tag != "ALL_INSTANCES":
            others.append(ElementTree.tostring(element, encoding="unicode").strip())
            element.clear()
    if not in_root:
        raise BadInputError("this XML has no ALL_INSTANCES", where=where, fix="Expected a Sportscode timeline")
    return Document(tuple(entries), game, FORM, {"elements": others}, notes=_notes(turned))


def _notes(turned: list[str]) -> tuple[str, ...]:
    """What is said of instances that end before they start, which are taken at their start all the same."""
    if not turned:
        return ()
    count = "1 instance ends before it starts" if len(turned) == 1 else f"{len(turned)} instances end before they start"
    named = ", ".join(turned[:_NAMED]) + (" …" if len(turned) > _NAMED else "")
    return (f"{count}: {named}; only the start counts",)


def _entry(element: ElementTree.Element, where: str) -> Entry:
    start, end = (_value(_microseconds, element.findtext(name), name, where) for name in ("start", "end"))
    label = (element.findtext("code") or "").strip()
    labels = [(_clean(e.findtext("group")), _clean(e.findtext("text")) or "") for e in element.iterfind("label")]
    groups = dict(reversed(labels))  # the first of a group counts
    numbered = groups.get(HALF, "").isdecimal()  # "1st half" is somebody's own label
    half = _value(int, groups[HALF], f"label {HALF}", where) if numbered else 1
    placed = numbered and TIME in groups
    time = _value(parse_clock, groups[TIME], f"label {TIME}", where) if placed else start
    confidence = (
        _value(parse_number, groups[CONFIDENCE], f"label {CONFIDENCE}", where) if CONFIDENCE in groups else None
    )
    if not label:
        raise BadInputError("this instance has no code", where=where)
    own = {HALF, TIME, CONFIDENCE} if placed else {CONFIDENCE}
    own |= {TEAM} if groups.get(TEAM) in ("home", "away") else set()
    own |= {VISIBILITY} if groups.get(VISIBILITY) in ("visible", "not shown") else set()
    extras: dict[str, Any] = {
        "ID": element.findtext("ID"),
        "start": start,
        "end": end,
        "placed": placed,
        "labels": [pair for pair in labels if pair[0] not in own],
        "elements": [ElementTree.tostring(e, "unicode").strip() for e in element if e.tag not in _CHILDREN],
    }
    team = groups[TEAM] if TEAM in own else "unknown"
    visible = groups[VISIBILITY] == "visible" if VISIBILITY in own else None
    source = TRUTH if confidence is None else IMPORTED
    return Entry(possible(Spot(half, time, label, confidence, str(team), visible, source), where), extras)


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of an instance only this format can say: its end and number, where we have not made them, and its labels."""
    if not extras["placed"]:
        yield from ("end", *(["ID"] if extras["ID"] else []))
    yield from (f"label {group}" if group else "label without a group" for group, _ in extras["labels"])
    yield from (_tag(text) for text in extras["elements"])


def file_fields_of(header: Mapping[str, Any]) -> Iterator[str]:
    """What of a file only this format can say."""
    return (_tag(text) for text in header.get("elements", ()))


def _tag(text: str) -> str:
    """The name of the element that a text is of."""
    return str(ElementTree.fromstring(text).tag)


def _value(read: Callable[[str], _Value], text: str | None, name: str, where: str) -> _Value:
    """What a field of an instance says.

    Errors:
        BadInputError: it is not there or cannot be read; names it, and how it is written.
    """
    written = (text or "").strip()
    fix = f"Give the {name} {_WRITTEN.get(name, 'as a number')}"
    if not written:
        raise BadInputError(f"this instance has no {name}", where=where, fix=fix)
    try:
        return read(written)
    except (ValueError, ArithmeticError, BadInputError) as error:
        what = f"the {name} {written[:_SHOWN]!r} of this instance cannot be read"
        raise BadInputError(what, where=where, fix=fix) from error


def _microseconds(seconds_text: str) -> int:
    """Seconds, or a clock ``h:mm:ss``, as some programs write."""
    return parse_clock(seconds_text) if ":" in seconds_text else round(parse_number(seconds_text) * 1e6)


def _clean(text: str | None) -> str | None:
    return None if text is None else text.strip()


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file.

    Colours of the rows are those of the class table, if one is given.
    """
    root = ElementTree.Element("file")
    instances = ElementTree.SubElement(root, "ALL_INSTANCES")
    starts = half_starts(document)
    for number, entry in enumerate(document.entries, start=1):
        instances.append(_instance(document, entry, number, starts, options))
    kept = document.kept(FORM).get("elements", ())
    for text in kept or _rows(document, options):
        root.append(ElementTree.fromstring(text))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _instance(
    document: Document, entry: Entry, number: int, starts: dict[int, int], options: Options
) -> ElementTree.Element:
    spot, extras = entry.spot, document.extras(entry, FORM)
    if extras:
        was = extras["start"] if not extras["placed"] else None
        moved = 0 if was is None else spot.time - was
        start, end = extras["start"] + moved, extras["end"] + moved
    elif entry.clip is not None:
        start, end = (starts[spot.half] + time for time in entry.clip)
    else:
        lead, lag = options.clip(spot.label)
        at = starts[spot.half] + spot.time
        start, end = max(0, at - lead), at + lag
    element = ElementTree.Element("instance")
    for tag, text in (("ID", extras.get("ID") or str(number)), ("start", _seconds(start)), ("end", _seconds(end))):
        ElementTree.SubElement(element, tag).text = text
    ElementTree.SubElement(element, "code").text = legal_text(spot.label)
    for group, text in [*_own_labels(spot, extras.get("placed", True)), *extras.get("labels", ())]:
        label = ElementTree.SubElement(element, "label")
        if group is not None:
            ElementTree.SubElement(label, "group").text = legal_text(group)
        ElementTree.SubElement(label, "text").text = legal_text(text)
    element.extend(ElementTree.fromstring(text) for text in extras.get("elements", ()))
    return element


def _own_labels(spot: Spot, placed: bool) -> Iterator[Label]:
    if placed:
        yield HALF, str(spot.half)
        yield TIME, half_clock(max(0, spot.time), decimals=6)
    if spot.team != "unknown":
        yield TEAM, spot.team
    if spot.confidence is not None:
        yield CONFIDENCE, repr(spot.confidence)
    if spot.visible is not None:
        yield VISIBILITY, "visible" if spot.visible else "not shown"


def _seconds(time: int) -> str:
    text = f"{time / 1e6:.6f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def legal_text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


def _rows(document: Document, options: Options) -> Iterator[str]:
    if options.classes is None:
        return
    used = {s.label for s in document.spots}
    if not used:
        return
    rows = ElementTree.Element("ROWS")
    for action in options.classes:
        if action.name in used:
            row = ElementTree.SubElement(rows, "row")
            ElementTree.SubElement(row, "code").text = legal_text(action.name)
            for channel, at in (("R", 1), ("G", 3), ("B", 5)):
                value = int(action.colour_light[at : at + 2], 16) * 257  # 8 bits to 16
                ElementTree.SubElement(row, channel).text = str(value)
    yield ElementTree.tostring(rows, encoding="unicode")
