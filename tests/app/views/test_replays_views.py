"""Spots in replays in Search, Statistics and Clips: left out unless they are asked for; cameras as a filter and a chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.settings import settings
from app.work.clip_export import CLIPS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.order import Order
from spotting_core.domain.cameras import LABELLED, Link, Shot, change_id, changes_of
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument, CameraEntry, link_extras
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import REPLAY, CameraReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, MOVE, Reviews, origin_of
from spotting_core.store.selections import Selections
from spotting_core.store.tables import SelectionRow
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SECOND = 1_000_000
MAIN, CLOSE = load_classes("soccernet-cameras").names[:2]
GOAL = Link(1, 5 * SECOND, "Goal")
SPOTS = [
    Spot(1, 5 * SECOND, "Goal", 0.9), Spot(1, 12 * SECOND, "Corner", 0.8), Spot(1, 15 * SECOND, "Foul", 0.7),
    Spot(1, 25 * SECOND, "Foul", 0.95), Spot(1, 29 * SECOND, "Goal", 0.6),
]  # fmt: skip


def entry(end: int, label: str, replay: bool = False) -> CameraEntry:
    extras = link_extras(GOAL) if replay else {}
    return CameraEntry(1, end * SECOND, label, "replay" if replay else "real-time", "abrupt", None, extras)


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    """Half a minute: a goal, its replay from 10 to 20 s and another one from 28 s on. The bundled match is taken out."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(300, rate=10))
    document = CameraDocument((entry(10, MAIN), entry(20, CLOSE, True), entry(28, MAIN), entry(30, MAIN, True)))
    (folder / labels_cameras.FILE_NAME).write_bytes(labels_cameras.render(document))
    make_analysis(open_match(folder), data, SPOTS)
    added = library.add(str(folder))
    demo = library.demo()
    assert demo is not None
    return added


def listed(at: AppTest, match: Match) -> list[str]:
    assert not at.exception
    return [row["short"] for row in component_data(at)["errors"] if match.id in row["link"]]


def searched(match: Match, **query: str) -> AppTest:
    at = view("search", **query).run()
    next(w for w in at.multiselect if w.label == "Matches").set_value([match.id])
    return at.run()


def chosen(at: AppTest, label: str) -> Any:
    return next(w for w in at.get("button_group") if w.label == label)


def dialog(match: Match) -> AppTest:
    """The dialog that chooses spots, open at every run."""

    def script(match_id: str) -> None:
        from app.state import shared_library
        from app.views import page
        from app.views.clips_choice import choose_dialog
        from spotting_core.media.source import open_match

        page.register(library=None, match=None, clips=None)
        library = shared_library()
        match = library.get(match_id)
        assert match is not None
        choose_dialog(match, library.analyses(match)[0], library.lengths(open_match(match.path)), {})

    return AppTest.from_function(script, default_timeout=60, args=(match.id,))


def test_search_leaves_replays_out_and_filters_by_the_camera(match: Match) -> None:
    at = searched(match)
    assert listed(at, match) == ["Foul", "Goal"]
    rows = component_data(at)["errors"]
    assert all(row["text"].startswith("Main, ") for row in rows)
    chosen(at, "Replays").set_value("all")
    at.run()
    assert sorted(listed(at, match)) == ["Corner", "Foul", "Foul", "Goal", "Goal"]
    assert at.query_params["replays"] == "all"
    chosen(at, "Cameras").set_value(["close"])
    at.run()
    assert listed(at, match) == ["Corner", "Foul"]
    only = searched(match, replays="only")
    assert sorted(listed(only, match)) == ["Corner", "Foul"]  # no corner and no foul near the goal that is replayed
    assert "seen only in its replay" in component_data(only)["errors"][0]["text"]


def test_what_a_reviewer_confirms_of_a_replay_counts_and_a_replay_that_is_none_hides_nothing(
    match: Match, library: Library, data: DataDirectory
) -> None:
    analysis = library.analyses(match)[0]
    corner = next(s for s in analysis.spots() if s.label == "Corner")
    reviews, cameras = Reviews(open_database(data)), CameraReviews(open_database(data))
    reviews.change(match.id, origin_of(corner, analysis.record.model["sha256"]), corner, ACCEPT, "Ann", 0)
    assert sorted(listed(searched(match), match)) == ["Corner", "Foul", "Goal"]
    [change] = changes_of([Shot(1, 28 * SECOND, 30 * SECOND, MAIN, True, "abrupt")], {(1, 30 * SECOND): GOAL})
    cameras.change(match.id, f"{LABELLED}/{change_id(change)}", change, REPLAY, "Ann", 0, replay=False)
    assert sorted(listed(searched(match), match)) == ["Corner", "Foul", "Goal", "Goal"]


