"""True people of a rendered match, placed on the pitch: what stands in for tracked players where these are not known.

Reads ``entities.parquet`` and ``meta.json``. Colours are those of the kits, for the file has no pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.domain.people import AWAY, HOME, Placed, Role

FILE = "entities.parquet"
_ROLES = {
    "player_home": (Role.PLAYER, HOME),
    "player_away": (Role.PLAYER, AWAY),
    "goalkeeper_home": (Role.GOALKEEPER, HOME),
    "goalkeeper_away": (Role.GOALKEEPER, AWAY),
    "referee": (Role.REFEREE, ""),
    "assistant": (Role.REFEREE, ""),
}
_COLUMNS = ("half", "frame", "class", "track", "x1", "y1", "x2", "y2", "on_screen", "pitch_x", "pitch_y")


def read(folder: Path, half: int, samples: int, rate: float) -> list[list[Placed]] | None:
    """The people in the picture at each sample of a half; None where the match was not rendered.

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
        columns: dict[str, list[Any]] = parquet.read_table(path, columns=list(_COLUMNS)).to_pydict()
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowException) as error:
        raise BadInputError(
            f"the people of this match cannot be read ({error})", where=path, fix="Copy it again"
        ) from error
    sample_of = {round(sample * every): sample for sample in range(samples)}
    box = np.stack([columns[c] for c in ("x1", "y1", "x2", "y2")], 1) / np.array([width, height] * 2, float)
    found: list[list[Placed]] = [[] for _ in range(samples)]
    for row, kind in enumerate(columns["class"]):
        sample = sample_of.get(columns["frame"][row])
        if kind not in _ROLES or sample is None or columns["half"][row] != half or not columns["on_screen"][row]:
            continue
        role, team = _ROLES[kind]
        found[sample].append(
            Placed(
                half=half,
                time=round(sample / rate * 1e6),
                track=int(columns["track"][row]),
                role=role,
                team=team,
                team_confidence=1.0,
                x=float(columns["pitch_x"][row]),
                y=float(columns["pitch_y"][row]),
                error=0.0,
                confidence=1.0,
                box=tuple(box[row].tolist()),
                colour=colours[kind],
            )
        )
    return found


def _colours(kits: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
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
