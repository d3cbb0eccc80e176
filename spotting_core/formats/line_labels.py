"""Lines of the pitch as people have marked them in a picture, for SoccerNet's calibration challenge.

<number>.json   {class: [{x, y}, …]}, x and y in shares of the picture

Twenty classes lie on the ground and are called as the lines of a ``Pitch``; six are posts and crossbars. One name ends
in a space. SoccerNet's package knows two more, of markings that nobody could name: they are kept, and say nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, Share, validated
from spotting_core.domain.goals import goal_lines
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.challenge_cameras import numbered

LABEL_FILE = re.compile(r"^(?P<number>\d+)\.json$")
"""Names of the files."""
GROUND = tuple(Pitch().lines)
"""Classes on the ground, which are the names of a ``Pitch``'s lines."""
UPRIGHT = tuple(goal_lines(Pitch()))
"""Classes that are not on the ground: no homography of it places them."""
CLASSES = (*GROUND, *UPRIGHT)
UNNAMED = ("Line unknown", "Goal unknown")
"""Names in SoccerNet's files of what nobody could name."""

LineLabels = Mapping[str, np.ndarray]
"""Points of each class, float (N, 2), in shares of the picture."""


class _Point(msgspec.Struct):
    x: Share
    y: Share


def _turned(name: str) -> str:
    if name in GROUND:
        other = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
        return " ".join(other.get(word, word) for word in name.split(" "))
    _, side, part = name.split(" ", 2)
    goal = f"Goal {'right' if side == 'left' else 'left'} {part.strip()}"
    return goal if goal in UPRIGHT else f"{goal} "


TURNED = {name: _turned(name) for name in CLASSES}
"""What each class is called on a pitch that is turned by half a turn."""


def label_files(folder: Path) -> dict[int, Path]:
    """The label files of a folder by number.

    Errors:
        BadInputError: two of one number.
    """
    return numbered(folder, LABEL_FILE)


def holds_line_labels(folder: Path) -> bool:
    """Whether files of this form lie in a folder."""
    return folder.is_dir() and any(LABEL_FILE.match(path.name) for path in folder.iterdir())


def label_name(number: int) -> str:
    """Name of the file of a picture's lines."""
    return f"{number:05d}.json"


def read_lines(path: Path) -> dict[str, np.ndarray]:
    """The marked lines of a picture; see ``LineLabels``.

    Errors:
        BadInputError: not such a file, an unknown class, or a point that is none or lies outside the picture.
    """
    try:
        content = validated(dict[str, object], read_json(path, "line label file"))
    except InvalidContentError as error:
        fix = "It has a list of {x, y} for every class"
        raise BadInputError(f"this is no line label file ({error})", where=path, fix=fix) from error
    return {name: _points(name, points, path) for name, points in content.items()}


def write_lines(path: Path, lines: LineLabels) -> None:
    """Write the marked lines of a picture; ``label_name`` says how the file is called.

    Errors:
        BadInputError: an unknown class, or a point that is none or lies outside the picture.
    """
    content = {name: [{"x": x, "y": y} for x, y in points.tolist()] for name, points in lines.items()}
    for name, points in content.items():
        _points(name, points, path)
    write_json(path, content)


def _points(name: str, points: object, path: Path) -> np.ndarray:
    if name not in (*CLASSES, *UNNAMED):
        nearest = difflib.get_close_matches(name, CLASSES, 1)
        fix = f"The nearest class is {nearest[0]!r}" if nearest else f"Classes: {', '.join(map(repr, CLASSES))}"
        raise BadInputError(f"there is no class {name!r}", where=path, fix=fix)
    try:
        known = validated(list[_Point], points)
    except InvalidContentError as error:
        fix = "A point has x and y, shares of the picture from 0 to 1"
        raise BadInputError(f"a point of {name!r} cannot be used ({error})", where=path, fix=fix) from error
    return np.array([(p.x, p.y) for p in known], float).reshape(-1, 2)
