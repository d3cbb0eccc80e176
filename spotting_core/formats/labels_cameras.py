"""SoccerNet-v2 camera labels: ``Labels-cameras.json``.

Each annotation is the shot that ends at its time; ``change_type`` (abrupt, smooth, logo) is the transition
at its end, ``replay`` tells replays from live play, ``link`` the action a replay shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spotting_core.errors import BadInputError
from spotting_core.files import read_json
from spotting_core.formats.labels_v2 import game_position

FILE_NAME = "Labels-cameras.json"


@dataclass(frozen=True)
class Shot:
    """One shot of one camera; times in microseconds of the half.

    ``change_type`` is how it ends; None where nobody said (the last shot).
    """

    half: int
    start: int
    end: int
    label: str
    replay: bool
    change_type: str | None = None


def read_shots(path: Path) -> list[Shot]:
    """Shots of a match, in order; each begins where the one before it ended.

    Errors:
        BadInputError: not JSON or not of this form; names the annotation.
    """
    content = read_json(path, "camera label file")
    rows = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise BadInputError("this camera label file has no list of annotations", where=path)
    ends = []
    for number, row in enumerate(rows, start=1):
        where = f"{path}, annotation {number}"
        if not isinstance(row, dict) or "label" not in row or "gameTime" not in row:
            raise BadInputError("a camera annotation needs a label and a gameTime", where=where)
        half, milliseconds = game_position(row, where)
        replay = str(row.get("replay", "")).lower() == "replay"
        ends.append((half, milliseconds * 1000, str(row["label"]), replay, row.get("change_type")))
    return list(_from_ends(sorted(ends, key=lambda e: e[:2])))


def _from_ends(ends: Iterable[tuple]) -> Iterable[Shot]:
    start: dict[int, int] = {}
    for half, end, label, replay, change in ends:
        if end > start.get(half, 0):
            yield Shot(half, start.get(half, 0), end, label, replay, change)
            start[half] = end
