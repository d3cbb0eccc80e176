"""Clips in the Review view and in the Match view, without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.state import shared_batches
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from spotting_core.store.clip_reviews import CLIP, ClipReviews, clips_of, origin_of_clip
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, OPEN, REJECTED, Reviews
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, match_page, texts, view
from tests.app.views.test_review_view import taken
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SPOTS = [Spot(1, 20_000_000, "Foul", 0.55), Spot(1, 21_000_000, "Throw-in", 0.5), Spot(1, 50_000_000, "Goal", 0.9)]
LENGTH = 90_000_000


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    video = make_video(tmp_path / "a.mp4", steady(180, rate=2.0))
    make_analysis(open_match(video), data, SPOTS)
    return library.add(str(video))


@pytest.fixture
def reviews(data: DataDirectory) -> ClipReviews:
    return ClipReviews(open_database(data))


def watch(reviews: ClipReviews, match: Match, clip: Stretch) -> None:
    reviews.change(match.id, origin_of_clip(clip), clip, ACCEPT, "Ann", 0)


def test_clips_are_asked_for_with_their_reasons(match: Match, reviews: ClipReviews) -> None:
    at = view("review", of="clips").run()
    rows = component_data(at)["errors"]
    assert "0 of 6 clips watched" in texts(at)
    assert rows[0]["clock"] == "00:15–00:30"
    assert rows[0]["text"] == "between Foul and Throw-in, a"
    assert "clip=1-15" in rows[0]["link"]
    assert sum("the model sees nothing here" in row["text"] for row in rows) == 4
    watch(reviews, match, Stretch(1, CLIP, 2 * CLIP))
    at.run()
    assert "1 of 6 clips watched" in texts(at)
    assert [row["kind"] for row in component_data(at)["errors"]].count("reviewed") == 1


def test_others_are_asked_for_and_in_the_end_those_that_were_left(
    match: Match, library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    second = make_video(tmp_path / "b.mp4", steady(400, rate=2.0), first=700)
    make_analysis(open_match(second), data, SPOTS)
    library.add(str(second))
    at = view("review", of="clips").run()
    first = {row["link"].split("batch=")[0] for row in component_data(at)["errors"]}
    at.button[0].click().run()
    others = {row["link"].split("batch=")[0] for row in component_data(at)["errors"]}
    assert len(first) == 12
    assert others
    assert not first & others
    at.button[0].click().run()
    assert {row["link"].split("batch=")[0] for row in component_data(at)["errors"]} & first


def test_a_match_that_is_labelled_or_watched_is_not_asked_for(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    folder = tmp_path / "labelled"
    folder.mkdir()
    make_video(folder / "1_180p.mp4", steady(180, rate=2.0))
    write_labels(folder / "Labels-v2.json", SPOTS)
    make_analysis(open_match(folder), data, SPOTS)
    library.add(str(folder))
    at = view("review", of="clips").run()
    assert component_data(at)["errors"] == []
    assert "There is no clip left to ask for" in component_data(at)["empty"]


def test_where_there_is_but_the_demo_that_is_said(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    at = view("review", of="clips").run()
    assert "no match yet but the demo, which is labelled. Add one" in component_data(at)["empty"]
    assert "clips watched" not in texts(at)
    library.add(str(make_video(tmp_path / "a.mp4", steady(180, rate=2.0))))
    assert "No match but the demo, which is labelled, is analysed." in component_data(at.run())["empty"]


def test_the_match_view_shows_the_clips_of_the_batch(match: Match, reviews: ClipReviews) -> None:
    at = view("review", of="clips").run()
    name = component_data(at)["errors"][0]["link"].partition("batch=")[2]
    assert shared_batches().get(name) is not None
    watch(reviews, match, Stretch(1, 0, CLIP))
    given = component_data(match_page(match=match.id, clip="1-15", batch=name).run())["askedClips"]
    assert given["chosen"] == "1-15000000-"
    assert [clip["start"] for clip in given["asked"]] == [0, 15, 30, 45, 60, 75]
    assert given["asked"][1]["why"] == "between Foul and Throw-in"
    assert given["queue"] == f"review?of=clips&by=margin&batch={name}"
    assert [(r["id"], r["state"], r["revision"]) for r in given["reviews"]] == [("1-0-", "accepted", 1)]


@pytest.mark.parametrize("word", ["", "x", "1-", "7-15", "1-99999999999999999999"])
def test_an_address_that_names_no_clip_asks_for_none(match: Match, word: str) -> None:
    given = component_data(match_page(match=match.id, clip=word, batch="gone").run())["askedClips"]
    assert given["asked"] == []
    assert given["chosen"] is None


def test_a_clip_can_be_named_by_any_moment_in_it(match: Match) -> None:
    given = component_data(match_page(match=match.id, clip="1-89").run())["askedClips"]
    assert given["asked"] == [{"id": "1-75000000-", "half": 1, "start": 75.0, "end": 90.0, "why": ""}]
    assert clips_of(1, LENGTH)[-1] == Stretch(1, 75_000_000, LENGTH)


def test_what_is_said_of_a_clip_is_kept_and_taken_back(match: Match, library: Library, reviews: ClipReviews) -> None:
    folder = str(library.analyses(match)[0].folder)

    def tell(*actions: dict[str, object]) -> None:
        event = json.dumps({"author": "Ann", "actions": list(actions)})
        AppTest.from_function(taken, args=(match.id, folder, event), default_timeout=240).run()

    said = {"n": 1, "of": "clip", "kind": "accept", "id": "1-15000000-", "revision": 0}
    tell(said)
    assert reviews.watched(match.id) == [Stretch(1, CLIP, 2 * CLIP)]
    tell(said, {"n": 2, "of": "clip", "kind": "undo", "id": "1-15000000-", "revision": 0})
    assert reviews.watched(match.id) == []


def test_open_spots_are_rejected_as_one_change_and_what_another_has_changed_is_left_alone(
    match: Match, library: Library, data: DataDirectory
) -> None:
    folder, spots = str(library.analyses(match)[0].folder), Reviews(open_database(data))

    def tell(author: str, *actions: dict[str, object]) -> AppTest:
        event = json.dumps({"author": author, "actions": list(actions)})
        return AppTest.from_function(taken, args=(match.id, folder, event), default_timeout=240).run()

    ids = [row[0] for row in component_data(match_page(match=match.id).run())["spots"]]
    many = {
        "n": 1,
        "of": "spot",
        "kind": "reject-many",
        "id": None,
        "revision": 0,
        "ids": [[name, 0] for name in ids[:2]],
    }
    tell("Ann", many)
    assert [r.state for r in spots.of_match(match.id)] == [REJECTED, REJECTED]
    tell("Ann", many, {"n": 2, "of": "spot", "kind": "undo", "id": None, "revision": 0})
    assert [r.state for r in spots.of_match(match.id)] == [OPEN, OPEN]
    at = tell("Bob", many)  # seen before Ann changed them
    [problem] = at.session_state["review_problems"]
    assert problem["mine"] == "reject of 2 spots"
    assert "All others are rejected" in problem["text"]
    assert [r.state for r in spots.of_match(match.id)] == [OPEN, OPEN]
