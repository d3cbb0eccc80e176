"""Spots of a match that lie in replays, by the cameras as reviewers have left them."""

from __future__ import annotations

from collections.abc import Sequence

from app.library.cameras import standing_cameras
from app.library.library import Match
from app.state import shared_camera_reviews, shared_library
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import counts, replay_marks
from spotting_core.domain.spots import Spot


def cameras_of(match: Match) -> MatchCameras | None:
    """The cameras of a match as reviewers have left them; None where nothing is known of them."""
    return standing_cameras(match, shared_library().layers(match), shared_camera_reviews())


def counted(match: Match, spots: Sequence[Spot], choice: str, *, held: bool) -> list[Spot]:
    """Those of some spots that count, each of which stands.

    Arguments:
        held: whether reviewers hold them to be true.
    """
    marks = replay_marks(spots, cameras_of(match), spots)
    return [spot for spot, mark in zip(spots, marks, strict=True) if counts(mark, choice, held=held)]
