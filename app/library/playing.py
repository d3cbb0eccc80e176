"""Where play is in the matches of a library, by what is at hand: nobody waits for players to be worked out here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.library.cameras import unreviewed_cameras
from app.library.library import Match
from app.library.placing import already_placed, kept_key, placing_stamp
from app.library.roots import source_of
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.media.fingerprint import joint_hash
from spotting_core.players.kept_players import KeptPlayers
from spotting_core.players.play import half_play
from spotting_core.players.spot_places import MatchPlay


def play_stamp(match: Match, analysis: Analysis, layers: Sequence[Analysis], data: DataDirectory) -> str:
    """Changes with all that decides where play is, and once players have been worked out; reads no calibration."""
    stamp = placing_stamp(match, analysis, layers)
    return joint_hash([stamp, kept_key(stamp, data) or ""])


def match_play(
    match: Match, analysis: Analysis, layers: Sequence[Analysis], players: KeptPlayers | None
) -> MatchPlay | None:
    """Where play is in a match; None where it has no calibrations, or none that can be read: that is said where they
    are shown.

    Arguments:
        layers: of the match, of every task; players: where they have been worked out.
    """
    calibrations = match_calibrations_or_none(match, analysis, layers)
    if not calibrations:
        return None
    cameras = unreviewed_cameras(match.path, layers)
    times = {half.half: np.asarray(half.times) for half in analysis.halves}
    play = {
        half: half_play(half, own, None if players is None else players.of_half(half), calibrations, cameras)
        for half, own in times.items()
    }
    teams = players is not None and not players.home_is_guess  # else which club a team is would be guessed
    left = players.home_left if players is not None and teams else {}
    return MatchPlay(times, play, calibrations[0].pitch or Pitch(), left, teams)


def match_calibrations_or_none(
    match: Match, analysis: Analysis, layers: Sequence[Analysis]
) -> list[Calibration] | None:
    """The calibrations of a match; None where they cannot be read, which is said where they are shown.

    Arguments:
        layers: of the match, of every task.
    """
    try:
        return match_calibrations(source_of(match.path), [analysis, *layers])
    except TouchlineError:
        return None


def play_at_hand(match: Match, analysis: Analysis, layers: Sequence[Analysis], data: DataDirectory) -> MatchPlay | None:
    """Where play is, with players where they are kept already."""
    return match_play(match, analysis, layers, already_placed(placing_stamp(match, analysis, layers), data))
