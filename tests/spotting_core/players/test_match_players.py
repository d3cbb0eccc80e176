"""Everybody of the demo match, placed, and what happens where something is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.analyses.match_cameras import MatchCameras, match_cameras
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import AWAY, HOME, MatchPlayers, Role
from spotting_core.entities.placed_truth import true_people
from spotting_core.entities.table import EntityTable
from spotting_core.evaluation.people import people_figures
from spotting_core.formats.field_calibration import pitch_of
from spotting_core.inference.replay_run import labels_beside
from spotting_core.media.source import open_match
from spotting_core.players.match_players import match_players
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.long
DEMO = REPOSITORY / "assets" / "demo_match"


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis.open(DEMO / "analysis")


@pytest.fixture(scope="module")
def cameras() -> MatchCameras | None:
    return match_cameras(labels_beside(open_match(DEMO)), [])


@pytest.fixture(scope="module")
def calibrations(analysis: Analysis) -> list[Calibration]:
    return match_calibrations(open_match(DEMO), [analysis])


@pytest.fixture(scope="module")
def demo(analysis: Analysis, cameras: MatchCameras | None, calibrations: list[Calibration]) -> MatchPlayers:
    kits = read_json(DEMO / "meta.json")["kits"]
    home, away = (tuple(kits[side]["main"]) for side in ("home", "away"))
    return match_players(
        open_match(DEMO), analysis, calibrations, cameras=cameras, pitch=pitch_of(DEMO), kits=(home, away)
    )


def test_people_of_the_demo_are_found_and_of_the_right_team(demo: MatchPlayers, analysis: Analysis) -> None:
    true = true_people(DEMO, demo.size)
    truth, found = [], []
    for half in analysis.halves:
        placed = demo.at(half.half)
        for time, frame in zip(half.times.tolist(), half.frames.tolist(), strict=True):
            if (half.half, time) in demo.calibrations:
                truth.append(true.get((half.half, frame), []))
                found.append(placed[time])
    figures = people_figures(truth, found)
    assert figures.recall > 0.75
    assert figures.precision > 0.9
    assert figures.team_accuracy > 0.85
    assert np.median(figures.distances) < 0.6


def test_everybody_is_on_the_pitch_or_close_by_and_sample_by_sample_one_of_a_track(demo: MatchPlayers) -> None:
    assert all(abs(p.x) <= demo.pitch.length / 2 + 3 and abs(p.y) <= demo.pitch.width / 2 + 3 for p in demo.placed)
    keys = [(p.half, p.time, p.track) for p in demo.placed]
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys)


def test_replays_are_gaps(demo: MatchPlayers, cameras: MatchCameras | None) -> None:
    assert cameras is not None
    assert cameras.replays
    for replay in cameras.replays:
        assert not [p for p in demo.placed if p.half == replay.half and replay.start <= p.time < replay.end]


def test_each_half_has_tracks_of_its_own_and_some_are_told_unseen(demo: MatchPlayers) -> None:
    first, second = ({p.track for p in demo.placed if p.half == half and p.role is not Role.BALL} for half in (1, 2))
    assert not first & second
    assert 0 < np.mean([not p.seen for p in demo.placed]) < 0.1


def test_swapping_exchanges_the_teams(demo: MatchPlayers) -> None:
    other = demo.swapped()
    assert sum(p.team == HOME for p in other.placed) == sum(p.team == AWAY for p in demo.placed)
    assert other.kits is not None
    assert demo.kits == (other.kits[1], other.kits[0])


def test_shirts_that_fit_neither_team_leave_home_a_guess_and_it_is_said(
    demo: MatchPlayers, analysis: Analysis, calibrations: list[Calibration]
) -> None:
    assert not demo.home_is_guess
    white = (255, 255, 255)
    some = few(analysis, 900)
    found = match_players(
        open_match(DEMO), analysis, calibrations, entities=some, pitch=pitch_of(DEMO), kits=(white, white)
    )
    assert found.home_is_guess
    assert any("The shirts that were given fit neither team." in note for note in found.notes)


def test_places_beside_the_pitch_are_told(analysis: Analysis, calibrations: list[Calibration]) -> None:
    aside = Homography(np.array([[1, 0, 0.0], [0, 1, 0.0], [0, 0, 1]]) @ np.diag([0.01, 0.01, 1]))  # from 0 to 100 m
    wrong = [replace(c, homography=aside) if c.homography is not None else c for c in calibrations]
    found = match_players(open_match(DEMO), analysis, wrong, entities=few(analysis, 60), pitch=pitch_of(DEMO))
    assert any("sightings lie beside the pitch" in note for note in found.notes)


def test_without_a_calibration_one_sentence_says_so(analysis: Analysis) -> None:
    with pytest.raises(BadInputError, match="no picture of this match has a calibration"):
        match_players(open_match(DEMO), analysis, [Calibration(1, 0, None, 0.1)])


def few(analysis: Analysis, most: int) -> dict[int, EntityTable]:
    """The first rows of each half's entities."""
    tables = {}
    for half in analysis.halves:
        table = half.entities
        assert table is not None
        rows = slice(0, most)
        tables[half.half] = replace(
            table, sample=table.sample[rows], entity=table.entity[rows], score=table.score[rows], box=table.box[rows],
            embedding=table.embedding[rows], kept=None, weight=None,
        )  # fmt: skip
    return tables


def test_a_match_of_few_people_has_no_teams_and_says_so(analysis: Analysis, calibrations: list[Calibration]) -> None:
    found = match_players(open_match(DEMO), analysis, calibrations, entities=few(analysis, 60), pitch=pitch_of(DEMO))
    assert "The two teams could not be told apart by their kits, so nobody has a team." in found.notes
    assert {p.team for p in found.placed} == {""}
    nobody = match_players(open_match(DEMO), analysis, calibrations, entities=few(analysis, 0), pitch=pitch_of(DEMO))
    assert nobody.placed == ()
