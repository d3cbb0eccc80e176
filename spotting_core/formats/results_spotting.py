"""SoccerNet's predictions: ``results_spotting.json``.

    {"UrlLocal": "…", "predictions": [{"gameTime": "1 - 0:10", "label": "Kick-off",
                                       "position": "10500", "half": "1", "confidence": "0.91"}]}

All values are strings, and ``gameTime`` is not padded; evaluators read label, position, half, confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spotting_core.errors import BadInputError
from spotting_core.files import read_json, write_json
from spotting_core.spots import Spot

FILE_NAME = "results_spotting.json"


def read_results(path: Path, source: str = "imported") -> list[Spot]:
    """Predicted spots, in the file's order.

    Errors:
        BadInputError: not JSON, not of this form, or a value that cannot be read; names the prediction.
    """
    content = read_json(path, "results file")
    rows = content.get("predictions") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise BadInputError(
            "this results file has no list of predictions", where=path, fix="Expected SoccerNet's results_spotting form"
        )
    return [_spot(path, number, row, source) for number, row in enumerate(rows, start=1)]


def _spot(path: Path, number: int, row: Any, source: str) -> Spot:
    where = f"{path}, prediction {number}"
    try:
        half = int(row["half"]) if "half" in row else int(str(row["gameTime"])[0])
        confidence = float(row["confidence"])
        spot = Spot(half, int(row["position"]) * 1000, str(row["label"]), confidence, source=source)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"this prediction cannot be read ({error})", where=where) from error
    if math.isnan(confidence):
        raise BadInputError("the confidence is not a number", where=where)
    return spot


def write_results(path: Path, spots: Iterable[Spot], url_local: str = "") -> None:
    """Write predicted spots in SoccerNet's form."""
    rows = []
    for spot in sorted(spots, key=lambda s: (s.half, s.time)):
        milliseconds = round(spot.time / 1000)
        seconds = max(0, milliseconds) // 1000
        rows.append({
            "gameTime": f"{spot.half} - {seconds // 60}:{seconds % 60}",
            "label": spot.label,
            "position": str(milliseconds),
            "half": str(spot.half),
            "confidence": str(spot.confidence),
        })  # fmt: skip
    write_json(path, {"UrlLocal": url_local, "predictions": rows})
