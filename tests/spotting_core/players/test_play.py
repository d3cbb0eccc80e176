"""Where play is and whose ball it is: at the ball, else where the camera looks, and nowhere in replays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.cameras import LABELLED, Shot
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.players.kept_players import ROW
from spotting_core.players.play import AT_BALL, IN_VIEW, NOWHERE, half_play
from spotting_core.players.spot_places import ON_MARK, MatchPlay, marks_of, seconds_before

# From above: the pitch of 105 by 68 m in a picture of 120 by 80 m, whose quarters are 60 m apart.
ABOVE = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))
TIMES = np.arange(12) * 500_000


def rows_of(*people: tuple[int, int, int, float, float]) -> np.ndarray:
    """Players by sample, track, team (0 none, 1 home, 2 away), x and y; sure of their team by .9, placed to .5 m."""
    rows = np.zeros(len(people), ROW)
    for row, (sample, track, team, x, y) in zip(rows, people, strict=True):
        row["half"], row["sample"], row["track"], row["team"], row["x"], row["y"] = 1, sample, track, team, x, y
        row["team_confidence"], row["error"], row["seen"] = 0.9, 0.5, True
    return rows


def cameras(*shots: Shot) -> MatchCameras:
    return MatchCameras(shots, LABELLED, {}, {})


def test_play_is_at_the_nearest_ball_of_the_shot_else_where_the_camera_looks() -> None:
    calibrations = [Calibration(1, int(t), ABOVE) for t in TIMES if t != 4_000_000]
    shots = cameras(Shot(1, 0, 2_900_000, "Main camera center", False), Shot(1, 2_900_000, 9_000_000, "x", False))
    play = half_play(1, TIMES, rows_of((4, 0, 0, -30.0, 12.0), (4, 1, 1, 20.0, 0.0)), calibrations, shots)
    assert play["known"].tolist() == [1, 1, 2, 2, 2, 2, 1, 1, 0, 1, 1, 1]  # 3 s is of the next shot, 4 s not calibrated
    assert (play["x"][4], play["y"][4]) == (-30, 12)
    assert play["error"][4] == pytest.approx(0.5)
    assert play["error"][2] == pytest.approx(np.hypot(0.5, 5.0))  # a second away
    assert (play["x"][0], play["y"][0]) == (0, 0)
    assert play["error"][0] == pytest.approx(0.4 * 60)
    # The one who is 51 m away has it as little as nobody.
    assert play["home"][4] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(play["home"][0])


def test_the_ball_is_that_of_who_is_nearest() -> None:
    rows = rows_of((4, 0, 0, 10.0, 0.0), (4, 1, 2, 10.6, 0.0), (4, 2, 1, 14.0, 0.0))
    home = half_play(1, TIMES, rows, [], None)["home"][4]
    # Squared spread: .5² + .5² + 1² m²; nobody weighs as much as somebody three deviations away.
    near, far, nobody = (np.exp(-(0.6**2) / 3), np.exp(-(4.0**2) / 3), np.exp(-4.5))
    assert home == pytest.approx((0.1 * near + 0.9 * far + 0.5 * nobody) / (near + far + nobody), abs=1e-6)


def test_replays_have_no_place() -> None:
    shots = cameras(Shot(1, 0, 2_000_000, "a", False), Shot(1, 2_000_000, 4_000_000, "b", True), Shot(1, 4_000_000, 9_000_000, "a", False))  # fmt: skip
    play = half_play(1, TIMES, rows_of((4, 0, 0, 1.0, 1.0)), [Calibration(1, int(t), ABOVE) for t in TIMES], shots)
    assert play["known"].tolist() == [IN_VIEW] * 4 + [NOWHERE] * 4 + [IN_VIEW] * 4


def match_play(rows: np.ndarray, home_left: dict[int, bool]) -> MatchPlay:
    return MatchPlay({1: TIMES}, {1: half_play(1, TIMES, rows, [], None)}, Pitch(), home_left)


def test_a_shots_team_is_who_had_the_ball_before_and_its_zone_where_that_team_attacks() -> None:
    # A shot at 4 s: a second before, an away player has the ball; then it is with home's goalkeeper.
    rows = rows_of((6, 0, 0, -40.0, 0.0), (6, 1, 2, -40.0, 0.5), (8, 0, 0, -52.0, 0.0), (8, 2, 1, -52.0, 0.2))
    play = match_play(rows, {1: True})
    suggested = play.team(1, 4_000_000, "Shots on target", "soccernet-v2")
    assert suggested is not None
    assert suggested.team == "away"
    assert suggested.confidence == pytest.approx(0.5 + 0.8 * 0.4, abs=0.01)
    place = play.place(1, 4_100_000, "Foul", "soccernet-v2")
    assert place is not None
    assert (place.x, place.at_ball) == (-52, True)
    assert place.error == pytest.approx(np.hypot(0.5, 0.5))  # .1 s from the sample
    assert set(play.zones(1, place, "away")) == {"last-third", "left-third", "area"}
    assert "own-third" in play.zones(1, place, "home")
    assert not {"last-third", "own-third"} & set(match_play(rows, {}).zones(1, place, "away"))


def test_what_the_laws_place_lies_at_the_nearest_mark() -> None:
    rows = rows_of((6, 0, 0, 35.0, -2.0))  # the ball before the restart
    play = match_play(rows, {1: True})
    places = {label: play.place(1, 3_100_000, label, "soccernet-v2") for label in ("Kick-off", "Penalty", "Corner")}
    assert {label: place and (place.x, place.y, place.at_ball) for label, place in places.items()} == {
        "Kick-off": (0, 0, False), "Penalty": (41.5, 0, False), "Corner": (52.5, -34, False),
    }  # fmt: skip
    assert all(place is not None and place.error == ON_MARK for place in places.values())
    assert play.place(1, 9_000_000, "Kick-off", "soccernet-v2") is None  # no picture there: maybe a replay


def test_where_home_is_a_guess_no_team_is_suggested() -> None:
    rows = rows_of((6, 0, 0, -40.0, 0.0), (6, 1, 2, -40.0, 0.5))
    known = match_play(rows, {})
    assert known.team(1, 4_000_000, "Shots on target", "soccernet-v2") is not None
    assert replace(known, teams=False).team(1, 4_000_000, "Shots on target", "soccernet-v2") is None


def test_every_mark_is_of_a_class_of_its_table() -> None:
    from spotting_core.domain.classes import load_classes

    assert set(marks_of("soccernet-v2", Pitch())) < set(load_classes("soccernet-v2").names)
    assert marks_of("soccernet-cameras", Pitch()) == {}


def test_no_team_is_suggested_for_fouls_or_where_nobody_is_near() -> None:
    play = match_play(
        rows_of((6, 0, 0, 0.0, 0.0), (6, 1, 2, 0.3, 0.0), (10, 0, 0, 0.0, 0.0), (10, 1, 2, 30.0, 0.0)), {}
    )
    assert play.team(1, 3_000_000, "Foul", "soccernet-v2") is None
    assert play.team(1, 3_000_000, "Offside", "soccernet-v2") is not None
    assert play.team(1, 5_000_000, "Offside", "soccernet-v2") is None
    assert play.team(2, 3_000_000, "Offside", "soccernet-v2") is None
    assert play.place(1, 9_000_000, "Foul", "soccernet-v2") is None
    assert play.zones(1, None, "home") == ()


def test_every_class_with_seconds_is_one_of_its_table() -> None:
    from spotting_core.domain.classes import load_classes

    assert set(seconds_before("soccernet-v2")) < set(load_classes("soccernet-v2").names)
    assert seconds_before("soccernet-cameras") == {}
    assert AT_BALL == 2  # as the page reads it
