"""The cameras of a match as reviewers have left them."""

from __future__ import annotations

import pytest

from spotting_core.analyses.match_cameras import CameraMinutes, MatchCameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import LABELLED, REVIEWERS, CameraChange, Grounding, Link, Shot, group_of, origin_of
from spotting_core.reviewing.cameras import changes_by_origin, reviewed_cameras, reviews_that_count, source_prefix
from spotting_core.reviewing.queue import doubt
from spotting_core.store.camera_reviews import LINK, REPLAY, CameraReviews, ReviewedCamera
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, MOVE, REJECT
from spotting_core.store.tables import MatchRow
from tests.spotting_core.conftest import MATCH

SECOND = 1_000_000
MAIN, CLOSE = "Main camera center", "Close-up player or field referee"
GOAL = Link(1, 2 * SECOND, "Goal")
SOURCES = ("0123456789abcdef", "fedcba9876543210")
SHOTS = (
    Shot(1, 0, 10 * SECOND, MAIN, False, "logo", 0.9),
    Shot(1, 10 * SECOND, 20 * SECOND, CLOSE, True, "logo", 0.6),
    Shot(1, 20 * SECOND, 30 * SECOND, MAIN, False, None, 0.8),
)


def known(sources: tuple[str, ...] = SOURCES, shots: tuple[Shot, ...] = SHOTS) -> MatchCameras:
    end = (1, 20 * SECOND)
    return MatchCameras(shots, "model", {end: GOAL}, {end: Grounding(1, 10 * SECOND, 20 * SECOND)}, sources)


@pytest.fixture
def store(data: DataDirectory) -> CameraReviews:
    database = open_database(data)
    with database.session() as session:
        session.add(MatchRow(id=MATCH, path="/a", title="A v B"))
    return CameraReviews(database)


def review(store: CameraReviews, cameras: MatchCameras, number: int, action: str, **values: object) -> ReviewedCamera:
    change = cameras.changes[number]
    named = changes_by_origin(cameras, store.of_match(MATCH))
    origin = next(name for name, own in named.items() if own == change)
    revision = next((r.revision for r in store.of_match(MATCH) if r.origin == origin), 0)
    return store.change(MATCH, origin, change, action, "Ann", revision, **values)


def test_without_reviews_they_are_as_they_were(store: CameraReviews) -> None:
    cameras = known()
    assert reviewed_cameras(cameras, store.of_match(MATCH)) is cameras
    assert reviewed_cameras(None, []) is None


def test_a_rejected_change_ends_no_shot_and_a_moved_one_ends_it_elsewhere(store: CameraReviews) -> None:
    cameras = known()
    review(store, cameras, 0, REJECT)
    review(store, cameras, 1, MOVE, time=21 * SECOND)
    left = reviewed_cameras(cameras, store.of_match(MATCH))
    assert left is not None
    assert [(s.start, s.end, s.replay) for s in left.shots] == [
        (0, 21 * SECOND, True),
        (21 * SECOND, 30 * SECOND, False),
    ]
    assert left.links == {(1, 21 * SECOND): GOAL}  # the link and what a model said of it go with the shot
    assert set(left.groundings) == {(1, 21 * SECOND)}


def test_what_is_no_replay_shows_nothing_and_what_is_linked_is_one(store: CameraReviews) -> None:
    cameras = known()
    review(store, cameras, 1, REPLAY, replay=False)
    review(store, cameras, 2, LINK, link=GOAL)
    left = reviewed_cameras(cameras, store.of_match(MATCH))
    assert left is not None
    assert [s.replay for s in left.shots] == [False, False, True]
    assert left.links == {(1, 30 * SECOND): GOAL}
    store.undo(MATCH, "Ann")
    store.undo(MATCH, "Ann")
    again = reviewed_cameras(cameras, store.of_match(MATCH))
    assert again is not None
    assert ([s.replay for s in again.shots], again.links) == ([False, True, False], cameras.links)


def test_reviews_of_labels_and_of_models_never_meet(store: CameraReviews) -> None:
    model, labels = known(), known(())
    assert source_prefix(labels) == source_prefix(None) == f"{LABELLED}/"
    assert source_prefix(model) == f"{SOURCES[0][:12]}/"
    review(store, model, 0, REJECT)
    reviews = store.of_match(MATCH)
    assert reviewed_cameras(labels, reviews) == labels
    assert set(changes_by_origin(labels, reviews)) == {origin_of(c) for c in labels.changes}
    review(store, model, 1, ACCEPT)  # held to be true, and the labels have it too
    assert reviews_that_count(changes_by_origin(labels, store.of_match(MATCH)), store.of_match(MATCH)) == []
    fewer = known((), SHOTS[:1])
    counting = reviews_that_count(changes_by_origin(fewer, reviews), store.of_match(MATCH))
    assert [r.time for r in counting] == [20 * SECOND]  # and these do not
    left = reviewed_cameras(fewer, store.of_match(MATCH))
    assert left is not None
    assert [s.end for s in left.shots] == [10 * SECOND, 20 * SECOND]


def test_what_people_add_is_all_there_is_where_nothing_else_is_known(store: CameraReviews) -> None:
    store.add(MATCH, CameraChange(1, 5 * SECOND, CLOSE, "abrupt"), "Ann")
    left = reviewed_cameras(None, store.of_match(MATCH))
    assert left is not None
    assert (left.source, [(s.start, s.end) for s in left.shots]) == (REVIEWERS, [(0, 5 * SECOND)])
    store.undo(MATCH, "Ann")
    assert reviewed_cameras(None, store.of_match(MATCH)) is None


def test_minutes_groups_and_doubts() -> None:
    assert known().minutes() == {MAIN: CameraMinutes(1 / 3, 0), CLOSE: CameraMinutes(0, 1 / 6)}
    assert CameraMinutes(1, 2) + CameraMinutes(3, 4) == CameraMinutes(4, 6)
    assert [group_of(name) for name in (MAIN, CLOSE, "Inside the goal", "Drone")] == ["main", "close", "goal", ""]
    assert [doubt(c) for c in known().changes] == [0.1, 0.4, 0.2]
    assert doubt(CameraChange(1, 1, MAIN)) is None
