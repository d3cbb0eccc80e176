"""The cameras of a match without camera labels: they come from models, say so, and are reviewed like labels."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

import app.library.cameras as cameras_module
from app.library.cameras import standing_cameras, unreviewed_cameras
from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.grounding_table import FILE_NAME as GROUNDINGS
from spotting_core.formats.labels_cameras import FILE_NAME, write_shots
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, ACCEPTED, REJECT, REJECTED
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis, make_groundings, make_shots
from tests.app.pages import component_data, texts, view
from tests.app.views.test_camera_review_view import take
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

CAMERAS = load_classes("soccernet-cameras").names
MAIN, CLOSE = CAMERAS[:2]
SECOND = 1_000_000
SHOTS = [
    Shot(1, 0, 2 * SECOND, MAIN, False, None, 0.9),
    Shot(1, 2 * SECOND, 6 * SECOND, CLOSE, True, None, 0.4),
    Shot(1, 6 * SECOND, 7 * SECOND, MAIN, False, None, 0.7),
]
CORNER = Link(1, 1 * SECOND, "Corner")


@pytest.fixture
def match(library: Library, data: DataDirectory, tmp_path: Path) -> Match:
    """Seven seconds, of which a model says that four are a replay, and another one that they show the corner."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_720p.mp4", steady(70, rate=10))
    source = open_match(folder)
    make_analysis(source, data, [Spot(1, CORNER.time, "Corner", 0.9)])
    make_shots(source, data, SHOTS)
    make_groundings(source, data, [Grounding(1, 2 * SECOND, 6 * SECOND, (Candidate(CORNER, 0.8),))])
    return library.add(str(folder))


@pytest.fixture
def analysis(match: Match, library: Library) -> Analysis:
    return library.analyses(match)[0]


def cameras_shown(match: Match) -> dict:
    return component_data(view("match", match=match.id).run())["cameras"]


def test_without_labels_the_models_say_which_camera_is_on(match: Match) -> None:
    payload = cameras_shown(match)
    assert payload["source"] == "camera model"
    rows = [(half, label, replay, link, sure) for _, half, _, label, _, replay, link, sure, *_ in payload["changes"]]
    shown = {"half": 1, "seconds": 1.0, "label": "Corner"}
    assert rows == [
        (1, 0, False, None, pytest.approx(0.9, abs=1e-3)),
        (1, 1, True, shown, pytest.approx(0.4, abs=1e-3)),
        (1, 0, False, None, pytest.approx(0.7, abs=1e-3)),
    ]
    doubts = [row[8] for row in payload["changes"]]
    assert max(range(3), key=lambda n: doubts[n]) == 1


def test_a_models_change_is_reviewed_under_its_own_name_and_keeps_its_review_when_it_moves(
    match: Match, analysis: Analysis, library: Library, data: DataDirectory
) -> None:
    names = [row[0] for row in cameras_shown(match)["changes"]]
    take(match, analysis, [
        {"n": 1, "of": "camera", "kind": ACCEPT, "id": names[0], "revision": 0},
        {"n": 2, "of": "camera", "kind": REJECT, "id": names[1], "revision": 0},
        {"n": 3, "of": "camera", "kind": ACCEPT, "id": names[2], "revision": 7},
    ])  # fmt: skip
    store = CameraReviews(open_database(data))
    reviews = store.of_match(match.id)
    prefixes = {r.origin.partition("/")[0] for r in reviews}
    assert prefixes.isdisjoint({"labels-cameras", "added"})
    assert {(r.source, r.state) for r in reviews} == {("camera model", ACCEPTED), ("camera model", REJECTED)}
    layers = library.layers(match)
    assert [s.label for s in unreviewed_cameras(match.path, layers).shots] == [MAIN, CLOSE, MAIN]
    standing = standing_cameras(match, layers, store)
    assert [(s.label, s.replay) for s in standing.shots] == [(MAIN, False), (MAIN, False)]  # the rejected one is gone
    # The same model again, whose first change comes half a sample earlier: it still is the one that was accepted.
    make_shots(
        open_match(match.path), data, [Shot(1, 0, 1_900_000, MAIN, False), Shot(1, 1_900_000, 7 * SECOND, CLOSE, True)]
    )
    [row, *_] = cameras_shown(match)["changes"]
    [review] = [r for r in cameras_shown(match)["reviews"] if r["state"] == ACCEPTED]
    assert review["id"] == row[0]


def test_labels_come_first_and_what_was_said_of_a_model_does_not_count_twice(
    match: Match, analysis: Analysis, data: DataDirectory
) -> None:
    names = [row[0] for row in cameras_shown(match)["changes"]]
    take(match, analysis, [{"n": 1, "of": "camera", "kind": ACCEPT, "id": names[0], "revision": 0}])
    write_shots(
        match.path / FILE_NAME, [Shot(1, 0, 2 * SECOND, MAIN, False), Shot(1, 2 * SECOND, 7 * SECOND, CLOSE, False)]
    )
    payload = cameras_shown(match)
    assert payload["source"] == "labels"
    assert [row[7] for row in payload["changes"]] == [None, None]
    assert payload["reviews"] == []


