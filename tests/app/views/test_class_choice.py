"""The control of classes on every page that has one, and the filters of Search and Statistics in their addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.state import shared_class_presets, shared_searches
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.search.engine import Query
from spotting_core.store.chosen_models import ChosenModels
from spotting_core.store.database import open_database
from tests.app.made_analysis import make_analysis
from tests.app.pages import class_control, component_data, texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SPOTS = [
    Spot(1, 2_000_000, "Goal", 0.9), Spot(1, 5_000_000, "Red card", 0.8), Spot(1, 9_000_000, "Corner", 0.7),
    Spot(1, 12_000_000, "Foul", 0.35),
]  # fmt: skip


@pytest.fixture
def match(tmp_path: Any, library: Library, data: DataDirectory) -> Match:
    path = make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))
    make_analysis(open_match(path), data, SPOTS)
    return library.add("mine.mp4")


def search(match: Match, **query: str) -> AppTest:
    return view("search", matches=match.id, **query).run()


def found(at: AppTest) -> list[str]:
    return [row["short"] for row in component_data(at)["errors"]]


def test_the_control_is_the_same_on_every_page_and_knows_the_presets(match: Match) -> None:
    shared_class_presets().keep("Mine", ["Goal", "Foul"])
    pages = [search(match), view("statistics", match=match.id).run(), view("clips", match=match.id).run()]
    for at in pages:
        assert not at.exception
        data = class_control(at)
        assert [c["name"] for c in data["classes"]] == list(load_classes().names)
        presets = {p["title"]: (p["labels"], p["own"]) for p in data["presets"]}
        assert presets["Cards"] == (["Yellow card", "Red card", "Yellow->red card"], False)
        assert presets["Mine"] == (["Goal", "Foul"], True)
    assert [class_control(at)["chosen"] for at in pages[:2]] == [[], []]


def test_clips_begin_with_key_moments_say_so_and_can_be_of_all_classes(match: Match) -> None:
    moments = [p["labels"] for p in class_control(view("search").run())["presets"] if p["title"] == "Key moments"]
    at = view("clips", match=match.id).run()
    assert [class_control(at)["chosen"]] == moments
    assert "Key moments" in [block.proto.popover.label for block in at.get("popover")]
    assert "classes" not in at.query_params
    assert [c["label"] for c in component_data(at)["clips"]] == ["Goal", "Red card"]
    at = view("clips", match=match.id, classes="all").run()
    assert class_control(at)["chosen"] == []
    assert [c["label"] for c in component_data(at)["clips"]] == ["Goal", "Red card", "Corner"]
    assert at.query_params["classes"] == "all"
    unknown = view("clips", match=match.id, classes="Homerun").run()
    assert [class_control(unknown)["chosen"]] == moments


def test_classes_of_the_address_are_shown_alone(match: Match) -> None:
    assert found(search(match)) == ["Goal", "Red card", "Corner"]
    at = search(match, classes="Corner~Goal~Homerun")
    assert found(at) == ["Goal", "Corner"]
    assert class_control(at)["chosen"] == ["Goal", "Corner"]
    clips = view("clips", match=match.id, classes="Corner").run()
    assert [c["label"] for c in component_data(clips)["clips"]] == ["Corner"]
    statistics = view("statistics", match=match.id, classes="Red card").run()
    figures = [json.loads(c.proto.spec) for c in statistics.get("plotly_chart")]
    assert {y for trace in figures[0]["data"] for y in trace["y"]} == {"Red card"}


def test_all_classes_chosen_are_no_choice(match: Match) -> None:
    at = search(match, classes="~".join(load_classes().names))
    assert class_control(at)["chosen"] == []
    assert "classes" not in at.query_params


def test_every_filter_of_search_comes_from_its_address(match: Match) -> None:
    at = search(match, confidence="0.3-0.75", words="mine", halves="1", reviewed="open", width="1", minutes="1-1")
    assert found(at) == ["Corner", "Foul"]
    assert at.slider(key="search_confidence").value == (0.3, 0.75)
    assert at.text_input(key="search_words").value == "mine"
    at.slider(key="search_confidence").set_value((0.5, 1.0)).run()
    assert "confidence" not in at.query_params  # the usual one needs no word
    assert found(at) == ["Goal", "Red card", "Corner"]
    for name, word in (
        ("confidence", "a-b"),
        ("confidence", "0.9-0.3"),
        ("minutes", "7"),
        ("halves", "9"),
        ("teams", "both"),
    ):
        again = search(match, **{name: word})
        assert not again.exception
        assert found(again) == ["Goal", "Red card", "Corner"]


def test_a_saved_search_sets_the_filters(match: Match) -> None:
    shared_searches().save("Corners", Query(labels=("Corner",), matches=(match.id,), least=0.4))
    at = view("search").run()
    at.selectbox(key="search_saved").set_value("Corners").run()
    assert not at.exception
    assert found(at) == ["Corner"]
    assert at.query_params["classes"] == "Corner"
    assert at.query_params["confidence"] == "0.4-1"


def test_a_cell_of_the_matrix_is_opened_by_the_address(match: Match) -> None:
    at = search(match, cell="Goal~1")
    assert found(at) == ["Goal"]
    assert "Goal, minutes 1–5: 1 spot in 1 match" in texts(at)
    assert found(search(match, cell="Goal~6")) == ["Goal", "Red card", "Corner"]  # nothing is in it


def test_every_filter_of_statistics_comes_from_its_address(match: Match) -> None:
    at = view("statistics", match=match.id, least="0.75", reviewed="1", shots="main", suggested="1").run()
    assert at.multiselect(key="statistics_matches").value == [match.id]
    assert at.slider(key="statistics_least").value == 0.75
    assert at.toggle(key="statistics_reviewed").value
    assert at.selectbox(key="statistics_shots").value == "main"
    at.toggle(key="statistics_reviewed").set_value(False).run()
    assert "reviewed" not in at.query_params
    at.slider(key="statistics_least").set_value(0.5).run()
    assert "least" not in at.query_params


@pytest.mark.parametrize("name", ["search", "statistics", "review"])
def test_a_chosen_model_that_is_gone_is_told(match: Match, data: DataDirectory, library: Library, name: str) -> None:
    assert "has no analysis of it any more" not in texts(view(name).run())
    library.choose(match, library.analyses(match)[0])
    analysis = library.analyses(match)[0]
    assert ChosenModels(open_database(data)).of_path(match.path)
    make_analysis(open_match(match.path), data, SPOTS, "second", "another")
    (analysis.folder / "analysis.json").unlink()
    assert "made by hand, which was chosen for this match, has no analysis of it any more; another is used" in texts(
        view(name).run()
    )
