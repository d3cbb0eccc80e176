"""Somebody on the pitch at one moment, or the ball; and all of a match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch


class Role(StrEnum):
    """What somebody is; ``UNSURE`` where kit and place do not tell."""

    PLAYER = "player"
    GOALKEEPER = "goalkeeper"
    REFEREE = "referee"
    BALL = "ball"
    UNSURE = "unsure"


HOME, AWAY = "home", "away"

BALL_TRACK = 0
"""The number of the ball's track; people's begin at 1."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)  # a match has some two hundred thousand
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


@dataclass(frozen=True)
class MatchPlayers:
    """Everybody on the pitch, in order of half, time and track.

    Arguments:
        rate: samples a second.
        size: width and height of the picture, in pixels.
        samples: times (microseconds) by half of all samples, those without anybody too.
        calibrations: by half and time, of the samples that have one and are no replay.
        errors: metres that each of these is expected to be wrong by.
        home_left: by half, whether the home team defends the left goal, as the main camera sees it; halves for which
            nobody can tell are left out.
        kits: mean shirts of home and away, where teams were told apart.
        home_is_guess: whether nothing but the side of the pitch says which team is home.
        title, home, away: of the match, where they are known.
        notes: what a user must know, sentence by sentence.
        left_out: what was read and is placed nowhere: reason, as a clause, to how many.
    """

    placed: tuple[Placed, ...]
    rate: float
    pitch: Pitch
    size: tuple[int, int]
    samples: Mapping[int, tuple[int, ...]]
    calibrations: Mapping[tuple[int, int], Calibration] = field(default_factory=dict)
    errors: Mapping[tuple[int, int], float] = field(default_factory=dict)
    home_left: Mapping[int, bool] = field(default_factory=dict)
    kits: tuple[Colour, Colour] | None = None
    home_is_guess: bool = False
    title: str = ""
    home: str = "Home"
    away: str = "Away"
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def at(self, half: int) -> dict[int, list[Placed]]:
        """Everybody of a half by time, every sample in order."""
        by_time: dict[int, list[Placed]] = {time: [] for time in self.samples.get(half, ())}
        for one in self.placed:
            if one.half == half:
                by_time.setdefault(one.time, []).append(one)
        return by_time

    def swapped(self) -> MatchPlayers:
        """The same with home and away exchanged."""
        other = {HOME: AWAY, AWAY: HOME}
        return replace(
            self,
            placed=tuple(replace(p, team=other.get(p.team, p.team)) for p in self.placed),
            kits=self.kits and (self.kits[1], self.kits[0]),
            home_left={half: not left for half, left in self.home_left.items()},
        )
