"""Somebody on the pitch at one moment, or the ball."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(str, Enum):
    """What somebody is; ``UNSURE`` where kit and place do not tell."""

    PLAYER = "player"
    GOALKEEPER = "goalkeeper"
    REFEREE = "referee"
    BALL = "ball"
    UNSURE = "unsure"


HOME, AWAY = "home", "away"


@dataclass(frozen=True)
class Placed:
    """Somebody, or the ball, placed on the pitch at one sample.

    Arguments:
        time: microseconds of the half.
        track: number of the track, the same for one person as long as that is supported.
        team: ``HOME``, ``AWAY``, or empty for officials, the ball, and where it is unsure.
        team_confidence: 0 to 1.
        x, y: metres, origin at the centre spot, y towards the main camera.
        error: expected error of the place in metres; NaN where nobody knows.
        confidence: 0 to 1, that somebody is there.
        box: (x1, y1, x2, y2) as shares of the picture; None where nobody was seen.
        colour: mean red, green, blue of the kit, 0 to 255; None where nobody was seen.
    """

    half: int
    time: int
    track: int
    role: Role
    team: str
    team_confidence: float
    x: float
    y: float
    error: float
    confidence: float
    box: tuple[float, float, float, float] | None = None
    colour: tuple[int, int, int] | None = None

    @property
    def seen(self) -> bool:
        """Whether it was seen in the picture, or its place was told from its track."""
        return self.box is not None
