"""SoccerNet (v1) labels: ``Labels.json``.

    {"UrlLocal": "…", "annotations": [{"gameTime": "1 - 12:43", "label": "soccer-ball", "team": "home"}]}

Goals, cards and substitutions only, to the second. Labels that have a name in SoccerNet-v2 are read under
that name; the rest keep their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, parse_json
from spotting_core.domain.clock import half_clock
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats.document import Document, Entry, Options, possible
from spotting_core.formats.game_time import moment_of
from spotting_core.formats.labels_v2 import of_halves, text_label

FORM = "labels-v1"
FILE_NAME = "Labels.json"
NAMES = {
    "soccer-ball": "Goal",
    "soccer-ball-own": "Goal",
    "y-card": "Yellow card",
    "r-card": "Red card",
    "yr-card": "Yellow->red card",
    "substitution-in": "Substitution",
}
"""v1 label to v2 label."""

_BACK = {v2: v1 for v1, v2 in reversed(NAMES.items())}
_OWN_GOAL = "soccer-ball-own"
_OWN = {"gameTime", "label", "team"}


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content.

    Errors:
        BadInputError: not JSON, not of this form, or a time that cannot be read; names the annotation.
    """
    label_file = parse_json(content, where, "label file")
    rows = label_file.get("annotations") if isinstance(label_file, dict) else None
    if not isinstance(rows, list):
        raise BadInputError(
            "this label file has no list of annotations", where=where, fix="Expected SoccerNet's Labels form"
        )
    entries = [_entry(f"{where}, annotation {n}", row) for n, row in enumerate(rows, start=1)]
    header = {k: v for k, v in label_file.items() if k != "annotations"}
    entries, notes = of_halves(entries)
    game = game or str(label_file.get("UrlLocal") or "").strip("/")
    return Document(tuple(entries), game, FORM, header, notes=notes)


def _entry(where: str, row: Any) -> Entry:
    if not isinstance(row, dict) or "label" not in row or "gameTime" not in row:
        raise BadInputError("an annotation needs a label and a gameTime", where=where)
    label, team = text_label(row["label"], where), row.get("team")
    half, time = moment_of(row, where)
    extras = {k: v for k, v in row.items() if k not in _OWN}
    if label in NAMES:
        extras["label"] = label
    if team not in ("home", "away", None):
        extras["team"] = team
    known = team if team in ("home", "away") else "unknown"
    spot = Spot(half, time, NAMES.get(label, label), team=known, source=TRUTH)
    return Entry(possible(spot, where), extras)


def has_room(document: Document) -> Callable[[Entry], bool]:
    """Whether an entry of a document is written: of what v1 has a name for, and what was read from it."""
    return lambda entry: document.form == FORM or entry.spot.label in _BACK or entry.spot.label in NAMES


def fields_of(extras: Mapping[str, Any]) -> Iterator[str]:
    """What of an entry only this format can say."""
    if extras.get("label") == _OWN_GOAL:
        yield "own goal"
    yield from (name for name, value in extras.items() if name != "label" and value not in (None, ""))


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file; classes that v1 does not know are left out."""
    rows = []
    for entry in filter(has_room(document), document.entries):
        spot, extras = entry.spot, document.extras(entry, FORM)
        own = extras.pop("label", None)
        label = own if own and NAMES.get(own) == spot.label else _BACK.get(spot.label, spot.label)
        row = {"gameTime": f"{spot.half} - {half_clock(max(0, spot.time), decimals=0)}", "label": label}
        if spot.team != "unknown":
            extras["team"] = spot.team
        rows.append({**row, **extras})
    return json_bytes({"UrlLocal": document.game, **document.kept(FORM), "annotations": rows})
