"""True people and ball of a rendered match, placed: what is measured against, and what stands in for tracked
players where these are not known.

Reads ``entities.parquet`` and ``meta.json``. Colours are those of the kits, for the file has no pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.domain.people import AWAY, HOME, Colour, Placed, Role
from spotting_core.formats.field_calibration import axes

FILE = "entities.parquet"
_WHO = {
    "player_home": (Role.PLAYER, HOME),
    "player_away": (Role.PLAYER, AWAY),
    "goalkeeper_home": (Role.GOALKEEPER, HOME),
    "goalkeeper_away": (Role.GOALKEEPER, AWAY),
    "referee": (Role.REFEREE, ""),
    "assistant": (Role.REFEREE, ""),
    "ball": (Role.BALL, ""),
}
_COLUMNS = ("half", "frame", "time_s", "class", "track", "x1", "y1", "x2", "y2", "on_screen", "pitch_x", "pitch_y")


def true_people(folder: Path, size: tuple[int, int]) -> dict[tuple[int, int], list[Placed]]:
    """Whose foot is in the picture, and the ball, by half and frame.

    Arguments:
        size: width and height of the picture that boxes are of.

    Errors:
        BadInputError: the file is missing or of another form.
    """
    found: dict[tuple[int, int], list[Placed]] = {}
    for frame, _, one in _rows(folder, size):
        assert one.box is not None
        x1, _, x2, y2 = one.box
        if 0 <= (x1 + x2) / 2 <= 1 and y2 <= 1:
            found.setdefault((one.half, frame), []).append(one)
    return found


def people_at_samples(folder: Path, half: int, samples: int, rate: float) -> list[list[Placed]] | None:
    """The people in the picture at each sample of a half, in the colours of their shirts; None where the match was not
    rendered.

    Errors:
        BadInputError: a file that is not what it should be.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    meta = read_json(folder / "meta.json", "match description")
    try:
        width, height = meta["out_res"]
        colours = _colours(meta["kits"])
        every = float(meta["fps"]) / rate
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"the people of this match cannot be read ({error})", where=path, fix="Copy it again"
        ) from error
    sample_of = {round(sample * every): sample for sample in range(samples)}
    found: list[list[Placed]] = [[] for _ in range(samples)]
    for frame, kind, one in _rows(folder, (width, height)):
        sample = sample_of.get(frame)
        if one.half == half and sample is not None and kind in colours:
            found[sample].append(replace(one, time=round(sample / rate * 1e6), colour=colours[kind]))
    return found


def _rows(folder: Path, size: tuple[int, int]) -> Iterator[tuple[int, str, Placed]]:
    """Frame, class and place of everybody on screen."""
    path, (width, height) = folder / FILE, size
    try:
        columns = parquet.read_table(path, columns=list(_COLUMNS)).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise BadInputError(
            f"the people of this match cannot be read ({error})", where=path, fix="Copy it again"
        ) from error
    signs = {half: axes(folder, half) for half in set(columns["half"])}
    for half, frame, time, kind, track, *box, on_screen, x, y in zip(*columns.values(), strict=True):
        if kind in _WHO and on_screen and np.isfinite([x, y]).all():
            role, team = _WHO[kind]
            shares = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
            place = (signs[half][0] * x, signs[half][1] * y)
            yield frame, kind, Placed(half, round(time * 1e6), int(track), role, team, 1.0, *place, 0.0, 1.0, shares)


def _colours(kits: Mapping[str, Any]) -> dict[str, Colour]:
    """The colour of everybody's shirt by the file's own classes."""
    named = {
        "player_home": kits["home"]["main"],
        "player_away": kits["away"]["main"],
        "goalkeeper_home": kits["gk_home"],
        "goalkeeper_away": kits["gk_away"],
        "referee": kits["referee"],
        "assistant": kits["referee"],
    }
    return {kind: (int(c[0]), int(c[1]), int(c[2])) for kind, c in named.items()}
