"""A spot: one action of one class at one time of a half."""

from __future__ import annotations

from dataclasses import dataclass, replace

UNKNOWN = "unknown"
"""Team of a spot of which nobody said whose it is."""
TEAMS = ("home", "away", UNKNOWN)
TRUTH = "truth"


@dataclass(frozen=True, order=True, slots=True)
class Spot:
    """One action.

    Arguments:
        half: number of the part of the match, from 1.
        time: microseconds since the first shown frame of the half.
        label: class name, as in the class table.
        confidence: 0 to 1, or None for a true or added spot.
        team: home, away or unknown.
        visible: whether the action is in the picture; None where nobody said.
        source: name of the model, ``truth``, or the reviewer.
    """

    half: int
    time: int
    label: str
    confidence: float | None = None
    team: str = "unknown"
    visible: bool | None = None
    source: str = TRUTH

    @property
    def seconds(self) -> float:
        """Time in seconds since the first shown frame of the half."""
        return self.time / 1e6

    def moved_to(self, time: int) -> Spot:
        """The same spot at another time (microseconds)."""
        return replace(self, time=time)
