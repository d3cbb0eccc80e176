"""Cameras over the pitch whose numbers can be worked out by hand, people placed on it, and games with calibrations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import HOME, Placed, Role
from spotting_core.domain.spots import Spot
from spotting_core.formats.field_calibration import write_published
from spotting_core.formats.labels_v2 import FILE_NAME, write_labels

STRAIGHT = Homography(np.array([[0.01, 0, 0.5], [0, 0.02, 0.5], [0, 0, 1.0]]))
"""From straight above: the picture is 100 m wide and 50 m high, and its middle is the centre spot."""
TILTED = Homography(np.array([[0.5, -0.5, 30], [0, -0.4, 44], [0, -1, 60.0]]))
"""From the main side: 60 - y metres away of a place, with the horizon at 40 % of the picture's height."""


def seen_by(*homographies: Homography | None, confidence: float | None = None) -> list[Calibration]:
    return [Calibration(1, k * 500_000, h, confidence) for k, h in enumerate(homographies)]


def person(
    x: float, y: float, colour: tuple[int, int, int] | None = (254, 0, 127), *, role: Role = Role.PLAYER,
    confidence: float = 1.0, team: str = HOME,
) -> Placed:  # fmt: skip
    box = (0.5, 0.5, 0.51, 0.55) if colour is not None else None
    return Placed(1, 0, 0, role, team, 1.0, x, y, 0.0, confidence, box, colour)


def write_calibrated_game(folder: Path, shift: float = 0.0, spots: Sequence[Spot] = (), samples: int = 80) -> Path:
    """A game of one half with calibrations and labels, without a video: the camera jumps at every spot."""
    game = folder / "2026-08-01 - 12-00 Home 1 - 0 Away"
    game.mkdir(parents=True)
    turned = {round(spot.time / 500_000) for spot in spots}
    calibrations = []
    for k in range(samples):
        at = 40.0 if any(abs(k - t) < 2 for t in turned) else shift
        moved = Homography(TILTED.matrix @ np.array([[1, 0, -at], [0, 1, 0], [0, 0, 1.0]]))
        calibrations.append(Calibration(1, k * 500_000, moved, 0.9))
    write_published(game / "1_field_calib_ccbv.json", calibrations, 1280, 720)
    write_labels(game / FILE_NAME, list(spots))
    return game
