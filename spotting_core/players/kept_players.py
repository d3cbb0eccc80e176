"""Players of a match as they are kept: worked out once for an analysis and its calibrations, then read.

players/<hash>.npz    in the data directory, by all that decides who is placed where
    rows   see ``ROW``, in order of half, sample and track
    about  JSON: shirts of both teams, the halves in which home defends the left goal, and notes
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.arrays import read_packed
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import locked, parse_json, replacing
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import AWAY, HOME, Colour, MatchPlayers, Placed, Role
from spotting_core.media.fingerprint import joint_hash

log = logging.getLogger(__name__)

_VERSION = "3"  # of what is found and kept; another one is made anew

ROLES = (Role.PLAYER, Role.GOALKEEPER, Role.REFEREE, Role.BALL, Role.UNSURE)
"""Roles by the number that stands for them in a row."""
TEAMS = ("", HOME, AWAY)
"""Teams by their number."""
ROW = np.dtype([
    ("half", "u1"), ("sample", "<u4"), ("track", "<u4"), ("role", "u1"), ("team", "u1"), ("team_confidence", "<f4"),
    ("x", "<f4"), ("y", "<f4"), ("error", "<f4"), ("confidence", "<f4"), ("seen", "?"), ("box", "<f4", 4),
])  # fmt: skip
"""A row: somebody at a sample, as in ``Placed``; a box of zeros where nobody was seen."""


@dataclass(frozen=True)
class KeptPlayers:
    """Everybody of a match.

    Arguments:
        rows: (N,) of ``ROW``, in order of half, sample and track.
        kits: mean shirts of home and away, where teams were told apart.
        notes: what a user must know, sentence by sentence.
        home_left: by half, whether the home team defends the left goal, as the main camera sees it; halves for which
            nobody can tell are left out.
        home_is_guess: whether nothing but the side of the pitch says which team is home: whose a spot is cannot be
            told by it.
    """

    rows: np.ndarray
    kits: tuple[Colour, Colour] | None
    notes: tuple[str, ...]
    home_left: Mapping[int, bool] = field(default_factory=dict)
    home_is_guess: bool = False

    @classmethod
    def of(cls, players: MatchPlayers) -> KeptPlayers:
        """Of what was worked out."""
        number = {half: {time: n for n, time in enumerate(times)} for half, times in players.samples.items()}
        rows = np.array([_row(p, number[p.half][p.time]) for p in players.placed], ROW)
        rows = np.sort(rows, order=("half", "sample", "track"))
        return cls(rows, players.kits, players.notes, dict(players.home_left), players.home_is_guess)

    def of_half(self, half: int) -> np.ndarray:
        """The rows of a half."""
        return self.rows[self.rows["half"] == half]


def _row(one: Placed, sample: int) -> tuple[object, ...]:
    return (
        one.half, sample, one.track, ROLES.index(one.role), TEAMS.index(one.team), one.team_confidence,
        one.x, one.y, one.error, one.confidence, one.seen, one.box or (0.0, 0.0, 0.0, 0.0),
    )  # fmt: skip


def players_key(
    analysis: Analysis,
    calibrations: Sequence[Calibration],
    cameras: MatchCameras | None,
    kits: tuple[Colour, Colour] | None,
) -> str:
    """Hash of all that decides who is placed where: the layer, the calibrations' content, the cameras, the shirts."""
    record = analysis.record
    looks = (
        f"{c.half} {c.time} {c.confidence} {c.error} {c.pitch} "
        f"{'' if c.homography is None else np.asarray(c.homography.matrix, float).tobytes().hex()}"
        for c in calibrations
    )
    shots = () if cameras is None else (str(shot) for shot in cameras.shots)
    about = (_VERSION, record.source_id, record.task, record.identity.key, f"{record.rate:g}", str(kits))
    return joint_hash([*about, joint_hash(looks), joint_hash(shots)])


def kept_players(key: str, data: DataDirectory, make: Callable[[], KeptPlayers]) -> KeptPlayers:
    """What is kept by a key, made where it is not there or damaged.

    Errors:
        BadInputError: of ``make``; or it cannot be written.
    """
    path = data.players(key)
    found = _read(path)
    if found is None:
        with locked(path.with_suffix(".lock")):
            found = _read(path)  # another process may have been at it
            if found is None:
                found = make()
                _write(path, found)
    return found


def kept_already(key: str, data: DataDirectory) -> KeptPlayers | None:
    """What is kept by a key, None where it is not there or damaged."""
    return _read(data.players(key))


def _write(path: Path, players: KeptPlayers) -> None:
    left = {str(half): home for half, home in players.home_left.items()}
    about = json.dumps(
        {"kits": players.kits, "notes": players.notes, "home_left": left, "home_is_guess": players.home_is_guess}
    )
    with replacing(path) as part, part.open("wb") as handle:
        np.savez_compressed(handle, rows=players.rows, about=np.array(about))


def _read(path: Path) -> KeptPlayers | None:
    if not path.is_file():
        return None
    try:
        held = read_packed(path, {"rows": "V", "about": "U"}, what="file of players")
        rows, about = held["rows"], parse_json(str(held["about"]).encode(), path)
        kits = about["kits"] and (_colour(about["kits"][0]), _colour(about["kits"][1]))
        if rows.dtype != ROW or rows.ndim != 1:
            raise ValueError("rows of another kind")
        left = {int(half): bool(home) for half, home in about["home_left"].items()}
        notes, guess = tuple(str(note) for note in about["notes"]), bool(about["home_is_guess"])
        return KeptPlayers(rows, kits, notes, left, guess)
    except (TouchlineError, OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        log.warning("players that were kept are worked out again: %s", error)
        return None


def _colour(values: Sequence[int]) -> Colour:
    red, green, blue = (int(v) for v in values)
    return red, green, blue
