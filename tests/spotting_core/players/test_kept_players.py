"""Players that are kept: what is written is read again, and another calibration is another key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import BALL_TRACK, MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.players.kept_players import KeptPlayers, kept_players, players_key

SEEN = Placed(
    2, 500_000, 7, Role.GOALKEEPER, "away", 0.75, -50.5, 3.25, 0.5, 0.875, (0.25, 0.5, 0.375, 0.75), (1, 2, 3)
)
TOLD = Placed(2, 0, 9, Role.PLAYER, "home", 1.0, 10.0, -20.0, 1.5, 0.25)
BALL = Placed(1, 1_000_000, BALL_TRACK, Role.BALL, "", 0.0, 0.0, 34.0, 0.25, 0.5, (0.5, 0.5, 0.625, 0.625))
TIMES = (0, 500_000, 1_000_000)
FOUND = MatchPlayers(
    (SEEN, TOLD, BALL),
    2.0,
    Pitch(),
    (398, 224),
    {1: TIMES, 2: TIMES},
    kits=((200, 10, 20), (1, 2, 250)),
    notes=("Hm.",),
)
LOOKS = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))


def make() -> KeptPlayers:
    return KeptPlayers.of(FOUND)


def never() -> KeptPlayers:
    raise AssertionError("it is worked out twice")


def test_rows_are_in_order_of_half_and_sample_with_the_numbers_of_role_and_team() -> None:
    rows = KeptPlayers.of(FOUND).rows
    assert rows["half"].tolist() == [1, 2, 2]
    assert rows["sample"].tolist() == [2, 0, 1]
    assert rows["track"].tolist() == [0, 9, 7]
    assert rows["role"].tolist() == [3, 0, 1]
    assert rows["team"].tolist() == [0, 1, 2]
    assert rows["seen"].tolist() == [True, False, True]
    assert rows["box"].tolist() == [[0.5, 0.5, 0.625, 0.625], [0, 0, 0, 0], [0.25, 0.5, 0.375, 0.75]]
    assert rows["x"].tolist() == [0, 10, -50.5]
    assert KeptPlayers.of(FOUND).of_half(2)["error"].tolist() == [1.5, 0.5]


def test_what_is_kept_is_worked_out_once_and_what_is_damaged_again(data: DataDirectory) -> None:
    made = kept_players("key", data, make)
    again = kept_players("key", data, never)
    assert np.array_equal(again.rows, made.rows)
    assert again.kits == ((200, 10, 20), (1, 2, 250))
    assert again.notes == ("Hm.",)
    data.players("key").write_bytes(b"PK half of an archive")
    assert np.array_equal(kept_players("key", data, make).rows, made.rows)


def test_nobody_is_kept_as_well(data: DataDirectory) -> None:
    kept_players("nobody", data, lambda: KeptPlayers.of(replace(FOUND, placed=(), kits=None)))
    again = kept_players("nobody", data, never)
    assert (len(again.rows), again.kits) == (0, None)


def test_what_cannot_be_worked_out_leaves_nothing_behind(data: DataDirectory) -> None:
    def fail() -> KeptPlayers:
        raise BadInputError("nobody can be placed")

    with pytest.raises(BadInputError, match="nobody can be placed"):
        kept_players("key", data, fail)
    assert list(data.players("key").parent.iterdir()) == []


def test_the_key_changes_with_all_that_decides(demo: Path) -> None:
    analysis = Analysis.open(demo / "analysis")
    looks = [Calibration(1, 0, LOOKS, 0.9), Calibration(1, 500_000, None, 0.1)]
    key = players_key(analysis, looks, None, None)
    assert key == players_key(analysis, list(looks), None, None)
    moved = Homography(LOOKS.matrix + np.diag([0, 1e-9, 0]))
    cameras = MatchCameras((), "labels", {}, {})
    shirts = ((1, 2, 3), (4, 5, 6))
    others = [
        players_key(analysis, [replace(looks[0], homography=moved), looks[1]], None, None),
        players_key(analysis, looks[:1], None, None),
        players_key(analysis, [replace(looks[0], pitch=Pitch(110, 72)), looks[1]], None, None),
        players_key(analysis, looks, None, shirts),
    ]
    assert len({key, *others}) == 5
    assert players_key(analysis, looks, cameras, None) == key  # without a shot nothing ends a track
