"""Addresses tell what is on a page: the sets and the selection of Evaluate, and what is shown of a match."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, view

pytestmark = pytest.mark.usefixtures("fresh")

TRUTH = [Spot(1, 2_000_000, "Goal", visible=True), Spot(1, 5_000_000, "Foul", visible=True)]
FIRST = [Spot(1, 2_200_000, "Goal", 0.9), Spot(1, 9_000_000, "Corner", 0.7)]
SECOND = [Spot(1, 5_100_000, "Foul", 0.8)]


@pytest.fixture
def systems(match: Match, library: Library, data: DataDirectory, tmp_path: Path) -> tuple[Analysis, Analysis]:
    """Two systems over a labelled match."""
    write_labels(tmp_path / "labels.json", TRUTH)
    library.upload_labels(match, "labels.json", (tmp_path / "labels.json").read_bytes())
    source = open_match(match.path)
    return (
        make_analysis(source, data, FIRST, "first", "first", bare=True),
        make_analysis(source, data, SECOND, "second", "second", bare=True),
    )


def words(at: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(at.query_params).items()}


def test_the_address_of_evaluate_gives_another_reader_the_same_page(
    match: Match, systems: tuple[Analysis, Analysis]
) -> None:
    one, other = (f"model:{a.record.identity.key}" for a in systems)
    at = view("evaluate").run()
    at.selectbox(key="evaluate_labels").set_value(match.id).run()
    at.selectbox(key="evaluate_a").set_value(other).run()
    at.selectbox(key="evaluate_b").set_value(one).run()
    at.session_state["evaluate_class"] = "Corner"
    at.number_input(key="evaluate_threshold").set_value(0.3).run()
    assert not at.exception
    told = words(at)
    assert told == {
        "labels": match.id, "a": other, "b": one, "class": "Corner", "threshold": "0.3",
    }  # fmt: skip
    again = view("evaluate", **told, whose="B", kind="False", order="By match time", metric="Official").run()
    assert not again.exception
    assert [again.selectbox(key=f"evaluate_{name}").value for name in ("labels", "a", "b")] == [match.id, other, one]
    assert again.number_input(key="evaluate_threshold").value == 0.3
    table, errors = component_data(again), component_data(again, 1)["errors"]
    assert (table["chosen"], table["two"], "as 0 in the averages" in table["note"]) == ("Corner", True, True)
    assert [(row["kind"], row["short"]) for row in errors] == [("false", "Corner")]  # of B
    assert words(again) == {
        **told, "whose": "B", "kind": "False", "order": "By match time", "metric": "Official",
    }  # fmt: skip


def test_going_back_to_an_address_brings_its_choices_back(match: Match, systems: tuple[Analysis, Analysis]) -> None:
    one, other = (f"model:{a.record.identity.key}" for a in systems)
    at = view("evaluate", labels=match.id, a=one).run()
    at.selectbox(key="evaluate_a").set_value(other).run()
    assert words(at)["a"] == other
    at.query_params["a"] = one
    at.run()
    assert at.selectbox(key="evaluate_a").value == one
    assert component_data(at)["rows"][0]["tight"] is not None


def test_words_that_mean_nothing_are_passed_over(match: Match, systems: tuple[Analysis, Analysis]) -> None:
    at = view("evaluate", labels="nobody", a="nothing", threshold="much", page="x", kind="?", scope="?").run()
    assert not at.exception
    assert at.number_input(key="evaluate_threshold").value == 0.5


def test_the_address_of_a_match_says_whose_spots_are_shown_and_how_they_are_made(
    match: Match, systems: tuple[Analysis, Analysis]
) -> None:
    first, second = systems
    at = view("match", match=match.id)
    at.session_state["analysis"] = str(second.folder)
    for name, value in {"threshold": 0.35, "method": "soft-linear", "windows": {"Goal": 4.0}}.items():
        at.session_state[name] = value
    told = {name: word for name, word in component_data(at.run())["address"].items() if word is not None}
    key = second.record.identity.key
    assert told == {
        "source": f"model:{key}", "threshold": "0.35", "method": "soft-linear", "windows": '{"Goal":4.0}',
    }  # fmt: skip
    again = view("match", match=match.id, **told, thresholds='{"Foul":0.9}').run()
    shown = component_data(again)
    assert (shown["model"], shown["threshold"], shown["thresholds"]) == ("second", 0.35, {"Foul": 0.9})
    assert shown["method"] == "neighbours made less sure, own windows"
    # What is set on the page counts until the address is another one.
    again.session_state["threshold"] = 0.6
    again.session_state["analysis"] = str(first.folder)
    shown = component_data(again.run())
    assert (shown["model"], shown["threshold"]) == ("first", 0.6)
    again.query_params["threshold"] = "0.2"
    assert component_data(again.run())["threshold"] == 0.2
    del again.query_params["threshold"]
    assert component_data(again.run())["threshold"] == 0.5


@pytest.mark.parametrize("word", ["x", "[1]", '{"Goal":"high"}', '{"Goal":7}', "2", "nan"])
def test_settings_that_mean_nothing_are_passed_over(
    match: Match, systems: tuple[Analysis, Analysis], word: str
) -> None:
    names = ("threshold", "thresholds", "windows", "method", "source")
    at = view("match", match=match.id, **dict.fromkeys(names, word)).run()
    assert not at.exception
    shown = component_data(at)
    assert (shown["model"], shown["threshold"], shown["thresholds"]) == ("first", 0.5, {})


@pytest.mark.parametrize("name", ["match", "explain", "clips"])
def test_a_view_that_the_menu_opens_is_of_the_match_that_was_shown(
    name: str, match: Match, systems: tuple[Analysis, Analysis], library: Library
) -> None:
    demo = library.demo()
    assert demo is not None
    assert demo.id != match.id
    at = view(name, match=match.id).run()
    del at.query_params["match"]  # a link of the menu names none
    at.run()
    assert not at.exception
    assert words(at)["match"] == match.id
    library.remove(match)
    at.query_params.clear()
    at.run()
    assert words(at)["match"] == demo.id, "what is not in the library any more is not shown"


def test_the_menu_opens_a_match_as_it_was_left(match: Match, systems: tuple[Analysis, Analysis]) -> None:
    beside = f"model:{systems[1].record.identity.key}"
    arranged = {"threshold": "0.35", "thresholds": '{"Foul":0.9}', "windows": '{"Goal":4.0}', "method": "soft-linear"}
    at = view("match", match=match.id, beside=beside, **arranged).run()
    before = component_data(at)
    at.query_params.clear()  # the menu's link says nothing
    after = component_data(at.run())
    same = ("threshold", "thresholds", "method", "other")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert after["other"] is not None
    assert {name: words(at).get(name) for name in ("match", "beside", *arranged)} == {
        "match": match.id, "beside": beside, **arranged,
    }  # fmt: skip


def test_the_menu_opens_a_match_by_its_own_settings(match: Match, systems: tuple[Analysis, Analysis]) -> None:
    """What was set since in another view does not count, nor does what was taken back."""
    at = view("match", match=match.id, threshold="0.35").run()
    del at.query_params["threshold"]
    at.run()
    at.session_state["threshold"] = 0.8  # of another match
    at.query_params.clear()
    assert component_data(at.run())["threshold"] == 0.5
    assert "threshold" not in words(at)
