"""SoccerNet-v2 action labels: ``Labels-v2.json``.

    {"UrlLocal": "…", "annotations": [{"gameTime": "1 - 00:00", "label": "Kick-off", "position": "0",
                                       "team": "home", "visibility": "visible"}]}

``position`` is in milliseconds of the half and usually a string; the half is the first character of
``gameTime``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spotting_core.classes import ClassTable
from spotting_core.clock import half_clock
from spotting_core.errors import BadInputError
from spotting_core.files import read_json, write_json
from spotting_core.spots import TRUTH, Spot

FILE_NAME = "Labels-v2.json"
_VISIBLE = {"visible": True, "not shown": False}


def read_labels(path: Path, classes: ClassTable | None = None) -> list[Spot]:
    """True spots of a match, in the order of half and time.

    Arguments:
        classes: if given, every label must be one of them.

    Errors:
        BadInputError: not JSON, not of this form, an unknown class, or a time that cannot be read; names
            the annotation.
    """
    content = read_json(path, "label file")
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, list):
        raise BadInputError(
            "this label file has no list of annotations", where=path, fix="Expected SoccerNet's Labels-v2 form"
        )
    spots = [_spot(path, number, row, classes) for number, row in enumerate(annotations, start=1)]
    return sorted(spots, key=lambda s: (s.half, s.time))


def _spot(path: Path, number: int, row: Any, classes: ClassTable | None) -> Spot:
    where = f"{path}, annotation {number}"
    if not isinstance(row, dict) or "label" not in row or "gameTime" not in row:
        raise BadInputError("an annotation needs a label and a gameTime", where=where)
    label = str(row["label"])
    if classes is not None and label not in classes:
        raise BadInputError(
            f"class {label!r} is not in the class table {classes.name!r}",
            where=where,
            fix="Check the spelling, or give the class table of these labels",
        )
    half, milliseconds = game_position(row, where)
    return Spot(
        half=half,
        time=milliseconds * 1000,
        label=label,
        team=row.get("team") if row.get("team") in ("home", "away") else "unknown",  # type: ignore[arg-type]
        visible=_VISIBLE.get(str(row.get("visibility"))),
        source=TRUTH,
    )


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
    except (ValueError, IndexError, TypeError) as error:
        raise BadInputError(
            f"the time {text!r} (position {row.get('position')!r}) cannot be read",
            where=where,
            fix='Expected gameTime "1 - 12:43" and position in milliseconds',
        ) from error


def write_labels(path: Path, spots: Iterable[Spot], header: Mapping[str, Any] | None = None) -> None:
    """Write spots as Labels-v2; ``header`` holds the file's other fields (UrlLocal, team names, …)."""
    annotations = [
        {
            "gameTime": f"{spot.half} - {half_clock(spot.time, decimals=0)}",
            "label": spot.label,
            "position": str(round(spot.time / 1000)),
            "team": spot.team if spot.team in ("home", "away") else "not applicable",
            "visibility": "not shown" if spot.visible is False else "visible",
        }
        for spot in sorted(spots, key=lambda s: (s.half, s.time))
    ]
    write_json(path, {"UrlLocal": "", **(header or {}), "annotations": annotations})
