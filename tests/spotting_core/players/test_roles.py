"""Roles and teams of tracks."""

from __future__ import annotations

import numpy as np

from spotting_core.domain.people import Role
from spotting_core.domain.pitch import Pitch
from spotting_core.players.kits import COLOURS
from spotting_core.players.roles import role_of_track, sighting_evidence, track_roles
from spotting_core.players.sightings import Sightings


def sightings(names: list[str], places: list[tuple[float, float]]) -> Sightings:
    n = len(names)
    return Sightings(
        np.arange(n),
        np.array(names),
        np.full(n, 0.6),
        np.zeros((n, 4)),
        np.array(places, float),
        np.full(n, 0.3),
        np.full((n, COLOURS), np.nan),
    )


def roles(names: list[str], places: list[tuple[float, float]], kits: list[list[float]]) -> np.ndarray:
    evidence = sighting_evidence(sightings(names, places), np.array(kits, float), Pitch(105, 68))
    return track_roles(evidence, np.zeros(len(names), int))[0]


def test_one_wrong_sighting_does_not_change_a_team() -> None:
    likely = roles(["player"] * 4, [(0, 0)] * 4, [[0.8, 0.1, 0.1]] * 3 + [[0.1, 0.8, 0.1]])
    assert role_of_track(likely, 0, None, 52.5).team == 0
    assert role_of_track(likely, 0, None, 52.5).role is Role.PLAYER


def test_a_referee_wears_another_kit() -> None:
    likely = roles(["referee"] * 4, [(0, 0)] * 4, [[0.05, 0.05, 0.9]] * 4)
    assert role_of_track(likely, 0, None, 52.5).role is Role.REFEREE
    assert role_of_track(likely, 0, None, 52.5).team is None


def test_a_player_named_referee_stays_a_player_by_his_kit() -> None:
    likely = roles(["referee", "player", "player"], [(0, 0)] * 3, [[0.9, 0.05, 0.05]] * 3)
    assert role_of_track(likely, 0, None, 52.5).role is Role.PLAYER


def test_a_goalkeeper_is_of_the_team_that_defends_his_goal() -> None:
    likely = roles(["goalkeeper"] * 3, [(-50, 1)] * 3, [[0.1, 0.1, 0.8]] * 3)
    taken = role_of_track(likely, -50, {0: 0.1, 1: 0.9}, 52.5)
    assert (taken.role, taken.team, taken.confidence) == (Role.GOALKEEPER, 1, 0.9)
    assert role_of_track(likely, 50, {0: 0.1, 1: 0.9}, 52.5).team == 0
    assert role_of_track(likely, -50, {0: 0.5, 1: 0.5}, 52.5).team is None
    assert role_of_track(likely, -50, None, 52.5).team is None


def test_nobody_keeps_a_goal_at_the_centre_spot() -> None:
    likely = roles(["goalkeeper"] * 2, [(0, 0)] * 2, [[0.9, 0.05, 0.05]] * 2)
    assert role_of_track(likely, 0, None, 52.5).role is not Role.GOALKEEPER


def test_where_kits_say_nothing_a_player_has_no_team() -> None:
    taken = role_of_track(roles(["player"] * 3, [(0, 0)] * 3, [[1, 1, 1]] * 3), 0, None, 52.5)
    assert (taken.role, taken.team, taken.confidence) == (Role.PLAYER, None, 0.0)
