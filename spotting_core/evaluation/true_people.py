"""True people and ball of a rendered match, placed: what ``entities.parquet`` says of every frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import AWAY, HOME, Placed, Role

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
    """Whose foot is in the picture, by half and frame.

    Arguments:
        size: width and height of the picture that boxes are of.

    Errors:
        BadInputError: the file is missing or of another form.
    """
    path = folder / FILE
    try:
        columns = parquet.read_table(path, columns=list(_COLUMNS)).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise BadInputError(f"these entities cannot be read ({error})", where=path) from error
    width, height = size
    found: dict[tuple[int, int], list[Placed]] = {}
    for half, frame, time, kind, track, *box, on_screen, x, y in zip(*columns.values(), strict=True):
        if kind not in _WHO or not on_screen or not np.isfinite([x, y]).all():
            continue
        if not (0 <= (box[0] + box[2]) / 2 <= width and box[3] <= height):
            continue
        role, team = _WHO[kind]
        shares = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
        placed = Placed(half, round(time * 1e6), int(track), role, team, 1.0, x, y, 0.0, 1.0, shares)
        found.setdefault((half, frame), []).append(placed)
    return found
