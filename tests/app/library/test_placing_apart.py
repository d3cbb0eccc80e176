"""Players placed in a process of their own are those of this one; what it gives is checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.library import placing
from app.library.placing import PlacingInput, players_here
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.spots import Spot
from spotting_core.formats.field_calibration import write_published
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.videos import HEIGHT, WIDTH, make_video, steady

ABOVE = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))


@pytest.fixture
def used(data: DataDirectory, tmp_path: Path) -> PlacingInput:
    folder = tmp_path / "a match"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(100, rate=10.0))
    calibrations = [Calibration(1, k * 500_000, ABOVE, 0.9) for k in range(20)]
    write_published(folder / "1_field_calib_ccbv.json", calibrations, WIDTH, HEIGHT, "")
    analysis: Analysis = make_analysis(open_match(folder), data, [Spot(1, 4_000_000, "Foul", 0.9)])
    return PlacingInput.of(open_match(folder), [analysis])


def test_they_are_the_same(used: PlacingInput) -> None:
    here, apart = players_here(used), placing.players_apart(used)
    assert np.array_equal(here.rows, apart.rows)
    assert (here.kits, here.notes, dict(here.home_left)) == (apart.kits, apart.notes, dict(apart.home_left))


def test_players_of_other_files_than_those_asked_for_are_not_kept(used: PlacingInput) -> None:
    other = replace(used, shirts=((200, 0, 0), (0, 0, 200)))
    with pytest.raises(BadInputError, match="files of this match changed while its players were placed"):
        placing.players_apart(other)


def test_what_is_no_players_is_refused(used: PlacingInput, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spotting_core.base.confined_processes.ConfinedProcesses.call", lambda *_, **__: b"\xc1")
    with pytest.raises(BadInputError, match="what was made of the players of this match is none"):
        placing.players_apart(used)
