"""Placing players in the background: no one waits, failures are told, and teams have colours that differ."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from app.library import placing
from app.library.library import Library, Match, kits
from app.library.placing import PlayerPlacing, moved_apart, placing_stamp, team_colours
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.players.kept_players import ROW, KeptPlayers

NOBODY = KeptPlayers(np.zeros(0, ROW), None, ())


def demo_of(library: Library) -> tuple[Match, Analysis]:
    demo = library.demo()
    assert demo is not None
    return demo, library.analyses(demo)[0]


def wait_for_all() -> None:
    for thread in threading.enumerate():
        if thread.name == "player-placing":
            thread.join(timeout=30)


@pytest.mark.usefixtures("fresh")
def test_nobody_waits_and_it_is_worked_out_once(
    library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, calls = threading.Event(), []

    def slowly(*arguments: object) -> KeptPlayers:
        calls.append(arguments)
        go_on.wait(30)
        return NOBODY

    monkeypatch.setattr(placing, "placed", slowly)
    monkeypatch.setattr(placing, "PATIENCE", 0.01)
    players, (demo, analysis) = PlayerPlacing(library, data), demo_of(library)
    assert players.players(demo, analysis) is None
    assert players.players(demo, analysis) is None
    go_on.set()
    wait_for_all()
    assert players.players(demo, analysis) is NOBODY
    assert len(calls) == 1


@pytest.mark.usefixtures("fresh")
def test_why_nobody_can_be_placed_is_said_each_time(
    library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fail(*_: object) -> KeptPlayers:
        calls.append(1)
        raise BadInputError("no picture of this match has a calibration")

    monkeypatch.setattr(placing, "placed", fail)
    players, (demo, analysis) = PlayerPlacing(library, data), demo_of(library)
    for _ in range(2):
        with pytest.raises(BadInputError, match="has a calibration"):
            players.players(demo, analysis)
        wait_for_all()
    assert len(calls) == 1


def test_shirts_are_moved_apart_along_the_line_between_them() -> None:
    assert moved_apart((200, 20, 20), (20, 20, 200)) == ((200, 20, 20), (20, 20, 200))
    assert moved_apart((100, 100, 100), (100, 100, 100)) == ((100, 100, 100), (100, 100, 100))
    assert moved_apart((130, 100, 70), (100, 100, 110)) == ((169, 100, 18), (61, 100, 162))  # 3.6 times as far


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("main", [3, 10**18, 2**70, [300, 0, 0], [1, 2], "red", None, [0.5, 1, 2]])
def test_shirts_that_are_no_colours_are_not_known(main: object, tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text(json.dumps({"kits": {"home": {"main": main}, "away": {"main": [1, 2, 3]}}}))
    assert kits(tmp_path) == (None, None)


def test_another_file_of_calibrations_changes_the_stamp(library: Library, tmp_path: Path) -> None:
    demo, analysis = demo_of(library)
    folder = tmp_path / "match"
    folder.mkdir()
    match, layers = Match(**{**vars(demo), "path": folder}), [analysis]
    (folder / "1_field_calib_ccbv.json").write_text("{}")
    before = placing_stamp(match, layers[0], layers)
    (folder / "1_field_calib_a.json").write_text("{}")
    assert placing_stamp(match, layers[0], layers) != before


def test_known_shirts_count_before_those_found(library: Library) -> None:
    demo, _ = demo_of(library)
    found = KeptPlayers(NOBODY.rows, ((200, 20, 20), (20, 20, 200)), ())
    assert team_colours(demo, found) == ("#17D13F", "#DD3FBB")
    elsewhere = Match(**{**vars(demo), "path": demo.path / "analysis"})
    assert team_colours(elsewhere, found) == ("#C81414", "#1414C8")
    assert team_colours(elsewhere, NOBODY) is None
