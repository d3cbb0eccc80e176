"""SoccerNet-v2 camera labels: ``Labels-cameras.json``.

Each annotation is the shot that ends at its time; ``change_type`` (abrupt, smooth, logo) is the transition
at its end, ``replay`` tells replays from live play, ``link`` the action a replay shows. Predictions have a
``confidence`` besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, parse_json, read_json, write_json
from spotting_core.domain.cameras import CameraChange, Candidate, Grounding, Link, Shot
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.clock import half_clock
from spotting_core.formats.document import check_moment, check_name
from spotting_core.formats.game_time import HALF_LENGTH, RUNS_ON, moment_of, runs_on

FORM = "labels-cameras"
FILE_NAME = "Labels-cameras.json"
REPLAY, REAL_TIME = "replay", "real-time"
LINK = "link"
_OWN = {"gameTime", "position", "label", "replay", "change_type", "confidence"}


@dataclass(frozen=True)
class CameraEntry:
    """One annotation: the shot that ends at ``end`` (microseconds of the half).

    Arguments:
        replay: as the file says it (``replay``, ``real-time`` or other words), None where it says nothing.
        confidence: of a prediction, else None.
        extras: the annotation's other fields, ``link`` among them.
    """

    half: int
    end: int
    label: str
    replay: str | None = None
    change_type: str | None = None
    confidence: float | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_replay(self) -> bool:
        """Whether the shot is a replay; what says nothing or says it in other words is none."""
        return (self.replay or "").lower() == REPLAY

    @property
    def says_link(self) -> bool:
        """Whether the file says what the shot shows, readable or not."""
        return self.extras.get(LINK) is not None

    @property
    def link(self) -> Link | None:
        """The action that the replay shows; None where there is none or it cannot be read."""
        return _link(self.extras.get(LINK))


@dataclass(frozen=True)
class CameraDocument:
    """The camera labels of one match, in the file's order.

    Arguments:
        header: the file's other fields.
        unread: annotations that cannot be read, as the file has them; they are written behind the others.
        notes: how the file was understood, clauses.
    """

    entries: tuple[CameraEntry, ...]
    game: str = ""
    form: str = FORM
    header: Mapping[str, Any] = field(default_factory=dict)
    unread: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shots(self) -> list[Shot]:
        """Shots in order; each begins where the one before it ended."""
        ordered = sorted(self.entries, key=lambda e: (e.half, e.end))
        return list(_from_ends(ordered))

    @property
    def groundings(self) -> list[Grounding]:
        """The replays of which the file says what they show, in order."""
        links = self.links
        return [
            Grounding(s.half, s.start, s.end, (Candidate(link, 1.0),))
            for s in self.shots
            if s.replay and (link := links.get((s.half, s.end))) is not None
        ]

    @property
    def links(self) -> dict[tuple[int, int], Link]:
        """What the replays show of which the file says it, by half and end; the first where several end at once."""
        return {(e.half, e.end): e.link for e in reversed(self.entries) if e.link is not None}

    @property
    def resolved_links(self) -> dict[tuple[int, int], Link]:
        """Those of the links of shots that lead to a moment of the labelled match: into one of its shots."""
        ends = {(s.half, s.end) for s in self.shots}
        last = {half: max(end for other, end in ends if other == half) for half, _ in ends}
        links = self.links.items()
        return {end: link for end, link in links if end in ends and 0 <= link.time < last.get(link.half, 0)}


def read_shots(path: Path) -> list[Shot]:
    """Shots of a match, in order; each begins where the one before it ended.

    Errors:
        BadInputError: not JSON or not of this form; names the annotation.
    """
    return _document(read_json(path, "camera label file"), path, "").shots


def read_groundings(path: Path) -> list[Grounding]:
    """The replays of a match of which its file says what they show, in order.

    Errors:
        BadInputError: see ``read_shots``.
    """
    return _document(read_json(path, "camera label file"), path, "").groundings


def parse(content: bytes, where: object, game: str = "") -> CameraDocument:
    """The document of a file's content.

    Errors:
        BadInputError: see ``read_shots``.
    """
    return _document(parse_json(content, where, "camera label file"), where, game)


def parse_readable(content: bytes, where: object) -> tuple[CameraDocument, list[BadInputError]]:
    """The document of those annotations of a file's content that can be read, and what is wrong with the others.

    Errors:
        BadInputError: not JSON, or without a list of annotations.
    """
    unread: list[BadInputError] = []
    return _document(parse_json(content, where, "camera label file"), where, "", unread), unread


def _document(content: Any, where: object, game: str, unread: list[BadInputError] | None = None) -> CameraDocument:
    """The document of a file; with a list for what is wrong, annotations that cannot be read are no entries of it."""
    rows = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise BadInputError("this camera label file has no list of annotations", where=where)
    entries, left = [], []
    for number, row in enumerate(rows, start=1):
        try:
            entries.append(_entry(f"{where}, annotation {number}", row))
        except BadInputError as error:
            if unread is None:
                raise
            unread.append(error)
            left.append(row)
    entries, notes = _of_halves(entries)
    header = {k: v for k, v in content.items() if k != "annotations"}
    game = game or str(content.get("UrlLocal") or "").strip("/")
    return CameraDocument(tuple(entries), game, header=header, unread=tuple(left), notes=notes)


def _of_halves(entries: list[CameraEntry]) -> tuple[list[CameraEntry], tuple[str, ...]]:
    """Entries whose second half has a clock of its own, and a note where it had not; links into it go along."""
    if not runs_on(e.end for e in entries if e.half == 2):
        return entries, ()
    return [_own_clock(entry) for entry in entries], (RUNS_ON,)


def _own_clock(entry: CameraEntry) -> CameraEntry:
    """An entry of a file in which the clock of half 2 runs on, by one that begins with the half."""
    end = entry.end - HALF_LENGTH if entry.half == 2 else entry.end
    link, extras = entry.link, entry.extras
    if link is not None and link.half == 2 and link.time >= HALF_LENGTH:
        own = link_extras(replace(link, time=link.time - HALF_LENGTH))[LINK]
        extras = {**extras, LINK: {**extras[LINK], **own}}
    return replace(entry, end=end, extras=extras)


def _entry(where: str, row: Any) -> CameraEntry:
    if not isinstance(row, dict) or "label" not in row or not ({"gameTime", "position"} & row.keys()):
        raise BadInputError("a camera annotation needs a label and a gameTime", where=where)
    half, time = moment_of(row, where)
    try:
        confidence = None if row.get("confidence") is None else float(row["confidence"])
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadInputError(f"the confidence {str(row['confidence'])[:40]!r} is not a number", where=where) from error
    check_moment(half, time, confidence, where)
    check_name(str(row["label"]), where)
    return CameraEntry(
        half,
        time,
        intern(plain_name(str(row["label"]))),  # a match has hundreds of changes of a dozen cameras
        None if row.get("replay") is None else str(row["replay"]).strip(),
        None if row.get("change_type") is None else intern(str(row["change_type"]).strip()),
        confidence,
        {k: v for k, v in row.items() if k not in _OWN},
    )


def _link(row: Any) -> Link | None:
    if not isinstance(row, dict) or "half" not in row or "time" not in row:
        return None
    try:
        half, time = moment_of({"gameTime": f"{row['half']} - {row['time']}", **row}, LINK)
    except BadInputError:
        return None
    return Link(half, time, plain_name(str(row.get("label") or "")))


def link_extras(link: Link | None) -> dict[str, Any]:
    """A link as the field of an annotation: ``time`` to the second as SoccerNet has it, ``position`` in full."""
    if link is None:
        return {}
    time = half_clock(link.time, decimals=0)
    return {LINK: {"label": link.label, "half": str(link.half), "time": time, "position": str(round(link.time / 1000))}}


def _from_ends(entries: Iterable[CameraEntry]) -> Iterable[Shot]:
    start: dict[int, int] = {}
    for e in entries:
        if e.end > start.get(e.half, 0):
            yield Shot(e.half, start.get(e.half, 0), e.end, e.label, e.is_replay, e.change_type)
            start[e.half] = e.end


def write_shots(path: Path, shots: Iterable[Shot], header: Mapping[str, Any] | None = None) -> None:
    """Write shots as Labels-cameras; ``header`` holds the file's other fields."""
    entries = [
        CameraEntry(s.half, s.end, s.label, REPLAY if s.replay else REAL_TIME, s.change_type, s.confidence)
        for s in sorted(shots, key=lambda s: (s.half, s.end))
    ]
    write_json(path, {"UrlLocal": "", **(header or {}), "annotations": [_row(e) for e in entries]})


def write_changes(path: Path, changes: Iterable[CameraChange], game: str) -> None:
    """Write camera changes with what the replays among them show."""
    entries = [
        CameraEntry(
            c.half,
            c.time,
            c.label,
            REPLAY if c.replay else REAL_TIME,
            c.change_type,
            c.confidence,
            link_extras(c.link),
        )
        for c in sorted(changes, key=lambda c: (c.half, c.time))
    ]
    write_json(path, {"UrlLocal": game, "annotations": [_row(e) for e in entries]})


def render(document: CameraDocument) -> bytes:
    """The content of the document's file, in the document's order."""
    rows = [*(_row(e) for e in document.entries), *document.unread]
    return json_bytes({"UrlLocal": document.game, **document.header, "annotations": rows})


def _row(entry: CameraEntry) -> dict[str, Any]:
    row: dict[str, Any] = {
        "change_type": entry.change_type,
        "gameTime": f"{entry.half} - {half_clock(entry.end, decimals=0)}",
        "label": entry.label,
        "position": str(round(entry.end / 1000)),
        "replay": entry.replay,
        "confidence": None if entry.confidence is None else str(entry.confidence),
    }
    return {**{k: v for k, v in row.items() if v is not None}, **entry.extras}
