"""WebVTT chapters: the spots as the chapters of a video player.

    WEBVTT

    2 - 12:43.500
    01:02:43.500 --> 01:03:10.000
    Corner

One time line for the whole match; half 2 begins where half 1 ends. A chapter lasts until the next spot. Its
identifier says half and time of the half, and is read back; without it a cue is a spot of half 1. Times are
to the millisecond.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError
from webvtt.models import Timestamp

from spotting_core.base.errors import BadInputError
from spotting_core.base.texts import decoded_text
from spotting_core.domain.clock import half_clock, parse_clock
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document, Entry, HalfInfo, Options, half_starts, possible

FORM = "webvtt"
FILE_NAME = "chapters.vtt"
_ARROW = "-->"
_NO_CUES = ("NOTE", "STYLE", "REGION", "WEBVTT")  # first words of blocks in which an arrow means nothing
_TIMES = re.compile(r"\s*(\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}\s*-->\s*(\d+:)?\d{1,2}:\d{1,2}\.\d{1,3}")
_COMMAS = re.compile(r"^\s*(\d+:)?\d{1,2}:\d{1,2},\d{1,3}\s*-->.*$", re.MULTILINE)
_IDENTIFIER = re.compile(r"^(\d) - (\d+:\d\d\.\d{3})$")


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content.

    Errors:
        BadInputError: not WebVTT, or not UTF-8.
    """
    try:
        text, commas = _with_points(decoded_text(content, where))
        file = webvtt.from_string(text)
    except (MalformedFileError, MalformedCaptionError, ValueError, IndexError, AttributeError) as error:
        fix = "It begins with a line WEBVTT; its times are 00:12:43.000 --> 00:12:48.000"
        raise BadInputError(f"this file is not WebVTT ({error})", where=where, fix=fix) from error
    _check_cues(text, len(file.captions), where)
    header = {
        "styles": file.styles,
        "regions": file.regions,
        "header_comments": file.header_comments,
        "footer_comments": file.footer_comments,
        "header_text": file.header_text,
        "metadata": file.metadata,
    }
    entries = [_entry(cue, f"{where}, chapter {n}") for n, cue in enumerate(file.captions, start=1)]
    entries = [entry for entry in entries if entry.spot.label]
    empty = len(file.captions) - len(entries)
    left_out = {"a chapter without a text": empty} if empty else {}
    notes = (f"{where}: times are written with commas, as in SubRip; they are read all the same",) if commas else ()
    return Document(tuple(entries), game, FORM, header, notes=notes, left_out=left_out)


def _with_points(text: str) -> tuple[str, bool]:
    """The text with points in the times of cues that have commas, and whether any has."""
    pointed = _COMMAS.sub(lambda line: line[0].replace(",", "."), text)
    return pointed, pointed != text


def _check_cues(text: str, read: int, where: object) -> None:
    """Every line with an arrow must begin a cue that was read: the parser leaves out what it does not understand.

    Errors:
        BadInputError: one does not; names the line.
    """
    arrows: list[tuple[int, str]] = []
    comment = False
    for number, line in enumerate(text.splitlines(), start=1):
        comment = bool(line.strip()) and (comment or line.startswith(_NO_CUES))
        if _ARROW in line and not comment:
            arrows.append((number, line))
    if len(arrows) <= read:
        return
    number, line = next(((n, text) for n, text in arrows if not _TIMES.match(text)), arrows[-1])
    raise BadInputError(
        f"this line begins no cue: {line.strip()[:80]!r}",
        where=f"{where}, line {number}",
        fix="A cue is a line hh:mm:ss.mmm --> hh:mm:ss.mmm, its text, and an empty line",
    )


def _entry(cue: webvtt.Caption, where: str) -> Entry:
    start, end = cue.start_time.in_milliseconds() * 1000, cue.end_time.in_milliseconds() * 1000
    placed = _IDENTIFIER.match(cue.identifier or "")
    half, time = (int(placed[1]), parse_clock(placed[2])) if placed else (1, start)
    extras: dict[str, Any] = {
        "start": start,
        "end": end,
        "read_as": (half, time),
        "placed": bool(placed),
        "identifier": cue.identifier,
        "settings": str(cue.settings),
        "comments": cue.comments,
        "lines": cue.lines,
        "label": html.unescape(cue.text.replace("\n", " ")).strip(),
    }
    return Entry(possible(Spot(half, time, extras["label"]), where), extras)


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of a cue only this format can say; its end and identifier only where we have not made them."""
    if not extras["placed"]:
        yield from ("end", *(["identifier"] if extras["identifier"] else []))
    yield from (name for name in ("settings", "comments") if extras[name] and extras[name] != "None")


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file, in the order of time."""
    file = webvtt.WebVTT(**document.kept(FORM))
    starts = half_starts(document)
    ordered = sorted(document.entries, key=lambda e: (e.spot.half, e.spot.time))
    at = [_milliseconds(starts[e.spot.half] + e.spot.time) for e in ordered]
    for number, entry in enumerate(ordered):
        later = next((t for t in at[number + 1 :] if t > at[number]), None)
        file.captions.append(_cue(document, entry, at[number], later or _last_end(document, at[number], starts)))
    return (file.content + "\n").encode()


def _milliseconds(time: int) -> int:
    return max(0, round(time / 1000))


def _last_end(document: Document, at: int, starts: dict[int, int]) -> int:
    half = max(starts)
    length = document.halves.get(half, HalfInfo()).length
    end = _milliseconds(starts[half] + length) if length is not None else 0
    return end if end > at else at + 5000


def _cue(document: Document, entry: Entry, at: int, end: int) -> webvtt.Caption:
    spot, extras = entry.spot, document.extras(entry, FORM)
    if extras and extras["read_as"] == (spot.half, spot.time):
        at, end = extras["start"] // 1000, extras["end"] // 1000
    lines = extras["lines"] if extras and extras["label"] == spot.label else [_one_line(spot.label)]
    identifier = f"{spot.half} - {half_clock(_milliseconds(spot.time) * 1000)}"
    if extras and not extras["placed"]:
        identifier = extras["identifier"]
    cue = webvtt.Caption(_stamp(at), _stamp(end), list(lines), identifier, extras.get("settings") or None)
    cue.comments = list(extras.get("comments", ()))
    return cue


def _one_line(label: str) -> str:
    """A chapter title is one line, and ``-->`` would end the cue; markup characters are escaped."""
    return html.escape(" ".join(label.split()), quote=False)


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return str(Timestamp(seconds // 3600, seconds // 60 % 60, seconds % 60, rest))
