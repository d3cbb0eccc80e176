"""A match of another sport: dives with a class table of their own, from the folder of videos to clips of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card, write_card
from spotting_core.models.load import load_model
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, library_page, match_page, texts, view
from tests.app.views.test_clips_view import clips_page
from tests.app.views.test_search_view import only
from tests.conftest import small_model
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

DIVES = load_classes("finediving")
SPOTS = [Spot(1, 1_000_000, "Entry", 0.9), Spot(3, 2_000_000, "Entry", 0.8)]
REFUSED = (
    "this folder holds 3 videos, a match has at most 2. By their names some are pieces of dive, which touchline join "
    "makes one video; those of extra time are to be named ET1 and ET2."
)


def dive_model(folder: Path) -> Path:
    """A model whose class table is of its own: dives by another name, on a clock of time."""
    small_model(folder, classes=DIVES.names)
    write_card(folder, replace(read_card(folder), class_table="tower"))
    (folder / "tower.csv").write_text(asset("classes", "finediving.csv").read_text())
    (folder / "tower.parts.toml").write_text(Parts("jump", "jumps").as_toml())
    return folder


@pytest.fixture
def dives(tmp_path: Path) -> Path:
    """A folder of three videos of three seconds."""
    folder = tmp_path / "dives"
    folder.mkdir()
    for number in (1, 2, 3):
        make_video(folder / f"dive{number}.mp4", steady(75), first=1000 * number)
    return folder


@pytest.fixture
def match(dives: Path, library: Library) -> Match:
    return library.add("dives", DIVES)


def analysed(dives: Path, data: DataDirectory, spots: Sequence[Spot] = SPOTS) -> Analysis:
    return make_analysis(open_match(dives), data, spots, classes=DIVES)


# --- football -----------------------------------------------------------------------------------------


def test_a_match_of_football_with_three_videos_is_refused_in_the_app(dives: Path, library: Library) -> None:
    with pytest.raises(BadInputError, match="holds 3 videos, a match has at most 2"):
        library.add("dives")
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("dives").run()
    assert not at.exception
    [error] = at.error
    assert REFUSED in error.value


def test_a_model_of_football_does_not_analyse_three_videos(dives: Path, data: DataDirectory, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds 3 videos, a match has at most 2"):
        analyse_match(open_match(dives), load_model(small_model(tmp_path / "m")), data)


# --- dives --------------------------------------------------------------------------------------------


def test_three_dives_are_analysed_by_a_model_with_a_table_of_its_own(dives: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = touchline(
        "analyze", dives, "--model", dive_model(tmp_path / "m"), "--out", out, "--json", tmp_path / "a.json"
    )
    assert done.returncode == 0, done.stderr
    assert "jump 1 is dive1.mp4, jump 2 is dive2.mp4, jump 3 is dive3.mp4, by the order of their names" in done.stderr
    assert "hal" not in done.stderr
    assert {s["half"] for s in json.loads((tmp_path / "a.json").read_text())["spots"]} <= {1, 2, 3}
    analysis = Analysis.open(out)
    assert [h.half for h in analysis.halves] == [1, 2, 3]
    assert analysis.classes.parts == Parts("jump", "jumps")
    assert analysis.clock(3, 2_480_000, 2) == "jump 3 00:02.48"
    with pytest.raises(BadInputError, match="this match has no jump 4"):
        analysis.half(4)


def test_the_doctor_takes_the_parts_of_the_model(dives: Path, tmp_path: Path) -> None:
    done = touchline("doctor", dives, "--model", dive_model(tmp_path / "m"))
    assert "Jump 3  dive3.mp4: 00:03" in done.stdout
    assert "very short" not in done.stdout


def test_the_match_view_is_told_what_a_match_consists_of(match: Match, dives: Path, data: DataDirectory) -> None:
    analysed(dives, data)
    at = match_page(match=match.id, half="3", t="2", **{"class": "Entry"}).run()
    assert not at.exception
    payload = component_data(at)
    assert payload["parts"] == {
        "name": "dive", "between": "", "length": None, "extraLength": None, "regular": None, "frames": True,
        "teams": False,
    }  # fmt: skip
    assert [(h["half"], h["frameRate"]) for h in payload["halves"]] == [(1, 25.0), (2, 25.0), (3, 25.0)]
    assert payload["start"]["half"] == 3


def test_a_clip_of_the_third_dive_is_cut(dives: Path, data: DataDirectory, tmp_path: Path) -> None:
    analysed(dives, data)
    out = tmp_path / "out"
    done = touchline("clips", dives, "--half", 3, "--before", 0.4, "--after", 0.4, "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in out.iterdir()) == ["01_entry_dive-3-frame-50.mp4", "manifest.csv"]
    assert ",3,dive 3 frame 50,Entry," in (out / "manifest.csv").read_text()


def test_marks_and_parts_that_a_match_cannot_have_are_refused(dives: Path, data: DataDirectory, tmp_path: Path) -> None:
    analysed(dives, data)
    done = touchline("clips", dives, "--half", 4, "--out", tmp_path / "out")
    assert "this match has no dive 4" in done.stderr
    video = make_video(tmp_path / "a.mp4", steady(50))
    done = touchline("clips", video, "--mark", "3 00:00-00:01", "--out", tmp_path / "out")
    assert "there is no half 3. Its number counts from 1 to 2." in done.stderr


def test_the_desk_speaks_of_dives(match: Match, dives: Path, data: DataDirectory) -> None:
    analysed(dives, data)
    at = clips_page(match=match.id).run()
    assert not at.exception
    assert component_data(at)["parts"]["name"] == "dive"


def test_dives_are_found_without_teams(
    match: Match, dives: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.library.library.DEMO", dives / "none")
    analysed(dives, data)
    at = view("search").run()
    assert not at.exception
    clocks = [row["clock"] for row in component_data(at, -1)["errors"]]
    assert sorted(clocks) == ["dive 1 frame 25", "dive 3 frame 50"]
    pills = {p.label: p.options for p in at.get("button_group") if p.label}
    assert pills["Dive"] == ["1", "2", "3"]
    assert "Team" not in pills


def test_beside_football_dives_keep_their_clock(match: Match, dives: Path, data: DataDirectory) -> None:
    analysed(dives, data)
    at = only(view("search").run(), match)
    assert not at.exception
    assert sorted(row["clock"] for row in component_data(at)["errors"]) == ["dive 1 frame 25", "dive 3 frame 50"]
    pills = {p.label: p.options for p in at.get("button_group") if p.label}
    assert pills["Part"] == ["1", "2", "3"]
    assert "Team" in pills


def test_dives_are_counted_without_teams(match: Match, dives: Path, data: DataDirectory) -> None:
    analysed(dives, data)
    at = view("statistics", match=match.id).run()
    assert not at.exception
    text = texts(at)
    assert "How often? " in text
    assert "spots in 0:09 of video" in text
    assert not any(word in text for word in ("by whom", "presses", "team"))
