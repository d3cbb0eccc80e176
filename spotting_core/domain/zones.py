"""Zones of a pitch: thirds and wings as the main camera sees them, penalty areas, and thirds of the team that acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from spotting_core.domain.pitch import AREA, Pitch

_Inside = Callable[[float, float, Pitch, int], bool]


@dataclass(frozen=True)
class Zone:
    """A zone.

    Arguments:
        title: as people read it.
        of_team: whether it depends on where the team attacks.
        inside: whether a place (x, y in metres, pitch, +1 or -1 for the side that is attacked, else 0) lies in it.
    """

    name: str
    title: str
    of_team: bool
    inside: _Inside


def _third(x: float, pitch: Pitch) -> int:
    return -1 if x < -pitch.length / 6 else 1 if x > pitch.length / 6 else 0


def _in_area(x: float, y: float, pitch: Pitch) -> bool:
    depth, width = AREA
    return abs(x) >= pitch.length / 2 - depth and abs(y) <= width / 2


ZONES: dict[str, Zone] = {
    zone.name: zone
    for zone in (
        Zone("last-third", "Last third", True, lambda x, y, pitch, side: side != 0 and _third(x, pitch) == side),
        Zone("own-third", "Own third", True, lambda x, y, pitch, side: side != 0 and _third(x, pitch) == -side),
        Zone("left-third", "Left third", False, lambda x, y, pitch, side: _third(x, pitch) < 0),
        Zone("middle-third", "Middle third", False, lambda x, y, pitch, side: _third(x, pitch) == 0),
        Zone("right-third", "Right third", False, lambda x, y, pitch, side: _third(x, pitch) > 0),
        Zone("far-wing", "Far wing", False, lambda x, y, pitch, side: y < -AREA[1] / 2),
        Zone("near-wing", "Near wing", False, lambda x, y, pitch, side: y > AREA[1] / 2),
        Zone("area", "Penalty areas", False, lambda x, y, pitch, side: _in_area(x, y, pitch)),
    )
}
"""All zones by name, in the order in which they are offered."""


def zones_of(x: float, y: float, pitch: Pitch, attacks_right: bool | None) -> tuple[str, ...]:
    """Names of the zones that a place lies in.

    Arguments:
        x, y: metres from the centre spot, x to the right of the main camera, y towards it.
        attacks_right: of the team that acts; None where nobody knows.
    """
    side = 0 if attacks_right is None else 1 if attacks_right else -1
    return tuple(name for name, zone in ZONES.items() if zone.inside(x, y, pitch, side))
