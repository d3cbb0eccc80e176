"""Which analysis of a match is used: the chosen model's, else the first; one that is made later takes no other's place."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.searching.index import bring_up_to_date
from app.state import shared_camera_reviews, shared_reviews, shared_search
from app.views.replayed import cameras_of
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import Shot
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis, make_shots
from tests.app.pages import component_data, library_page, match_page, texts, view

pytestmark = pytest.mark.usefixtures("fresh")

FIRST = [Spot(1, 2_000_000, "Goal", 0.9), Spot(1, 8_000_000, "Corner", 0.8)]
SECOND = [Spot(1, 5_000_000, "Foul", 0.7)]


def made(match: Match, data: DataDirectory, name: str, spots: list[Spot], age: int) -> Analysis:
    """An analysis by a model of a name, made so many seconds ago."""
    analysis = make_analysis(open_match(match.path), data, spots, name, name, bare=True)
    at = (analysis.folder / ANALYSIS_FILE).stat().st_mtime - age
    os.utime(analysis.folder / ANALYSIS_FILE, (at, at))
    return analysis


@pytest.fixture
def first(match: Match, data: DataDirectory) -> Analysis:
    return made(match, data, "first", FIRST, 100)


@pytest.fixture
def second(match: Match, data: DataDirectory, first: Analysis) -> Analysis:
    return made(match, data, "second", SECOND, 50)


def used_everywhere(match: Match, library: Library, data: DataDirectory, tmp_path: Path) -> set[str]:
    """Names of the models that are used of a match, over all places that use one."""
    names = {component_data(match_page(match=match.id).run())["model"], library.layers(match)[0].record.model["name"]}
    searched = bring_up_to_date(shared_search(), library, shared_reviews(), shared_camera_reviews(), data)
    names.add(searched.analyses[match.id].record.model["name"])
    by_spots = {"Goal": "first", "Corner": "first", "Foul": "second"}
    clips = component_data(view("clips", match=match.id).run())["clips"]
    names |= {by_spots[clip["label"]] for clip in clips}
    names |= {name for name in by_spots.values() if f'"tl-cap">{name}</div>' in texts(library_page().run())}
    out = tmp_path / "cut"
    done = touchline("clips", match.path, "--out", out, "--before", 1, "--after", 0.5, "--overwrite")
    assert done.returncode == 0, done.stderr
    names |= {model for label, model in by_spots.items() if any(label.lower() in f.name.lower() for f in out.iterdir())}
    return names


def test_a_later_analysis_takes_no_others_place_until_it_is_chosen(
    match: Match, library: Library, data: DataDirectory, tmp_path: Path, second: Analysis
) -> None:
    assert used_everywhere(match, library, data, tmp_path) == {"first"}
    at = match_page(match=match.id)
    at.session_state["analysis"] = str(second.folder)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    next(b for b in at.button if b.label == "Use for this match everywhere").click().run()
    assert not at.exception
    shutil.rmtree(tmp_path / "cut")
    assert used_everywhere(match, library, data, tmp_path) == {"second"}
    made(match, data, "third", FIRST, 0)
    assert library.analyses(match)[0].folder == second.folder


def test_the_review_asks_of_the_used_analysis(
    match: Match, library: Library, second: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.views.review._SHOWN", 1000)

    def asked() -> list[str]:
        rows = component_data(view("review").run())["errors"]
        return [row["short"] for row in rows if match.title in row["text"]]

    assert sorted(asked()) == ["Corner", "Goal"]
    library.choose(match, second)
    assert asked() == ["Foul"]


def test_where_the_chosen_analysis_goes_away_the_first_is_used_and_that_is_said(
    match: Match, library: Library, first: Analysis, second: Analysis
) -> None:
    library.choose(match, second)
    assert "no analysis of it any more" not in texts(library_page().run())
    shutil.rmtree(second.folder)
    word = "second, which was chosen for this match, has no analysis of it any more; first is used instead."
    data = component_data(match_page(match=match.id).run())
    assert data["model"] == "first"
    assert word in data["notice"]
    assert word in texts(library_page().run())
    done = touchline("clips", match.path, "--out", match.path.parent / "cut", "--before", 1, "--after", 0.5)
    assert "which was chosen for this match" in done.stderr.replace("\n", " ")


def test_what_ends_while_the_match_is_open_is_told_of_and_nothing_else_changes(
    match: Match, data: DataDirectory, first: Analysis
) -> None:
    at = match_page(match=match.id).run()
    before = component_data(at)
    assert before["ready"] is None
    second = made(match, data, "second", SECOND, 0)
    at.run()
    after = component_data(at)
    assert after["ready"] == {"layer": second.folder.name, "name": "second"}
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"ready"}
    assert component_data(match_page(match=match.id).run())["ready"] is None  # who comes later sees what there is


def test_what_is_on_screen_stays_when_somebody_chooses_another(
    match: Match, library: Library, first: Analysis, second: Analysis
) -> None:
    at = match_page(match=match.id).run()
    library.choose(match, second)
    at.run()
    assert component_data(at)["model"] == "first"
    assert component_data(match_page(match=match.id).run())["model"] == "second"


def test_a_later_layer_of_shots_takes_no_others_place_either(
    match: Match, library: Library, data: DataDirectory, first: Analysis
) -> None:
    source = open_match(match.path)
    for name, age in (("one", 100), ("other", 0)):
        layer = make_shots(source, data, [Shot(1, 0, 9_000_000, "Main camera center", False)], name)
        at = (layer.folder / ANALYSIS_FILE).stat().st_mtime - age
        os.utime(layer.folder / ANALYSIS_FILE, (at, at))
    cameras = cameras_of(match)
    assert cameras is not None
    assert cameras.source == "one"
    library.choose(match, next(one for one in library.layers(match) if one.record.model["name"] == "other"))
    again = cameras_of(match)
    assert again is not None
    assert again.source == "other"


def test_of_two_analyses_by_one_model_the_word_tells_which(match: Match, data: DataDirectory, first: Analysis) -> None:
    at: AppTest = match_page(match=match.id).run()
    pictures = ("e" * 64, lambda times: np.zeros((len(times), 4)))  # found by another vision-language model
    again = make_analysis(open_match(match.path), data, SECOND, "again", "first", pictures, bare=True)
    at.run()
    moment = datetime.fromtimestamp((again.folder / ANALYSIS_FILE).stat().st_mtime)
    assert component_data(at)["ready"]["name"] == f"first (made {moment:%H:%M})"
