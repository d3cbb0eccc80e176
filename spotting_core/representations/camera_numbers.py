"""Where the camera looks, as nineteen numbers a sample: the feature set ``camera``.

0 to 13   seven points of the picture on the pitch, x and y of each: the middle, the lower left, the lower middle and
          the lower right (at 90 % of the height), the middles of the left and right edge, and one above the middle (at
          30 %); in half lengths and half widths of the pitch from its centre, clipped to two of them, so that the
          corners of the pitch are at 1 and -1; zero above the horizon
14 to 16  signs of the last three of these points: 1 on the ground, -1 above the horizon
17        how wide the camera sees: metres between the lower left and lower right point, in half lengths, at most 2
18        confidence of the calibration, 1 for truth

All are zero where there is no calibration. Calibrations that are not sure are given as they are: their confidence says
it, and what reads the numbers may learn from which confidence on they mean something.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch

POINTS = np.array([(0.5, 0.5), (0.0, 0.9), (0.5, 0.9), (1.0, 0.9), (0.0, 0.5), (1.0, 0.5), (0.5, 0.3)])
"""The points of the picture, as shares of its width and height."""
NUMBERS = 2 * len(POINTS) + 5
_LEFT, _MIDDLE, _RIGHT, _UPPER = 1, 2, 3, slice(4, 7)
_FARTHEST = 2.0


def camera_numbers(calibrations: Sequence[Calibration], pitch: Pitch) -> np.ndarray:
    """The numbers of consecutive samples: float32 (T, 19)."""
    numbers = np.zeros((len(calibrations), NUMBERS), np.float32)
    known = [k for k, one in enumerate(calibrations) if one.homography is not None]
    if not known:
        return numbers
    matrices = np.stack([one.homography.matrix for one in calibrations if one.homography is not None])
    places, seen = _on_the_ground(matrices)
    half = np.array([pitch.length, pitch.width]) / 2
    across = np.linalg.norm(places[:, _RIGHT] - places[:, _LEFT], axis=-1) / half[0]
    scaled = np.clip(places / half, -_FARTHEST, _FARTHEST)
    rows = numbers[known]
    rows[:, :14] = np.where(seen[..., None], scaled, 0).reshape(len(known), -1)
    rows[:, 14:17] = np.where(seen[:, _UPPER], 1, -1)
    rows[:, 17] = np.where(seen[:, _LEFT] & seen[:, _RIGHT], np.minimum(across, _FARTHEST), 0)
    sure = [calibrations[k].confidence for k in known]
    rows[:, 18] = [1.0 if one is None else one for one in sure]
    numbers[known] = rows
    return numbers


def _on_the_ground(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points (N, 7, 2) in metres, and which of them (N, 7) lie before the camera, as ``Homography.to_pitch``
    tells it of one."""
    picture = np.concatenate([POINTS, np.ones((len(POINTS), 1))], 1)
    mapped = np.einsum("nij,pj->npi", np.linalg.inv(matrices), picture)
    depth = mapped[..., 2]
    seen = depth * np.sign(depth[:, _MIDDLE, None]) > 0
    safe = np.where(seen, depth, 1.0)
    return mapped[..., :2] / safe[..., None], seen
