"""Roles and teams: what somebody is, from all sightings of a track.

Every sighting speaks by its kit's colours, by the name that the entity model gave it, and by its place; what they say
together is their product (naive Bayes), tempered, for sightings of one track are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotting_core.domain.people import Role
from spotting_core.domain.pitch import Pitch
from spotting_core.players.sightings import PEOPLE, Sightings

FIRST, SECOND, OFFICIAL, KEEPER = range(4)
"""What somebody may be: of the first team, of the second, an official, a goalkeeper."""
SURE = 0.65
"""Probability below which a role or team is unsure."""
_PRIOR = np.log([0.41, 0.41, 0.11, 0.07])  # who is shown, on average
# How often the bundled entity model gives each name of PEOPLE to a player, an official and a goalkeeper (measured on
# the validation matches of simmatch).
_NAMED = {FIRST: (0.927, 0.002, 0.069, 0.002), OFFICIAL: (0.24, 0.01, 0.33, 0.42), KEEPER: (0.11, 0.85, 0.03, 0.01)}
_NAMED[SECOND] = _NAMED[FIRST]
_GOAL = (22.0, 22.0)  # metres from the goal line, and from the axis, within which keepers nearly always are
_TOUCHLINE = 1.0  # metres within which somebody walks along the touchline
_RARELY = -4.0  # log of how rarely a keeper is elsewhere
_LINESMAN = 1.5  # log of how much likelier an official is at the touchline than a player
_INDEPENDENT = 6.0  # sightings of a track that say something new; more of them say it no louder


def sighting_evidence(sightings: Sightings, kits: np.ndarray, pitch: Pitch) -> np.ndarray:
    """Log of how well each sighting goes with each of what somebody may be: float (N, 4).

    Arguments:
        kits: float (N, 3), see ``Kits.densities``; ones where teams are not told apart.
    """
    share = np.maximum(kits / np.maximum(kits.sum(1, keepdims=True), 1e-300), 1e-3)
    colours = np.log(share)[:, [0, 1, 2, 2]]
    at = {name: number for number, name in enumerate(PEOPLE)}
    table = np.log(np.array([_NAMED[group] for group in range(4)]))
    named = table[:, [at[name] for name in sightings.name]].T if len(sightings) else np.zeros((0, 4))
    x, y = np.abs(sightings.place).T
    evidence = colours + named
    evidence[:, KEEPER] += np.where((x > pitch.length / 2 - _GOAL[0]) & (y < _GOAL[1]), 0, _RARELY)
    evidence[:, OFFICIAL] += np.where(y > pitch.width / 2 - _TOUCHLINE, _LINESMAN, 0)
    return np.asarray(evidence)


def track_roles(evidence: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """The probability of what each track is: float (tracks, 4).

    Arguments:
        tracks: int (N,), number of each sighting's track, from 0.
    """
    count = np.bincount(tracks)
    total = np.stack([np.bincount(tracks, column) for column in evidence.T], 1)
    tempered = total * np.minimum(1, _INDEPENDENT / np.maximum(count, 1))[:, None] + _PRIOR
    likely = np.exp(tempered - tempered.max(1, keepdims=True))
    return np.asarray(likely / likely.sum(1, keepdims=True))


@dataclass(frozen=True)
class RoleOfTrack:
    """What a track is taken for.

    Arguments:
        team: 0 or 1; None for officials and where it is unsure.
        confidence: of the team, 0 to 1; of nobody's team 0.
    """

    role: Role
    team: int | None
    confidence: float


def role_of_track(likely: np.ndarray, x: float, left: dict[int, float] | None, half_length: float) -> RoleOfTrack:
    """What a track is taken for, from its probabilities (4,) and where it mostly is.

    Arguments:
        x: metres; left: how sure it is that each team defends the left goal, or None where nobody can tell.
    """
    player = likely[FIRST] + likely[SECOND]
    best = max((player, Role.PLAYER), (likely[OFFICIAL], Role.REFEREE), (likely[KEEPER], Role.GOALKEEPER))
    role = best[1] if best[0] >= SURE else Role.UNSURE
    if role is Role.GOALKEEPER and left is not None and abs(x) > half_length / 2:
        team = int(np.argmax([left[0], left[1]])) if x < 0 else int(np.argmin([left[0], left[1]]))
        sure = left[team] if x < 0 else 1 - left[team]
        return RoleOfTrack(role, team, float(sure)) if sure >= SURE else RoleOfTrack(role, None, 0.0)
    if role is Role.PLAYER:
        team = int(likely[SECOND] > likely[FIRST])
        sure = float(likely[team] / player)
        return RoleOfTrack(role, team, sure) if sure >= SURE else RoleOfTrack(role, None, 0.0)
    return RoleOfTrack(role, None, 0.0)