def marks_listed(match: Match) -> dict[str, str]:
    """What the Match view says of each spot and of what was added, by class and second of the model or the reviewer."""
    payload = component_data(view("match", match=match.id).run())
    names = [c["name"] for c in payload["classes"]]
    ids = {row[0] for row in payload["spots"]}
    listed = {f"{names[label]} {seconds:.0f}": mark for _, _, seconds, label, _, mark in payload["spots"]}
    added = {f"{names[r['label']]} {r['seconds']:.0f}": r["replayed"] for r in payload["reviews"] if r["id"] not in ids}
    return listed | added


def test_a_spot_is_marked_where_its_reviewer_has_left_it(match: Match, library: Library, data: DataDirectory) -> None:
    assert marks_listed(match) == {
        "Goal 5": "", "Corner 12": "only", "Foul 15": "only", "Foul 25": "", "Goal 29": "replay",
    }  # fmt: skip
    analysis, reviews = library.analyses(match)[0], Reviews(open_database(data))

    def move(label: str, second: int) -> None:
        spot = next(s for s in analysis.spots() if s.label == label)
        origin = origin_of(spot, analysis.record.model["sha256"])
        reviews.change(match.id, origin, spot, MOVE, "Ann", 0, time=second * SECOND)

    move("Corner", 8)  # out of the replay
    move("Goal", 26)  # away from what the replays are linked to
    reviews.add(match.id, Spot(1, 18 * SECOND, "Throw-in"), "Ann")
    reviews.add(match.id, Spot(1, 22 * SECOND, "Throw-in"), "Ann")
    assert marks_listed(match) == {
        "Goal 5": "", "Corner 12": "", "Foul 15": "only", "Foul 25": "", "Goal 29": "only", "Throw-in 18": "only",
        "Throw-in 22": "",
    }  # fmt: skip
    assert sorted(listed(searched(match), match)) == ["Corner", "Foul", "Goal", "Throw-in", "Throw-in"]


def test_statistics_count_what_is_live_and_say_how_long_each_camera_is_on(match: Match) -> None:
    at = view("statistics", match=match.id).run()
    assert not at.exception
    assert at.dataframe[0].value["Goal"].tolist() == ["0–0 (1)"]
    assert "From labels." in texts(at)
    assert "3 in replays are left out." in texts(at)
    at.toggle("statistics_replays").set_value(True).run()
    assert at.dataframe[0].value["Goal"].tolist() == ["0–0 (2)"]
    assert at.query_params["replays"] == "all"
    at.selectbox("statistics_shots").set_value("goal").run()
    assert any("nothing to count" in info.value for info in at.info)


def test_a_reel_has_no_replayed_spots_and_can_have_each_actions_replays(match: Match, data: DataDirectory) -> None:
    at = view("clips", match=match.id).run()
    assert not at.exception
    assert [c["label"] for c in component_data(at)["clips"]] == ["Goal"]
    at = dialog(match).run()
    assert not at.exception
    at.toggle("choose_with_replays").set_value(True).run()
    next(b for b in at.button if b.label == "Take 4 clips").click().run()
    with open_database(data).session() as session:
        [made] = session.scalars(select(SelectionRow.id))
    selection = Selections(open_database(data)).get(made)
    assert selection is not None
    clips = [(c.label, c.start // SECOND, c.caption) for c in selection.clips]
    assert clips == [("Goal", 0, ""), ("Goal", 10, "Goal, replay"), ("Goal", 28, "Goal, replay"), ("Foul", 20, "")]


def test_what_is_found_is_exported_with_its_replays(match: Match) -> None:
    at = searched(match)
    at.query_params["classes"] = "Goal"
    at.run()
    at.toggle("search_with_replays").set_value(True).run()
    next(b for b in at.button if b.label == "Export 1 clip").click().run()
    assert not at.exception
    [job] = JobQueue(open_database(settings().data)).of_match(None, CLIPS.name, 5)
    clips = Order.from_json(job.parameters["order"]).clips
    assert [(c.label, c.start // SECOND, c.match) for c in clips] == [("Goal", s, match.id) for s in (0, 10, 28)]


def test_the_address_brings_replays_into_the_first_clips(match: Match) -> None:
    at = view("clips", match=match.id, replays="all").run()
    assert [c["label"] for c in component_data(at)["clips"]] == ["Goal", "Goal"]
