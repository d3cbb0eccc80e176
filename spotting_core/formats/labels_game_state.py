"""The action that a file of SoccerNet's game state is about: ``Labels-GameState.json``.

    {"info": {"name": "SNGS-021", "action_class": "Corner", "action_position": "1073231", "visibility": "visible",
              "game_time_start": "1 - 17:38", "clip_start": "1058000", "clip_stop": "1088000", …},
     "images": […], "annotations": [{"image_id", "track_id", "bbox_image", "bbox_pitch", …}, …]}

Such a file holds people and their places over half a minute of a match, and says around which action that lies.
``action_position``, ``clip_start`` and ``clip_stop`` are milliseconds of the half's video. People and places are no
spots: they are counted as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import parse_json
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats.document import Document, Entry, possible
from spotting_core.formats.game_time import moment_of, position_of
from spotting_core.formats.labels_v2 import text_label

FORM = "labels-game-state"
FILE_NAME = "Labels-GameState.json"
_OWN = {"action_class", "action_position", "game_time_start", "clip_start", "clip_stop", "visibility", "name"}
_VISIBLE = {"visible": True, "not shown": False}
_PEOPLE = "somebody's place in a picture"


def parse(content: bytes, where: object, game: str = "") -> Document:
    """The document of a file's content: its one action, with the stretch of the match that the file is of.

    Errors:
        BadInputError: not JSON, not of this form, or it names no action.
    """
    read = parse_json(content, where, "game state")
    info = read.get("info") if isinstance(read, dict) else None
    if not isinstance(info, dict) or not info.get("action_class"):
        raise BadInputError(
            "this game state names no action: it holds people and their places",
            where=where,
            fix="Give labels or predictions of the match; touchline players finds people in its video",
        )
    at = f"{where}, info"
    half, time = moment_of({"gameTime": info.get("game_time_start"), "position": info.get("action_position")}, at)
    label, visible = text_label(info["action_class"], at), _VISIBLE.get(str(info.get("visibility")))
    spot = possible(Spot(half, time, label, visible=visible, source=TRUTH), at)
    extras = {name: value for name, value in info.items() if name not in _OWN}
    people = [rows for name in ("annotations", "predictions") if isinstance(rows := read.get(name), list)]
    left_out = {_PEOPLE: sum(map(len, people))} if any(people) else {}
    entry = Entry(spot, extras, clip=_clip(info, at))
    return Document((entry,), game or str(info.get("name") or ""), FORM, left_out=left_out)


def _clip(info: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    """Start and end of what the file is of, microseconds of the half; None where it does not say both."""
    start, end = (position_of(info.get(name), where) for name in ("clip_start", "clip_stop"))
    return (start, end) if start is not None and end is not None and start < end else None