def test_labels_that_cannot_be_read_give_way_to_the_model(match: Match) -> None:
    (match.path / FILE_NAME).write_text("{")
    at = view("match", match=match.id).run()
    assert not at.exception
    assert component_data(at)["cameras"]["source"] == "camera model"
    assert any("camera label file" in toast.value for toast in at.toast)


def test_labels_that_may_not_be_read_count_as_none_and_say_so(match: Match, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = [Shot(1, 0, 4 * SECOND, MAIN, False), Shot(1, 4 * SECOND, 7 * SECOND, CLOSE, True)]
    write_shots(match.path / FILE_NAME, shots)
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.name == FILE_NAME:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        at = view("match", match=match.id).run()
        assert not at.exception
        assert component_data(at)["cameras"]["source"] == "camera model"
        assert any("camera label file cannot be read (Permission denied)" in toast.value for toast in at.toast)
        assert not view("statistics", match=match.id).run().exception
    assert cameras_shown(match)["source"] == "labels"  # it may be read again, and has not changed since


@pytest.mark.parametrize("content", [None, b"", b"no array", b"short"])
@pytest.mark.parametrize("name", ["scores.npy", "times.npy", "replay.npy"])
def test_a_damaged_layer_of_shots_is_passed_over_in_every_view(
    match: Match, library: Library, name: str, content: bytes | None
) -> None:
    layer = next(layer for layer in library.layers(match) if layer.record.task == "shots")
    path = layer.halves[0].folder / name
    if content is None:
        path.unlink()
    elif content == b"short":
        np.save(path, np.load(path)[:-1])
    else:
        path.write_bytes(content)
    without = content is None and name == "replay.npy"  # a model may say nothing of replays
    assert cameras_shown(match)["source"] == ("camera model" if without else "")


def test_damaged_layers_break_no_view_and_no_clips(match: Match, library: Library, tmp_path: Path) -> None:
    for layer in library.layers(match)[1:]:
        for path in layer.halves[0].folder.iterdir():
            path.unlink()
    for name in ("library", "match", "search", "statistics"):
        assert not view(name, match=match.id).run().exception
    done = touchline("clips", match.path, "--out", tmp_path / "out", "--before", 1, "--after", 0.5)
    assert done.returncode == 0, done.stderr


def test_damaged_groundings_leave_the_shots_as_they_are(match: Match, library: Library) -> None:
    layer = next(layer for layer in library.layers(match) if layer.record.task == "replays")
    (layer.halves[0].folder / GROUNDINGS).write_bytes(b"PAR1")
    payload = cameras_shown(match)
    assert payload["source"] == "camera model"
    assert [row[6] for row in payload["changes"]] == [None, None, None]


def test_the_cameras_of_a_large_library_are_read_once(
    match: Match, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, joined = library.layers(match), []
    monkeypatch.setattr(cameras_module, "match_cameras", lambda labels, *_: joined.append(labels))
    paths = [tmp_path / f"game{number}" for number in range(200)]
    for path in paths:
        path.mkdir()
        (path / "1_720p.mp4").touch()
        write_shots(path / FILE_NAME, [Shot(1, 0, SECOND, MAIN, False)])
    for path in [*paths, *paths]:
        unreviewed_cameras(path, layers)
    assert len(joined) == len(paths)


def test_a_labelled_replay_without_a_link_gets_the_action_that_a_model_proposes(match: Match) -> None:
    shots = [Shot(1, 0, 4 * SECOND, MAIN, False), Shot(1, 4 * SECOND, 6 * SECOND, CLOSE, True)]
    write_shots(match.path / FILE_NAME, shots)
    _, replay = cameras_shown(match)["changes"]
    assert replay[6] is None
    assert replay[9:] == [False, {"half": 1, "seconds": 1.0, "label": "Corner"}]


def test_layers_of_other_tasks_say_so_and_do_not_stand_beside_the_shown_one(match: Match, library: Library) -> None:
    assert len(library.layers(match)) == 3
    at = view("match", match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    assert not at.exception
    (choice,) = [choice for choice in at.radio if choice.label == "Spots shown"]
    assert [option.rpartition(", ")[2] for option in choice.options][1:] == ["camera shots", "replay grounding"]
    assert ", " not in choice.options[0]
    assert not [choice for choice in at.selectbox if choice.label == "Beside it"]


def test_what_models_doubt_of_cameras_and_replays_is_asked_for_in_the_review_view(
    match: Match, analysis: Analysis
) -> None:
    rows = component_data(view("review", of="cameras").run())["errors"]
    shown = [(row["clock"], row["text"], row["link"]) for row in rows]
    link = f"match?match={match.id}&half=1&t={{}}&tab=cameras"
    assert shown == [
        ("00:05", f"{CLOSE} 0.40, replay of Corner at 00:01 0.80, {match.title}", link.format("5.750")),
        ("00:07", f"{MAIN} 0.70, {match.title}", link.format("7.000")),
        ("00:01", f"{MAIN} 0.90, {match.title}", link.format("1.750")),
    ]
    name = cameras_shown(match)["changes"][1][0]
    take(match, analysis, [{"n": 1, "of": "camera", "kind": ACCEPT, "id": name, "revision": 0}])
    page = view("review", of="cameras").run()
    assert "2 open, 1 judged" in texts(page)
    assert [row["clock"] for row in component_data(page)["errors"]] == ["00:07", "00:01"]
