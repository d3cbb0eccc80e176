"""Players of a match as SoccerNet's game state: ``{"predictions": […]}``, one file a half (NAME_1.json).

Each has image_id (split digit, video, six digits of the frame from 1), track, role, team (left or right: the goal it
defends, as the main camera sees it), jersey (null), its box in pixels and, in metres, the bottom of its box on the
pitch: left, middle, right. Who was told by his track alone has no box, and his three points are one. ``info`` says the
rate. The frames are samples. ``read`` takes predictions and ``Labels-GameState.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, Positive, PositiveNumber, validated
from spotting_core.domain.people import AWAY, BALL_TRACK, HOME, MatchPlayers, Placed, Role

FORM = "game-state"
CATEGORIES = {Role.PLAYER: 1, Role.GOALKEEPER: 2, Role.REFEREE: 3, Role.BALL: 4, Role.UNSURE: 7}
_NAMES = {role: "other" if role is Role.UNSURE else role.value for role in Role}
_ROLES = {name: role for role, name in _NAMES.items()}
_BALL_ID = 100_000
_SPLIT = 3  # the digit of "test"


def write(path: Path, players: MatchPlayers) -> list[Path]:
    """Write one file a half; returns them.

    Errors:
        BadInputError: they cannot be written.
    """
    files = []
    for half in sorted(players.samples):
        file = path.with_name(f"{path.stem}_{half}.json")
        predictions = [
            _prediction(players, one, frame)
            for frame, people in enumerate(players.at(half).values(), start=1)
            for one in people
        ]
        for number, prediction in enumerate(predictions):
            prediction["id"] = str(number)
        info = {"rate": players.rate, "pitch": [players.pitch.length, players.pitch.width], "size": list(players.size),
                "samples": len(players.samples[half]), "notes": list(players.notes)}  # fmt: skip
        write_json(file, {"info": info, "predictions": predictions})
        files.append(file)
    return files


def image_id(half: int, frame: int) -> str:
    """The name of a frame, from 1, of a half's video."""
    return f"{_SPLIT}{half:03d}{frame:06d}"


def side_of(players: MatchPlayers, half: int, team: str) -> str | None:
    """Which goal a team defends in a half: left or right.

    Where nobody can tell, what is known of the half before or after it, as teams change sides; else home has the left.
    """
    if not team:
        return None
    known = players.home_left
    beside = next((not known[other] for other in (half - 1, half + 1) if other in known), True)
    return "left" if (team == HOME) == known.get(half, beside) else "right"


def _prediction(players: MatchPlayers, one: Placed, frame: int) -> dict[str, Any]:
    bottom = _bottom(players, one)
    box = None
    if one.box is not None:
        x1, y1, x2, y2 = (np.array(one.box) * [*players.size, *players.size]).round(2).tolist()
        box = {"x": x1, "y": y1, "w": round(x2 - x1, 2), "h": round(y2 - y1, 2)}
    return {
        "id": "",
        "image_id": image_id(one.half, frame),
        "video_id": f"{one.half:03d}",
        "track_id": _BALL_ID if one.track == BALL_TRACK else one.track,
        "category_id": CATEGORIES[one.role],
        "supercategory": "object",
        "confidence": round(one.confidence, 3),
        "attributes": {"role": _NAMES[one.role], "jersey": None, "team": side_of(players, one.half, one.team)},
        "bbox_image": box,
        "bbox_pitch": {
            f"{axis}_bottom_{place}": round(float(point[number]), 3)
            for place, point in zip(("left", "middle", "right"), bottom, strict=True)
            for number, axis in enumerate("xy")
        },
    }


def _bottom(players: MatchPlayers, one: Placed) -> np.ndarray:
    """The ends and the middle of the bottom of somebody's box on the pitch: float (3, 2), metres."""
    middle = np.array([one.x, one.y])
    calibration = players.calibrations.get((one.half, one.time))
    if one.box is None or calibration is None or calibration.homography is None:
        return np.stack([middle] * 3)
    x1, _, x2, y2 = one.box
    ends = calibration.homography.to_pitch(np.array([[x1, y2], [x2, y2]]))
    return np.stack([ends[0], middle, ends[1]]) if np.isfinite(ends).all() else np.stack([middle] * 3)


class _Attributes(msgspec.Struct):
    role: str
    team: str | None = None


class _Pitch(msgspec.Struct):
    x_bottom_middle: float
    y_bottom_middle: float


class _Box(msgspec.Struct):
    x: float
    y: float
    w: float
    h: float


class _Entry(msgspec.Struct):
    image_id: str
    supercategory: str
    track_id: int | None = None
    attributes: _Attributes | None = None
    bbox_pitch: _Pitch | None = None
    confidence: float = 1.0
    bbox_image: _Box | None = None


class _Info(msgspec.Struct):
    rate: PositiveNumber | None = None
    frame_rate: PositiveNumber | None = None
    size: tuple[Positive, Positive] = (1920, 1080)


class _File(msgspec.Struct):
    predictions: list[_Entry] | None = None
    annotations: list[_Entry] | None = None
    info: _Info = msgspec.field(default_factory=_Info)


def read(path: Path, half: int, rate: float | None = None) -> list[Placed]:
    """Who is on the pitch by predictions, or labels, of a half; left is told as home.

    Arguments:
        rate: frames a second; the file's own where it is not given.

    Errors:
        BadInputError: not such a file, or nothing tells its rate.
    """
    try:
        content = validated(_File, read_json(path, "game state"))
    except InvalidContentError as error:
        raise BadInputError(f"this is no game state ({error})", where=path) from error
    entries = content.predictions if content.predictions is not None else content.annotations
    if entries is None:
        raise BadInputError("this game state has neither predictions nor annotations", where=path)
    rate = rate or content.info.rate or content.info.frame_rate
    if rate is None:
        raise BadInputError("this game state does not say its rate", where=path, fix="Give frames a second")
    found = [_placed(e, half, rate, content.info.size, path) for e in entries if e.supercategory == "object"]
    return [p for p in found if p is not None]


def _placed(entry: _Entry, half: int, rate: float, size: tuple[int, int], path: Path) -> Placed | None:
    if entry.attributes is None or entry.bbox_pitch is None or entry.track_id is None:
        return None
    if len(entry.image_id) < 6 or not entry.image_id[-6:].isdigit():
        raise BadInputError(f"{entry.image_id!r} is no image_id", where=path, fix="Split digit, video, six digits")
    role = _ROLES.get(entry.attributes.role, Role.UNSURE)
    place = entry.bbox_pitch
    box = None
    if entry.bbox_image is not None:
        one = entry.bbox_image
        box = (one.x / size[0], one.y / size[1], (one.x + one.w) / size[0], (one.y + one.h) / size[1])
    if not np.isfinite([place.x_bottom_middle, place.y_bottom_middle, *(box or ())]).all():
        raise BadInputError(f"{entry.image_id} has a place that is no number", where=path)
    return Placed(
        half, round((int(entry.image_id[-6:]) - 1) / rate * 1e6), BALL_TRACK if role is Role.BALL else entry.track_id,
        role, {"left": HOME, "right": AWAY}.get(entry.attributes.team or "", ""), 1.0, place.x_bottom_middle,
        place.y_bottom_middle, 0.0, entry.confidence, box,
    )  # fmt: skip
