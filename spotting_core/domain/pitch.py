"""The pitch: its size, and its lines in metres.

The origin is the centre spot, x runs along the length, y along the width towards the main camera, as in SoccerNet's
calibration challenge, whose names the lines have. Distances of the marks are those of the Laws of the Game (IFAB, law
1); only length and width differ between pitches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spotting_core.base.errors import BadInputError

STEP = 0.9
"""Metres between two points of a line, as the challenge samples them."""
AREA, GOAL_AREA = (16.5, 40.32), (5.5, 18.32)
"""Depth and width in metres of the penalty area and the goal area."""
CIRCLE, PENALTY_SPOT = 9.15, 11.0
"""Radius of the circles, and distance of the penalty spot from the goal line, in metres."""
_LONGEST, _SHORTEST = 130.0, 40.0


@dataclass(frozen=True)
class Pitch:
    """A pitch of a length and width in metres.

    Errors:
        BadInputError: of a size that no pitch has.
    """

    length: float = 105.0
    width: float = 68.0

    def __post_init__(self) -> None:
        for side in (self.length, self.width):
            if not _SHORTEST <= side <= _LONGEST:
                raise BadInputError(
                    f"no pitch is {self.length:g} by {self.width:g} m",
                    fix="Give length and width in metres, as 105 and 68",
                )
        if self.length < self.width:
            raise BadInputError(
                f"a pitch of {self.length:g} by {self.width:g} m is wider than long", fix="Give the length first"
            )

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Which points (..., 2) lie on it, its edge included: bool (...)."""
        return np.asarray(np.all(np.abs(points) <= np.array([self.length, self.width]) / 2, axis=-1))

    def grid(self, step: float = 1.0) -> np.ndarray:
        """The middles of its cells of ``step`` metres: float (N, 2)."""
        x, y = (np.arange(-side / 2 + step / 2, side / 2, step) for side in (self.length, self.width))
        return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)

    @property
    def drawn(self) -> dict[str, np.ndarray]:
        """Its ``lines`` by the points that draw them: of a straight one its ends, of an arc all."""
        return {n: points if n.startswith("Circle") else points[[0, -1]] for n, points in self.lines.items()}

    @property
    def marks(self) -> dict[str, tuple[tuple[float, float], ...]]:
        """From where the Laws have the ball kicked: the centre spot, the penalty spots, the corners."""
        x, y = self.length / 2, self.width / 2
        corners = tuple((side * x, wing * y) for side in (-1, 1) for wing in (-1, 1))
        return {
            "centre": ((0.0, 0.0),),
            "penalty": ((PENALTY_SPOT - x, 0.0), (x - PENALTY_SPOT, 0.0)),
            "corner": corners,
        }

    @cached_property
    def lines(self) -> dict[str, np.ndarray]:
        """The lines on the ground by name, float (N, 2), a point every ``STEP`` metres at most."""
        return self.lines_with_arcs(STEP)

    def lines_with_arcs(self, step: float) -> dict[str, np.ndarray]:
        """See ``lines``; circles and arcs have a point every ``step`` metres at most."""
        x, y = self.length / 2, self.width / 2
        lines = {
            "Side line left": _straight((-x, -y), (-x, y)),
            "Side line right": _straight((x, -y), (x, y)),
            "Side line top": _straight((-x, -y), (x, -y)),
            "Side line bottom": _straight((-x, y), (x, y)),
            "Middle line": _straight((0, -y), (0, y)),
            "Circle central": _arc((0, 0), 0, 2 * np.pi, step),
        }
        for side, sign in (("left", -1), ("right", 1)):
            for name, (depth, width) in (("Big", AREA), ("Small", GOAL_AREA)):
                far, goal = sign * (x - depth), sign * x
                lines[f"{name} rect. {side} main"] = _straight((far, -width / 2), (far, width / 2))
                lines[f"{name} rect. {side} top"] = _straight((goal, -width / 2), (far, -width / 2))
                lines[f"{name} rect. {side} bottom"] = _straight((goal, width / 2), (far, width / 2))
            reach = np.arccos((AREA[0] - PENALTY_SPOT) / CIRCLE)
            middle = np.pi if sign > 0 else 0.0
            lines[f"Circle {side}"] = _arc((sign * (x - PENALTY_SPOT), 0), middle - reach, middle + reach, step)
        return lines


def _straight(start: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
    a, b = np.array(start, float), np.array(end, float)
    count = int(np.ceil(np.linalg.norm(b - a) / STEP)) + 1
    return np.asarray(a + np.linspace(0, 1, count)[:, None] * (b - a))


def _arc(centre: tuple[float, float], start: float, end: float, step: float) -> np.ndarray:
    count = int(np.ceil(CIRCLE * (end - start) / step)) + 1
    angle = np.linspace(start, end, count)
    return np.asarray(np.array(centre) + CIRCLE * np.stack([np.cos(angle), np.sin(angle)], -1))
