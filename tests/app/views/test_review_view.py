"""Review and search without a browser: what the views are given and take, the queue, and what comes of it."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.views.export import export_bytes, export_document, left_out_sentence
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.selection import Clip
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.formats import labels_v2, registry
from spotting_core.media.source import open_match
from spotting_core.search.rows import fingerprint, rows_of
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, ACCEPTED, REJECT, Reviews, origin_of
from spotting_core.store.selections import Selections
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SPOTS = [Spot(1, 2_000_000, "Corner", 0.9), Spot(1, 4_000_000, "Foul", 0.6), Spot(1, 5_000_000, "Red card", 0.4)]


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    video = make_video(tmp_path / "a.mp4", steady(70, rate=10))
    make_analysis(open_match(video), data, SPOTS)
    return library.add(str(video))


@pytest.fixture
def analysis(match: Match, library: Library) -> Analysis:
    return library.analyses(match)[0]


@pytest.fixture
def reviews(data: DataDirectory) -> Reviews:
    return Reviews(open_database(data))


def judged(reviews: Reviews, match: Match, analysis: Analysis, label: str, action: str) -> None:
    spot = next(s for s in analysis.spots() if s.label == label)
    reviews.change(match.id, origin_of(spot, analysis.record.model["sha256"]), spot, action, "Ann", 0)


def taken(match_id: str, folder: str, event: str) -> None:
    """A page that takes what a reviewer did."""
    import json
    from pathlib import Path

    from app.state import shared_library
    from app.views.review_actions import take_actions
    from spotting_core.analyses.analysis import Analysis

    library_match = shared_library().get(match_id)
    assert library_match is not None
    take_actions(library_match, Analysis.open(Path(folder)), json.loads(event))


def test_actions_are_taken_once_and_in_order(match: Match, analysis: Analysis, reviews: Reviews) -> None:
    corner, foul = analysis.spots()[:2]
    actions = [
        {"n": 1, "of": "spot", "kind": "accept", "id": f"1-{corner.time}-Corner", "revision": 0},
        {"n": 2, "of": "spot", "kind": "move", "id": f"1-{foul.time}-Foul", "revision": 0, "half": 2, "seconds": 4.2},
        {"n": 3, "of": "spot", "kind": "team", "id": f"1-{corner.time}-Corner", "revision": 1, "team": "home"},
        {"n": 4, "of": "spot", "kind": "reject", "id": "1-99-Foul", "revision": 0},
    ]
    event = json.dumps({"author": "Ann", "actions": actions})
    at = AppTest.from_function(taken, args=(match.id, str(analysis.folder), event))
    assert not at.run().exception
    at.run()  # the same actions again: they have been done
    by_label = {r.label: r for r in reviews.of_match(match.id)}
    assert set(by_label) == {"Corner", "Foul"}
    assert (by_label["Corner"].state, by_label["Corner"].team, by_label["Corner"].revision) == (ACCEPTED, "home", 2)
    assert (by_label["Foul"].half, by_label["Foul"].time, by_label["Foul"].revision) == (2, 4_200_000, 1)
    assert at.session_state[f"review_seen/{match.id}"] == 4
    assert at.session_state["review_problems"] == []


def corner_and_foul(analysis: Analysis) -> str:
    """What a reviewer did to two spots, in one go."""
    corner, foul = analysis.spots()[:2]
    names = {s.label: f"1-{s.time}-{s.label}" for s in (corner, foul)}
    actions = [
        {"n": 1, "of": "spot", "kind": "accept", "id": names["Corner"], "revision": 0},
        {"n": 2, "of": "spot", "kind": "reject", "id": names["Foul"], "revision": 0},
        {"n": 3, "of": "spot", "kind": "team", "id": names["Corner"], "revision": 1, "team": "home"},
    ]
    return json.dumps({"author": "Ann", "actions": actions})


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    """The next rejections end in an error that nobody expects of the store."""
    change, left = Reviews.change, [times]

    def changed(self: Reviews, *arguments: Any, **values: Any) -> Any:
        if arguments[3] == REJECT and left[0]:
            left[0] -= 1
            raise error
        return change(self, *arguments, **values)

    monkeypatch.setattr(Reviews, "change", changed)


def test_an_action_that_fails_for_an_unforeseen_reason_is_told_and_keeps_no_other_from_being_done(
    match: Match, analysis: Analysis, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, KeyError("no such thing"), 99)
    at = AppTest.from_function(taken, args=(match.id, str(analysis.folder), corner_and_foul(analysis)))
    assert not at.run().exception
    assert [(p["mine"], "nobody foresaw" in p["text"]) for p in at.session_state["review_problems"]] == [(REJECT, True)]
    assert at.session_state[f"review_seen/{match.id}"] == 3
    at.run()  # it is sent again
    [corner] = reviews.of_match(match.id)
    assert [r.action for r in reviews.history(corner.id)] == ["accept", "team"]
    assert at.session_state["review_problems"] == []


def test_what_the_database_did_not_take_is_taken_when_it_is_sent_again_and_nothing_else_twice(
    match: Match, analysis: Analysis, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, OperationalError("update", {}, Exception("database is locked")), 1)
    at = AppTest.from_function(taken, args=(match.id, str(analysis.folder), corner_and_foul(analysis)))
    assert not at.run().exception
    assert at.session_state[f"review_seen/{match.id}"] == 1
    assert "it is sent again" in at.session_state["review_problems"][0]["text"]
    at.run()
    history = {r.label: [h.action for h in reviews.history(r.id)] for r in reviews.of_match(match.id)}
    assert history == {"Corner": ["accept", "team"], "Foul": ["reject"]}
    assert at.session_state[f"review_seen/{match.id}"] == 3
    assert at.session_state["review_problems"] == []


def test_the_workspace_is_told_what_reviewers_said(match: Match, analysis: Analysis, reviews: Reviews) -> None:
    judged(reviews, match, analysis, "Corner", ACCEPT)
    reviews.add(match.id, Spot(1, 1_000_000, "Goal", team="away"), "Ben")
    payload = component_data(view("match", match=match.id).run())
    by_author = {r["author"]: r for r in payload["reviews"]}
    assert by_author["Ann"]["id"] in {s[0] for s in payload["spots"]}
    assert by_author["Ben"]["id"].startswith("added/")
    assert (by_author["Ben"]["state"], by_author["Ben"]["team"], by_author["Ben"]["confidence"]) == (
        "added",
        "away",
        None,
    )


def test_the_queue_offers_what_is_open_and_opens_the_player(match: Match, analysis: Analysis, reviews: Reviews) -> None:
    judged(reviews, match, analysis, "Foul", REJECT)
    at = view("review").run()
    assert not at.exception
    rows = [r for r in component_data(at)["errors"] if f"match={match.id}" in r["link"]]
    assert rows[0]["short"] == "Red card"  # the rarest and most doubtful; the demo match's spots follow
    assert "Foul" not in [r["short"] for r in rows]
    assert "uncertainty 0.97" in rows[0]["text"]
    assert "class=Red+card" in rows[0]["link"]
    assert any("1 judged" in h.value for h in at.get("html"))


@pytest.fixture
def moved(match: Match, analysis: Analysis, reviews: Reviews, data: DataDirectory) -> Analysis:
    """Another analysis of the same model, in which what was reviewed lies a little elsewhere."""
    judged(reviews, match, analysis, "Corner", ACCEPT)
    judged(reviews, match, analysis, "Foul", REJECT)
    elsewhere = [replace(s, time=s.time + 230_000) for s in SPOTS]
    again = make_analysis(open_match(match.path), data, elsewhere, name="again")
    os.utime(again.folder / ANALYSIS_FILE, (0, 0))  # the first, which is used
    return again


def test_reviews_stay_with_spots_that_have_moved(match: Match, moved: Analysis, reviews: Reviews) -> None:
    payload = component_data(view("match", match=match.id).run())
    assert payload["analysis"].endswith(moved.folder.name)
    names = {s[0]: payload["classes"][s[3]]["name"] for s in payload["spots"]}
    assert {names[r["id"]]: r["state"] for r in payload["reviews"]} == {"Corner": "accepted", "Foul": "rejected"}


def test_spots_that_have_moved_are_not_asked_again(moved: Analysis, library: Library) -> None:
    demo = library.demo()
    assert demo is not None
    of_demo = library.analyses(demo)[0].spots(Spotting(threshold=0.05))
    count = sum((s.confidence or 0) >= 0.3 for s in of_demo) + 1  # and the red card
    assert any(f"{count} open, 2 judged" in h.value for h in view("review").run().get("html"))


def test_a_spot_that_has_moved_is_found_once_and_as_it_was_judged(
    match: Match, moved: Analysis, analysis: Analysis, reviews: Reviews
) -> None:
    rows = rows_of(match.id, match.title, moved, reviews.of_match(match.id)).to_pylist()
    assert sorted((r["label"], r["state"]) for r in rows) == [
        ("Corner", "accepted"), ("Foul", "rejected"), ("Red card", "open"),
    ]  # fmt: skip
    known = reviews.of_match(match.id)
    assert fingerprint(moved, known) != fingerprint(analysis, known)


def test_what_is_done_to_a_spot_that_has_moved_is_done_to_its_review(
    match: Match, moved: Analysis, reviews: Reviews
) -> None:
    corner = next(s for s in moved.spots() if s.label == "Corner")
    name = f"1-{corner.time}-Corner"
    actions = [{"n": 1, "of": "spot", "kind": "team", "id": name, "revision": 1, "team": "home"}]
    at = AppTest.from_function(
        taken, args=(match.id, str(moved.folder), json.dumps({"author": "Ben", "actions": actions}))
    )
    assert not at.run().exception
    by_label = {r.label: r for r in reviews.of_match(match.id)}
    assert set(by_label) == {"Corner", "Foul"}
    assert (by_label["Corner"].state, by_label["Corner"].team, by_label["Corner"].author) == (
        ACCEPTED,
        "home",
        "Ben",
    )
    stale = [{**actions[0], "n": 2}]  # somebody else has changed it since
    at = AppTest.from_function(
        taken, args=(match.id, str(moved.folder), json.dumps({"author": "Cid", "actions": stale}))
    )
    at.run()
    assert [p["id"] for p in at.session_state["review_problems"]] == [name]


def test_reviewed_spots_are_exported_as_labels(
    match: Match, analysis: Analysis, reviews: Reviews, tmp_path: Path
) -> None:
    judged(reviews, match, analysis, "Corner", ACCEPT)
    judged(reviews, match, analysis, "Foul", REJECT)
    reviews.add(match.id, Spot(1, 1_000_000, "Goal", team="away"), "Ben")
    form = registry.format_named(labels_v2.FORM)
    document = export_document(match, analysis, reviews.standing(match.id))
    path = tmp_path / "Labels-v2.json"
    path.write_bytes(export_bytes(document, form, analysis.classes))
    read = labels_v2.read_labels(path)
    assert [(s.label, s.team, round(s.time, -4)) for s in read] == [
        ("Goal", "away", 1_000_000),
        ("Corner", "unknown", 2_000_000),
    ]


def test_reviewed_spots_and_selections_are_clipped_from_the_command_line(
    match: Match, analysis: Analysis, reviews: Reviews, data: DataDirectory, tmp_path: Path
) -> None:
    judged(reviews, match, analysis, "Corner", ACCEPT)
    done = touchline("clips", match.path, "--reviewed", "--out", tmp_path / "r", "--before", 0.2, "--after", 0.2)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in sorted((tmp_path / "r").glob("*.mp4"))] == ["01_corner_00-02.mp4"]
    selections = Selections(open_database(data))
    made = selections.make(match.id, [Clip(1, 0, 300_000, "Foul"), Clip(1, 0, 200_000, "Goal")], {}, "Two")
    assert selections.named(match.id)[0].id == made.id
    done = touchline("clips", match.path, "--selection", "Two", "--out", tmp_path / "s")
    assert done.returncode == 0, done.stderr
    assert [p.name for p in sorted((tmp_path / "s").glob("*.mp4"))] == ["01_foul_00-00.mp4", "02_goal_00-00.mp4"]
    done = touchline(
        "clips",
        match.path,
        "--selection",
        "Two",
        "--class",
        "Goal",
        "--mark",
        "1 00:01-00:01.2",
        "--out",
        tmp_path / "m",
        "--slow",
        0.5,
        "--caption",
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "m" / "manifest.csv").open(encoding="utf-8", newline="")))
    assert [(r["class"], r["speed"], r["caption"]) for r in rows] == [("Goal", "0.5", "Goal"), ("Mark", "0.5", "Mark")]
    done = touchline("clips", match.path, "--selection", "Three", "--out", tmp_path / "t")
    assert done.returncode == 2
    assert "Selections: Two" in done.stderr.replace("\n", " ")


def test_an_export_of_reviews_says_what_it_leaves_out_and_where() -> None:
    parts = load_classes().parts
    unjudged = [Spot(1, 0, "Goal"), Spot(1, 1, "Foul"), Spot(2, 0, "Goal")]
    sentence = left_out_sentence(unjudged, 2, parts)
    assert sentence.startswith("Left out: 3 spots that nobody has reviewed (2 in half 1, 1 in half 2) and 2 rejected.")
    assert left_out_sentence(unjudged[:1], 0, parts).startswith(
        "Left out: 1 spot that nobody has reviewed (1 in half 1)."
    )
    assert left_out_sentence([], 1, parts) == "Left out: 1 rejected."
    assert left_out_sentence([], 0, parts) == ""


def test_the_export_dialog_counts_what_is_left_out(
    match: Match, analysis: Analysis, reviews: Reviews, data: DataDirectory
) -> None:
    judged(reviews, match, analysis, "Corner", ACCEPT)
    judged(reviews, match, analysis, "Foul", REJECT)

    def script() -> None:
        import streamlit as st

        from app.state import shared_library
        from app.views import export, shown

        match = next(m for m in shared_library().matches() if m.path.name == "a.mp4")
        analysis = shared_library().analyses(match)[0]
        st.session_state["threshold"] = 0.3
        export.export_dialog(match, analysis, shown.final_spots(match, analysis))

    at = AppTest.from_function(script, default_timeout=240).run()
    assert not at.exception
    kind = next(g for g in at.button_group if "Reviewed" in g.options)
    kind.select("Reviewed").run()
    captions = [c.value.replace("\\", "") for c in at.caption]
    assert any("1 spot that nobody has reviewed (1 in half 1) and 1 rejected" in c for c in captions), captions


def test_what_competes_for_one_moment_is_asked_once(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    source = make_video(tmp_path / "cards.mp4", steady(120, rate=10))
    cards = [
        Spot(1, 6_000_000, "Red card", 0.4),
        Spot(1, 6_500_000, "Yellow card", 0.6),
        Spot(1, 1_000_000, "Foul", 0.5),
    ]
    make_analysis(open_match(source), data, cards)
    match = library.add(str(source))
    at = view("review").run()
    assert not at.exception
    rows = [r for r in component_data(at)["errors"] if f"match={match.id}" in r["link"]]
    assert "Red card" not in [r["short"] for r in rows]
    assert "0.60, or Red card 0.40, uncertainty" in next(r["text"] for r in rows if r["short"] == "Yellow card")
