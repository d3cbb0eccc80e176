"""A part without a video hides nothing of the others."""

from __future__ import annotations

from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.preflight.time_scale import check_against_lengths


def test_spots_past_the_end_are_told_beside_parts_without_a_video() -> None:
    spots = [Spot(1, 2_000_000, "Goal"), Spot(1, 30_000_000, "Foul"), Spot(2, 1, "Goal"), Spot(3, 1, "Goal")]
    findings = check_against_lengths(spots, {1: 10_000_000}, load_classes().parts)
    assert [f.what for f in findings] == [
        "half 2 has spots and no video",
        "half 3 has spots and no video",
        "spots lie past the end of the video",
    ]
    assert findings[-1].evidence.startswith("1 of 2 spots lie past the end of their video, Foul of half 1 at 30 s")
