"""Spots that lie in replays where their reviewers have left them, which may be elsewhere than a model has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import replay_marks
from spotting_core.domain.spots import Spot
from spotting_core.store.reviews import OPEN, STANDING, ReviewedSpot

SpotAndReview = tuple[Spot, ReviewedSpot | None]


def placed(spot: Spot, review: ReviewedSpot | None) -> Spot:
    """A spot where, and of the class that, its reviewer has left it."""
    return replace(spot, half=review.half, time=review.time, label=review.label) if review else spot


def reviewed_marks(
    spots: Sequence[SpotAndReview], cameras: MatchCameras | None, is_sure: Callable[[Spot], bool]
) -> list[str]:
    """What each spot is to the replays (``replay_marks``).

    What a reviewer holds to be true shows an action, and of what nobody has judged that which is sure enough.
    """
    left = [placed(spot, review) for spot, review in spots]
    standing = [
        spot
        for spot, (_, review) in zip(left, spots, strict=True)
        if (review.state in STANDING if review and review.state != OPEN else is_sure(spot))
    ]
    return replay_marks(left, cameras, standing)
