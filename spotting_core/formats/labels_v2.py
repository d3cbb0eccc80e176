"""SoccerNet-v2 action labels: ``Labels-v2.json``.

    {"UrlLocal": "…", "annotations": [{"gameTime": "1 - 00:00", "label": "Kick-off", "position": "0",
                                       "team": "home", "visibility": "visible"}]}

``position`` is in milliseconds of the half and usually a string; the half is the first character of
``gameTime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, parse_json, read_json, write_json
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.clock import half_clock
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats.document import Document, Entry, Options, check_label, check_part, possible

FORM = "labels-v2"
FILE_NAME = "Labels-v2.json"
_VISIBLE = {"visible": True, "not shown": False}
_TEAMS = ("home", "away", "not applicable", None)
_OWN = {"gameTime", "label", "position", "team", "visibility"}
_GAME_TIME = re.compile(r"^\s*\d+\s*-\s*(\d{1,6}):(\d{1,6})\s*$")


def read_labels(path: Path, classes: ClassTable | None = None) -> list[Spot]:
    """True spots of a match, in the order of half and time.

    Arguments:
        classes: if given, every label must be one of them.

    Errors:
        BadInputError: not JSON, not of this form, an unknown class, or a time that cannot be read; names
            the annotation.
    """
    return _document(read_json(path, "label file"), path, "", classes).sorted_spots


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content.

    Errors:
        BadInputError: see ``read_labels``.
    """
    return _document(parse_json(content, where, "label file"), where, game, None)


def _document(content: Any, where: object, game: str, classes: ClassTable | None) -> Document:
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, list):
        raise BadInputError(
            "this label file has no list of annotations", where=where, fix="Expected SoccerNet's Labels-v2 form"
        )
    entries = [_entry(f"{where}, annotation {n}", row, classes) for n, row in enumerate(annotations, start=1)]
    header = {k: v for k, v in content.items() if k != "annotations"}
    return Document(tuple(entries), game or str(content.get("UrlLocal") or "").strip("/"), FORM, header)


def _entry(where: str, row: Any, classes: ClassTable | None) -> Entry:
    if not isinstance(row, dict) or "label" not in row or "gameTime" not in row:
        raise BadInputError("an annotation needs a label and a gameTime", where=where)
    label = row["label"]
    if not isinstance(label, str):
        raise BadInputError(f"the label {str(label)[:40]!r} is no text", where=where, fix="Give the name of a class")
    check_label(label, classes, where)
    half, milliseconds = game_position(row, where)
    spot = Spot(
        half=half,
        time=milliseconds * 1000,
        label=label,
        team=row.get("team") if row.get("team") in ("home", "away") else "unknown",  # type: ignore[arg-type]
        visible=_VISIBLE.get(str(row.get("visibility"))),
        source=TRUTH,
    )
    check_part(spot.half, classes, where)
    return Entry(possible(spot, where), _extras(row), game_clock(row["gameTime"]))


def _extras(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's other fields, and a team or visibility that a spot cannot say."""
    extras = {k: v for k, v in row.items() if k not in _OWN}
    if row.get("team") not in _TEAMS:
        extras["team"] = row["team"]
    if row.get("visibility") is not None and str(row["visibility"]) not in _VISIBLE:
        extras["visibility"] = row["visibility"]
    return extras


def game_clock(text: object) -> int | None:
    """Microseconds of the clock in a ``gameTime``, or None where it has none."""
    match = _GAME_TIME.match(str(text))
    return (int(match.group(1)) * 60 + int(match.group(2))) * 1_000_000 if match else None


def game_position(row: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Half and milliseconds of an annotation; without ``position`` the clock of ``gameTime`` counts.

    Errors:
        BadInputError: neither can be read.
    """
    text = str(row["gameTime"])
    try:
        half = int(text[0])
        if row.get("position") is not None:
            return half, int(row["position"])
        minutes, seconds = text.split(" - ")[1].split(":")
        return half, (int(minutes) * 60 + int(seconds)) * 1000
    except (ValueError, IndexError, TypeError, ArithmeticError) as error:
        raise BadInputError(
            f"the time {text[:40]!r} (position {str(row.get('position'))[:40]!r}) cannot be read",
            where=where,
            fix='Expected gameTime "1 - 12:43" and position in milliseconds',
        ) from error


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
        "gameTime": f"{spot.half} - {half_clock(spot.time, decimals=0)}",
        "label": spot.label,
        "position": str(round(spot.time / 1000)),
        "team": spot.team if spot.team in ("home", "away") else "not applicable",
        "visibility": "not shown" if spot.visible is False else "visible",
        **extras,
    }
