"""SoccerNet's predictions: ``results_spotting.json``.

    {"UrlLocal": "…", "predictions": [{"gameTime": "1 - 0:10", "label": "Kick-off",
                                       "position": "10500", "half": "1", "confidence": "0.91"}]}

All values are strings, and ``gameTime`` is not padded; evaluators read label, position, half, confidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, parse_json, read_json, write_json
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document, Entry, Options, entries_apart, possible
from spotting_core.formats.game_time import moment_of, second_clock
from spotting_core.formats.labels_v2 import of_halves, text_label

FORM = "results-spotting"
FILE_NAME = "results_spotting.json"
IMPORTED = "imported"
_OWN = {"gameTime", "label", "position", "half", "confidence"}


def read_results(path: Path, source: str = IMPORTED) -> list[Spot]:
    """Predicted spots, in the file's order.

    Errors:
        BadInputError: not JSON, not of this form, or a value that cannot be read; names the prediction.
    """
    return _document(read_json(path, "results file"), path, "", source).spots


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content.

    Errors:
        BadInputError: see ``read_results``.
    """
    return _document(parse_json(content, where, "results file"), where, game, IMPORTED)


def _document(content: Any, where: object, game: str, source: str) -> Document:
    rows = content.get("predictions") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise BadInputError(
            "this results file has no list of predictions",
            where=where,
            fix="Expected SoccerNet's results_spotting form",
        )
    entries = [_entry(f"{where}, prediction {n}", row, source) for n, row in enumerate(rows, start=1)]
    header = {k: v for k, v in content.items() if k != "predictions"}
    entries, notes = of_halves(entries)
    doubt = entries_apart(entries, "position", "gameTime")
    notes = notes if doubt is None else (*notes, doubt)
    game = game or str(content.get("UrlLocal") or "").strip("/")
    return Document(tuple(entries), game, FORM, header, notes=notes)


def _entry(where: str, row: Any, source: str) -> Entry:
    if not isinstance(row, dict) or "label" not in row:
        raise BadInputError("this prediction cannot be read (it has no label)", where=where)
    half, time = moment_of(row, where)
    if row.get("confidence") is None:
        raise BadInputError("this prediction cannot be read (it has no confidence)", where=where)
    try:
        confidence = float(row["confidence"])
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadInputError(f"this prediction cannot be read ({error})", where=where) from error
    spot = Spot(half, time, text_label(row["label"], where), confidence, source=source)
    extras = {k: v for k, v in row.items() if k not in _OWN}
    return Entry(possible(spot, where), extras, second_clock(row))


def write_results(path: Path, spots: Iterable[Spot], url_local: str = "") -> None:
    """Write predicted spots in SoccerNet's form."""
    rows = [_row(spot) for spot in sorted(spots, key=lambda s: (s.half, s.time))]
    write_json(path, {"UrlLocal": url_local, "predictions": rows})


def render(document: Document, options: Options) -> bytes:
    """The content of the document's file, in the document's order; a spot without a confidence is certain."""
    rows = [{**_row(e.spot, certain=True), **document.extras(e, FORM)} for e in document.entries]
    return json_bytes({"UrlLocal": document.game, **document.kept(FORM), "predictions": rows})


def _row(spot: Spot, *, certain: bool = False) -> dict[str, Any]:
    milliseconds = round(spot.time / 1000)
    seconds = max(0, milliseconds) // 1000
    confidence = 1.0 if certain and spot.confidence is None else spot.confidence
    return {
        "gameTime": f"{spot.half} - {seconds // 60}:{seconds % 60}",
        "label": spot.label,
        "position": str(milliseconds),
        "half": str(spot.half),
        "confidence": str(confidence),
    }
