"""A camera whose picture can be worked out by hand, and what is marked in it.

It hangs 50 m above the centre spot and looks straight down: a metre of the ground is 9.6 pixels of 960 by 540, and the
spot lies at (480, 270). It shows 50 m to both sides and 28 m up and down: no side line and no goal, but all else.
"""

from __future__ import annotations

import numpy as np

from spotting_core.domain.camera import Camera
from spotting_core.formats.challenge_cameras import ChallengeCamera

ABOVE = ChallengeCamera(Camera((0.0, 0.0, -50.0), 0.0, 0.0, 0.0, 0.5, 16 / 9), 960.0)

_ENDS = {
    "Middle line": [(0, -20), (0, 20)],
    "Circle central": [(9.15, 0), (0, 9.15), (-9.15, 0), (0, -9.15)],
    "Circle left": [(-32.35, 0)],  # 52.5 - 11 - 9.15 m from the middle
    "Circle right": [(32.35, 0)],
    "Big rect. left main": [(-36, -20), (-36, 20)],
    "Big rect. left top": [(-49, -20.16), (-38, -20.16)],
    "Big rect. left bottom": [(-49, 20.16), (-38, 20.16)],
    "Big rect. right main": [(36, -20), (36, 20)],
    "Big rect. right top": [(49, -20.16), (38, -20.16)],
    "Big rect. right bottom": [(49, 20.16), (38, 20.16)],
    "Small rect. left main": [(-47, -9), (-47, 9)],
    "Small rect. left top": [(-49, -9.16), (-48, -9.16)],
    "Small rect. left bottom": [(-49, 9.16), (-48, 9.16)],
    "Small rect. right main": [(47, -9), (47, 9)],
    "Small rect. right top": [(49, -9.16), (48, -9.16)],
    "Small rect. right bottom": [(49, 9.16), (48, 9.16)],
}


def marked(right: float = 0.0) -> dict[str, np.ndarray]:
    """The sixteen lines that ``ABOVE`` shows, in shares of the picture, each moved so many pixels to the right."""
    scale, origin = 9.6, np.array([480 + right, 270])
    return {name: (np.array(ends) * scale + origin) / (959, 539) for name, ends in _ENDS.items()}
