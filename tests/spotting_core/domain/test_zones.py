"""Zones of a pitch, by places whose zones are known."""

from __future__ import annotations

import pytest

from spotting_core.domain.pitch import Pitch
from spotting_core.domain.zones import zones_of


@pytest.mark.parametrize(
    ("x", "y", "attacks_right", "zones"),
    [
        (0.0, 0.0, True, {"middle-third"}),
        (40.0, 0.0, True, {"last-third", "right-third", "area"}),
        (40.0, 0.0, False, {"own-third", "right-third", "area"}),
        (40.0, 0.0, None, {"right-third", "area"}),
        (-40.0, 30.0, False, {"last-third", "left-third", "near-wing"}),
        (-17.4, -20.2, True, {"middle-third", "far-wing"}),  # a third of 105 m ends at 17.5 m
        (-17.6, -20.1, True, {"own-third", "left-third"}),  # the penalty area is 40.32 m wide
        (-35.9, 0.0, None, {"left-third"}),  # and begins 36 m from the halfway line
    ],
)
def test_a_place_lies_in_its_zones(x: float, y: float, attacks_right: bool | None, zones: set[str]) -> None:
    assert set(zones_of(x, y, Pitch(), attacks_right)) == zones
