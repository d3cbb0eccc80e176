"""Where on the pitch a spot is, in which zones, and whose it may be: from where play is (``play``).

Teams are a suggestion: whoever is nearest the ball a little before the spot. How long before depends on the class
(``assets/classes/<table>.possession.csv``: a shot is seen when the ball is gone); classes that are not in the file, as
fouls and cards, get none. Classes of ``assets/classes/<table>.marks.csv`` are where the Laws have them taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import file_beside, numbers_beside, rows_beside
from spotting_core.domain.people import AWAY, HOME
from spotting_core.domain.pitch import Pitch
from spotting_core.domain.zones import zones_of
from spotting_core.players.play import AT_BALL, BALL_SPEED, NEAR, NOWHERE

_TRUST = 0.8
"""How far the nearest player is believed: of 152 suggestions on simmatch's validation and test matches .84 were right
(.92 and .78), where .88 was expected with .85 here."""
LEAST = 0.75
"""Confidence from which a team is suggested."""
ON_MARK = 1.0
"""Metres by which a ball may lie beside its mark: within the arc of a corner."""


@dataclass(frozen=True)
class SpotPlace:
    """Where a spot is, in metres from the centre spot, y towards the main camera; expected error; whether the ball was
    placed there, or the camera only looks there."""

    x: float
    y: float
    error: float
    at_ball: bool


@dataclass(frozen=True)
class SuggestedTeam:
    """Whose a spot may be (``HOME`` or ``AWAY``), and how likely."""

    team: str
    confidence: float


@dataclass(frozen=True)
class MatchPlay:
    """Play of a match.

    Arguments:
        times: by half, (T,) microseconds; play: by half, (T,) of ``play.PLAY``.
        home_left: by half, whether the home team defends the left goal; halves of which nobody knows are left out.
        teams: whether it is known which team is home; else whose a spot may be is not told.
    """

    times: Mapping[int, np.ndarray]
    play: Mapping[int, np.ndarray]
    pitch: Pitch
    home_left: Mapping[int, bool]
    teams: bool = True

    def place(self, half: int, time: int, label: str, table: str) -> SpotPlace | None:
        """Where a spot is; None where nobody knows.

        The Laws say where a kick-off, a penalty and a corner are taken: of those marks it is the nearest to play.

        Arguments:
            time: microseconds; table: name of the class table.

        Errors:
            BadInputError: the table's file is damaged.
        """
        row, away = self._row(half, time)
        if row is None or row["known"] == NOWHERE:
            return None
        marks = marks_of(table, self.pitch).get(label)
        if marks is not None:
            x, y = min(marks, key=lambda mark: float(np.hypot(mark[0] - row["x"], mark[1] - row["y"])))
            return SpotPlace(x, y, ON_MARK, at_ball=False)
        at_ball = bool(row["known"] == AT_BALL)
        error = np.hypot(row["error"], BALL_SPEED * away) if at_ball else row["error"]
        return SpotPlace(float(row["x"]), float(row["y"]), float(error), at_ball)

    def team(self, half: int, time: int, label: str, table: str) -> SuggestedTeam | None:
        """Whose a spot may be; None where that cannot be told, or not of its class.

        Arguments:
            time: microseconds; table: name of the class table.

        Errors:
            BadInputError: the table's file is damaged.
        """
        before = seconds_before(table).get(label)
        row, _ = (None, 0.0) if before is None or not self.teams else self._row(half, round(time - before * 1e6))
        if row is None or not np.isfinite(row["home"]):
            return None
        home = 0.5 + _TRUST * (float(row["home"]) - 0.5)
        confidence = max(home, 1 - home)
        return SuggestedTeam(HOME if home >= 0.5 else AWAY, confidence) if confidence >= LEAST else None

    def zones(self, half: int, place: SpotPlace | None, team: str) -> tuple[str, ...]:
        """Names of the zones that a place lies in (see ``domain.zones``).

        Arguments:
            team: of the spot, for zones that depend on where it attacks.
        """
        if place is None:
            return ()
        left = self.home_left.get(half)
        attacks_right = None if left is None or team not in (HOME, AWAY) else left == (team == HOME)
        return zones_of(place.x, place.y, self.pitch, attacks_right)

    def _row(self, half: int, time: int) -> tuple[np.void | None, float]:
        """Play at the nearest sample, and how many seconds that is away."""
        times = self.times.get(half)
        if times is None or not len(times):
            return None, 0.0
        sample = int(np.abs(times - time).argmin())
        away = abs(int(times[sample]) - time) / 1e6
        return (self.play[half][sample] if away <= NEAR else None), away


@lru_cache(maxsize=8)
def marks_of(table: str, pitch: Pitch) -> Mapping[str, tuple[tuple[float, float], ...]]:
    """The marks at which spots of a class are, in metres, by class; empty for a table without the file.

    Errors:
        BadInputError: the file is damaged.
    """
    known = pitch.marks
    marks = {}
    for row in rows_beside(table, "marks", ("class", "mark")):
        if row["mark"] not in known:
            what = f"{row['mark']!r} is no mark of a pitch"
            raise BadInputError(what, where=file_beside(table, "marks"), fix=f"Marks: {', '.join(known)}")
        marks[row["class"]] = known[row["mark"]]
    return marks


@lru_cache(maxsize=8)
def seconds_before(table: str) -> Mapping[str, float]:
    """How many seconds before a spot of each class its team has the ball; empty for a table without the file.

    Errors:
        BadInputError: the file is damaged.
    """
    return numbers_beside(table, "possession", "before")
