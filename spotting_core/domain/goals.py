"""The goals in space: posts and crossbars, the only lines of SoccerNet's calibration challenge above the ground."""

from __future__ import annotations

import numpy as np

from spotting_core.domain.pitch import STEP, Pitch

WIDTH, HEIGHT = 7.32, 2.44
"""Metres between the posts, and from the ground to the crossbar (IFAB, law 1)."""


def goal_lines(pitch: Pitch) -> dict[str, np.ndarray]:
    """Posts and crossbars by the challenge's names: float (N, 3), metres with z down, a point every ``STEP`` at most.

    A goal's left post is that to the left of who looks at it from the centre spot. The name of one ends in a space.
    """
    lines = {}
    for side, sign, left in (("left", -1, "post left "), ("right", 1, "post left")):
        x, y = sign * pitch.length / 2, -sign * WIDTH / 2
        lines[f"Goal {side} crossbar"] = _straight((x, y, -HEIGHT), (x, -y, -HEIGHT))
        lines[f"Goal {side} {left}"] = _straight((x, y, -HEIGHT), (x, y, 0))
        lines[f"Goal {side} post right"] = _straight((x, -y, -HEIGHT), (x, -y, 0))
    return lines


def _straight(start: tuple[float, float, float], end: tuple[float, float, float]) -> np.ndarray:
    length = float(np.linalg.norm(np.subtract(end, start)))
    return np.linspace(start, end, int(np.ceil(length / STEP)) + 1)
