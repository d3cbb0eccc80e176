"""SoccerNet-v2 action labels: ``Labels-v2.json``.

    {"UrlLocal": "…", "annotations": [{"gameTime": "1 - 00:00", "label": "Kick-off", "position": "0",
                                       "team": "home", "visibility": "visible"}]}

``position`` is in milliseconds of the half and usually a string; the half stands before the clock of ``gameTime``.
What else is written is read where it is certain (``formats.game_time``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, parse_json, read_json, write_json
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.clock import half_clock
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats.document import Document, Entry, Options, entries_apart, possible
from spotting_core.formats.game_time import HALF_LENGTH, RUNS_ON, moment_of, runs_on, second_clock

FORM = "labels-v2"
FILE_NAME = "Labels-v2.json"
_VISIBLE = {"visible": True, "not shown": False}
_TEAMS = ("home", "away", "not applicable", None)
_OWN = {"gameTime", "label", "position", "team", "visibility"}


def read_labels(path: Path) -> list[Spot]:
    """True spots of a match, in the order of half and time.

    Errors:
        BadInputError: not JSON, not of this form, or a time that cannot be read; names the annotation.
    """
    return _document(read_json(path, "label file"), path, "").sorted_spots


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content.

    Errors:
        BadInputError: see ``read_labels``.
    """
    return _document(parse_json(content, where, "label file"), where, game)


def _document(content: Any, where: object, game: str) -> Document:
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, list):
        raise BadInputError(
            "this label file has no list of annotations", where=where, fix="Expected SoccerNet's Labels-v2 form"
        )
    entries = [entry(f"{where}, annotation {n}", row) for n, row in enumerate(annotations, start=1)]
    header = {k: v for k, v in content.items() if k != "annotations"}
    entries, notes = of_halves(entries)
    doubt = entries_apart(entries, "position", "gameTime")
    notes = notes if doubt is None else (*notes, doubt)
    game = game or str(content.get("UrlLocal") or "").strip("/")
    return Document(tuple(entries), game, FORM, header, notes=notes)


def of_halves(entries: list[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Entries whose second half has a clock of its own, and a note where it had not."""
    if not runs_on(e.spot.time for e in entries if e.spot.half == 2):
        return entries, ()
    taken_off = [
        replace(
            entry,
            spot=entry.spot.moved_to(entry.spot.time - HALF_LENGTH),
            clock=_of_its_half(entry.clock),
        )
        if entry.spot.half == 2
        else entry
        for entry in entries
    ]
    return taken_off, (RUNS_ON,)


def _of_its_half(clock: int | None) -> int | None:
    """A clock of half 2 as one of its own: where the positions run on, it may do so or not."""
    return clock - HALF_LENGTH if clock is not None and clock >= HALF_LENGTH else clock


def entry(where: str, row: Any) -> Entry:
    """An annotation.

    Errors:
        BadInputError: see ``read_labels``.
    """
    if not isinstance(row, dict) or "label" not in row or not ({"gameTime", "position"} & row.keys()):
        raise BadInputError("an annotation needs a label and a gameTime", where=where)
    label = text_label(row["label"], where)
    half, time = moment_of(row, where)
    spot = Spot(
        half=half,
        time=time,
        label=label,
        team=row.get("team") if row.get("team") in ("home", "away") else "unknown",  # type: ignore[arg-type]
        visible=_VISIBLE.get(str(row.get("visibility"))),
        source=TRUTH,
    )
    return Entry(possible(spot, where), _extras(row), second_clock(row))


def text_label(label: object, where: str) -> str:
    """The name of a class, without what surrounds it.

    Errors:
        BadInputError: it is no text.
    """
    if not isinstance(label, str) or not label.strip():
        raise BadInputError(f"the label {str(label)[:40]!r} is no text", where=where, fix="Give the name of a class")
    return plain_name(label)


def _extras(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's other fields, and a team or visibility that a spot cannot say."""
    extras = {k: v for k, v in row.items() if k not in _OWN}
    if row.get("team") not in _TEAMS:
        extras["team"] = row["team"]
    if row.get("visibility") is not None and str(row["visibility"]) not in _VISIBLE:
        extras["visibility"] = row["visibility"]
    return extras


def write_labels(path: Path, spots: Iterable[Spot], header: Mapping[str, Any] | None = None) -> None:
    """Write spots as Labels-v2; ``header`` holds the file's other fields (UrlLocal, team names, …)."""
    rows = [_row(spot, {}) for spot in sorted(spots, key=lambda s: (s.half, s.time))]
    write_json(path, {"UrlLocal": "", **(header or {}), "annotations": rows})


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file, in the document's order."""
    rows = [_row(e.spot, document.extras(e, FORM)) for e in document.entries]
    return json_bytes({"UrlLocal": document.game, **document.kept(FORM), "annotations": rows})


def _row(spot: Spot, extras: dict[str, Any]) -> dict[str, Any]:
    if spot.team != "unknown":
        extras.pop("team", None)
    if spot.visible is not None:
        extras.pop("visibility", None)
    return {
        "gameTime": f"{spot.half} - {half_clock(max(0, spot.time), decimals=0)}",
        "label": spot.label,
        "position": str(round(spot.time / 1000)),
        "team": spot.team if spot.team in ("home", "away") else "not applicable",
        "visibility": "not shown" if spot.visible is False else "visible",
        **extras,
    }
