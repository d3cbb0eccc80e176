"""True entities of a rendered match, for training and measuring the entity model.

Reads ``entities.parquet``, ``calibration.parquet`` and ``meta.json`` of a simulated match. Of what spots actions only
the feature sets of the pitch read these files (``features.pitch_sets``), where they stand in for a calibration network
and tracked players; no model that ships reads these sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.base.files_below import files_below

FILES = ("meta.json", "entities.parquet", "calibration.parquet")
"""What is read of a match folder."""
_ENTITY_OF_CLASS = {
    "ball": "ball",
    "player_home": "player",
    "player_away": "player",
    "goalkeeper_home": "goalkeeper",
    "goalkeeper_away": "goalkeeper",
    "referee": "referee",
    "assistant": "assistant referee",
    "goal": "goal",
    "yellow_card": "yellow card",
    "red_card": "red card",
    "corner_flag": "corner flag",
}
_LINES, _COLUMNS = 224, 398  # of the picture in which the places of score bugs are given
_BUG_HEIGHT = 12


@dataclass(frozen=True)
class _BugStyle:
    """Where a style of the score bug is drawn. Its width was measured: it follows from what is written in it."""

    width: int
    side: str = "left"  # from which its x is counted, or "centre", where it is not
    bottom: bool = False  # whether its y is counted from there


_BUGS = {
    0: _BugStyle(101),
    1: _BugStyle(114),
    2: _BugStyle(102, "right"),
    4: _BugStyle(102, bottom=True),
    5: _BugStyle(115, "centre"),
    6: _BugStyle(103, "right", bottom=True),
}


def games_with_boxes(folder: Path) -> list[Path]:
    """Rendered matches below a folder, in order of their names.

    Errors:
        BadInputError: none has true boxes.
    """
    games = sorted(path.parent for path in files_below(folder, FILES[1]))
    if not games:
        raise BadInputError("no match with true entities lies here", where=folder, fix="Check the path")
    return games


@dataclass(frozen=True)
class TrueFrame:
    """True boxes of one frame.

    Arguments:
        names: entity name per box.
        kinds: the file's own class per box (tells the teams apart).
        boxes: float32 (N, 4), x1, y1, x2, y2 in pixels; may exceed the picture.
        places: float32 (N, 2), metres on the pitch from its centre; NaN where it has none.
        camera: name of the shot's camera.
        replay, wipe: whether the frame is in a replay, or partly under a wipe.
    """

    names: list[str]
    kinds: list[str]
    boxes: np.ndarray
    places: np.ndarray
    camera: str
    replay: bool
    wipe: bool


class TrueMatch:
    """True entities of one half of a rendered match, frame by frame."""

    def __init__(self, folder: Path, half: int = 1) -> None:
        self.meta: Mapping[str, Any] = read_json(folder / "meta.json")
        rows = parquet.read_table(folder / "entities.parquet").to_pydict()
        keep = np.flatnonzero((np.array(rows["half"]) == half) & np.array(rows["on_screen"]))
        self._kind = np.array(rows["class"], dtype=object)[keep]
        self._frame = np.array(rows["frame"])[keep]
        self._box = np.stack([np.array(rows[c], np.float32)[keep] for c in ("x1", "y1", "x2", "y2")], 1)
        self._place = np.stack([np.array(rows[c], np.float32)[keep] for c in ("pitch_x", "pitch_y")], 1)
        cameras = parquet.read_table(
            folder / "calibration.parquet", columns=["half", "frame", "camera", "is_replay", "wipe"]
        ).to_pydict()
        self._shot = {
            frame: (str(camera), bool(replay), bool(wipe))
            for h, frame, camera, replay, wipe in zip(*cameras.values(), strict=True)
            if h == half
        }
        self.size: tuple[int, int] = tuple(self.meta["out_res"])

    @cached_property
    def frames(self) -> int:
        return max(self._shot) + 1

    @cached_property
    def _bounds(self) -> np.ndarray:
        """Rows of frame f are bounds[f] to bounds[f + 1]."""
        return np.searchsorted(self._frame, np.arange(self.frames + 1))

    def frames_with(self, kinds: set[str], min_height: float) -> np.ndarray:
        """Frames that show one of the file's classes at least this tall (pixels)."""
        tall = self._box[:, 3] - self._box[:, 1] >= min_height
        return np.unique(self._frame[np.isin(self._kind, list(kinds)) & tall])

    def __getitem__(self, frame: int) -> TrueFrame:
        rows = slice(*self._bounds[frame : frame + 2])
        kinds = list(self._kind[rows])
        boxes, places = self._box[rows], self._place[rows]
        camera, replay, wipe = self._shot[frame]
        bug = self._scoreboard(replay, wipe)
        names = [_ENTITY_OF_CLASS[k] for k in kinds]
        if bug is not None:
            names, kinds = [*names, "scoreboard"], [*kinds, "scoreboard"]
            boxes = np.concatenate([boxes, bug[None]])
            places = np.concatenate([places, np.full((1, 2), np.nan, np.float32)])
        return TrueFrame(names, kinds, boxes, places, camera, replay, wipe)

    def _scoreboard(self, replay: bool, wipe: bool) -> np.ndarray | None:
        bug = self.meta["scorebug"]
        if wipe or (replay and bug["hide_in_replay"]):
            return None
        return _bug_box(_BUGS[bug["style"]], bug["x"], bug["y"]) * np.float32(self.size[1] / _LINES)


def _bug_box(style: _BugStyle, x: float, y: float) -> np.ndarray:
    """x1, y1, x2, y2 in a picture of ``_COLUMNS`` by ``_LINES``."""
    lefts = {"left": x, "right": _COLUMNS - x - style.width, "centre": (_COLUMNS - style.width) / 2}
    left, top = lefts[style.side], _LINES - y - _BUG_HEIGHT if style.bottom else y
    return np.array([left, top, left + style.width, top + _BUG_HEIGHT], np.float32)
