"""Review of camera changes without a browser: what the workspace is given, what it takes, and the Export dialog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.views.export import cameras_sentence
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import CHANGE_TYPES, GROUPS
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_cameras
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, ACCEPTED, MOVED
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

CAMERAS = load_classes("soccernet-cameras")
ROWS: list[dict[str, Any]] = [
    {"change_type": "abrupt", "gameTime": "1 - 00:02", "label": CAMERAS.names[0], "position": "2000", "replay": "real-time", "operator": 4},
    {"change_type": "logo", "gameTime": "1 - 00:04", "label": "Cable camera", "position": "4000", "replay": "replay",
     "link": {"half": "1", "time": "00:01", "label": "Corner"}},
]  # fmt: skip
NAMES = [f"1-2000000-{CAMERAS.names[0]}", "1-4000000-Cable camera"]


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    """A match folder with camera labels, one of them of a camera that no table has."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_720p.mp4", steady(70, rate=10))
    (folder / labels_cameras.FILE_NAME).write_text(json.dumps({"UrlLocal": "a/", "annotations": ROWS}))
    make_analysis(open_match(folder), data, [Spot(1, 1_000_000, "Corner", 0.9)])
    return library.add(str(folder))


@pytest.fixture
def analysis(match: Match, library: Library) -> Analysis:
    return library.analyses(match)[0]


@pytest.fixture
def cameras(data: DataDirectory) -> CameraReviews:
    return CameraReviews(open_database(data))


def take(match: Match, analysis: Analysis, actions: list[dict[str, Any]]) -> AppTest:
    def script(match_id: str, folder: str, event: str) -> None:
        import json
        from pathlib import Path

        from app.state import shared_library
        from app.views.review_actions import take_actions
        from spotting_core.analyses.analysis import Analysis

        library_match = shared_library().get(match_id)
        assert library_match is not None
        take_actions(library_match, Analysis.open(Path(folder)), json.loads(event))

    event = json.dumps({"author": "Ann", "actions": actions})
    at = AppTest.from_function(script, default_timeout=60, args=(match.id, str(analysis.folder), event))
    assert not at.run().exception
    return at


def test_the_workspace_is_told_the_changes_and_what_was_said(
    match: Match, analysis: Analysis, cameras: CameraReviews
) -> None:
    take(match, analysis, [{"n": 1, "of": "camera", "kind": ACCEPT, "id": NAMES[0], "revision": 0}])
    payload = component_data(view("match", match=match.id).run())["cameras"]
    assert payload["kinds"] == list(CHANGE_TYPES)
    assert payload["groups"] == GROUPS
    assert set(payload["groups"]) == {c["group"] for c in payload["classes"]}
    names = [c["name"] for c in payload["classes"]]
    assert names == [*CAMERAS.names, "Cable camera"]
    link = {"half": 1, "seconds": 1.0, "label": "Corner"}
    assert payload["source"] == "labels"
    assert payload["changes"] == [
        [NAMES[0], 1, 2.0, 0, "abrupt", False, None, None, None, False, None],
        [NAMES[1], 1, 4.0, len(CAMERAS), "logo", True, link, None, None, False, None],
    ]
    [review] = payload["reviews"]
    assert (review["id"], review["state"], review["revision"], review["author"]) == (NAMES[0], ACCEPTED, 1, "Ann")


def test_actions_of_both_kinds_are_taken_in_order(match: Match, analysis: Analysis, cameras: CameraReviews) -> None:
    added = "added/" + "b" * 32
    link = {"half": 1, "seconds": 1.5, "label": "Corner"}
    spot = analysis.spots()[0]
    at = take(match, analysis, [
        {"n": 1, "of": "camera", "kind": "add", "id": added, "revision": 0, "half": 1, "seconds": 5.1, "label": 2, "change_type": "abrupt"},
        {"n": 2, "of": "camera", "kind": "link", "id": added, "revision": 1, "replay": True, "link": link},
        {"n": 3, "of": "spot", "kind": "accept", "id": f"1-{spot.time}-Corner", "revision": 0},
        {"n": 4, "of": "camera", "kind": "move", "id": NAMES[1], "revision": 0, "half": 1, "seconds": 4.1},
        {"n": 5, "of": "camera", "kind": "accept", "id": NAMES[1], "revision": 0},
        {"n": 6, "of": "camera", "kind": "kind", "id": NAMES[1], "revision": 1, "change_type": "wipe"},
    ])  # fmt: skip
    reviews_by_key = {r.origin: r for r in cameras.of_match(match.id)}
    assert reviews_by_key[added].change.link == labels_cameras.Link(1, 1_500_000, "Corner")
    moved = reviews_by_key[f"labels-cameras/{NAMES[1]}"]
    assert (moved.state, moved.time, moved.revision) == (MOVED, 4_100_000, 1)
    conflict, refused = at.session_state["review_problems"]
    assert (conflict["id"], conflict["mine"]) == (NAMES[1], "accept")
    assert "wipe" in refused["text"]
    assert at.session_state[f"review_seen/{match.id}"] == 6


def test_the_dialog_exports_what_was_judged_and_on_request_the_rest(
    match: Match, analysis: Analysis, cameras: CameraReviews
) -> None:
    take(match, analysis, [{"n": 1, "of": "camera", "kind": ACCEPT, "id": NAMES[0], "revision": 0}])
    at = view("match", match=match.id)
    at.session_state["dialog"] = (match.id, "export")
    at.run()
    assert not at.exception
    at.segmented_control(key="export_what").set_value("Camera changes").run()
    assert any("1 camera change that reviewers accepted" in m.value for m in at.markdown)
    at.checkbox(key="export_unjudged").check().run()
    assert any("and 1 that nobody has judged" in m.value for m in at.markdown)


def test_the_export_says_how_many_annotations_cannot_be_read(match: Match) -> None:
    rows = [*ROWS, {"label": "Public"}, 3]
    (match.path / labels_cameras.FILE_NAME).write_text(json.dumps({"annotations": rows}))
    at = view("match", match=match.id)
    at.session_state["dialog"] = (match.id, "export")
    at.run()
    at.segmented_control(key="export_what").set_value("Camera changes").run()
    assert not any("cannot be read" in caption.value for caption in at.caption)
    at.checkbox(key="export_unjudged").check().run()
    assert any("Written as in the file: 2 annotations that cannot be read." in caption.value for caption in at.caption)


def test_what_the_file_holds_is_said() -> None:
    assert cameras_sentence(0, 0, 0, False) == "0 camera changes that reviewers accepted, moved or added."
    assert cameras_sentence(5, 1, 2, True) == (
        "1 camera change that reviewers accepted, moved or added, and 4 that nobody has judged, as they are. "
        "Left out: 2 rejected."
    )
