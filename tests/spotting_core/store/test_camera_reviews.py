"""Reviews of camera changes: by the rules of spots, on SQLite and on PostgreSQL; and what comes of them as a file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from spotting_core.analyses.match_cameras import match_cameras
from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import CameraChange, Link, changes_of, origin_of
from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.reviewing.cameras import reviewed_labels
from spotting_core.store.camera_reviews import KIND, LINK, REPLAY, CameraReviews, ReviewedCamera
from spotting_core.store.database import Database
from spotting_core.store.reviews import (
    ACCEPT,
    ACCEPTED,
    ADDED,
    COMMENT,
    MOVE,
    MOVED,
    OPEN,
    RECLASS,
    REJECT,
    REJECTED,
    TEAM,
    ReviewConflictError,
    Reviews,
)
from tests.spotting_core.conftest import MATCH

CHANGE = CameraChange(1, 8_000_000, "Main camera center", "abrupt")
GOAL = Link(1, 3_000_000, "Goal")
NAME = "added/" + "a" * 32


@pytest.fixture
def cameras(database: Database) -> CameraReviews:
    return CameraReviews(database)


def changed(
    cameras: CameraReviews,
    action: str,
    revision: int,
    author: str = "Ann",
    change: CameraChange = CHANGE,
    **values: object,
) -> ReviewedCamera:
    return cameras.change(MATCH, origin_of(change), change, action, author, revision, **values)


# --- the store ------------------------------------------------------------------------------------------


def test_every_change_is_kept_with_its_author(cameras: CameraReviews) -> None:
    changed(cameras, MOVE, 0, time=8_040_000)
    changed(cameras, RECLASS, 1, "Ben", label="Spider camera")
    changed(cameras, KIND, 2, change_type="logo")
    changed(cameras, REPLAY, 3, replay=True)
    changed(cameras, LINK, 4, link=GOAL)
    last = changed(cameras, COMMENT, 5, comment=" slow ")
    assert (last.state, last.revision, last.author, last.comment, last.source) == (
        MOVED,
        6,
        "Ann",
        "slow",
        "labels-cameras",
    )
    assert last.change == CameraChange(1, 8_040_000, "Spider camera", "logo", True, GOAL, "Ann")
    history = [(r.action, r.author, r.revision) for r in cameras.history(last.id)]
    assert history == [
        (MOVE, "Ann", 1),
        (RECLASS, "Ben", 2),
        (KIND, "Ann", 3),
        (REPLAY, "Ann", 4),
        (LINK, "Ann", 5),
        (COMMENT, "Ann", 6),
    ]
    assert cameras.of_match(MATCH) == [last]


def test_kind_replay_and_link_judge_nothing(cameras: CameraReviews) -> None:
    assert changed(cameras, KIND, 0, change_type="smooth").state == OPEN
    assert changed(cameras, REPLAY, 1, replay=True).state == OPEN
    assert changed(cameras, LINK, 2, link=GOAL).state == OPEN
    assert changed(cameras, ACCEPT, 3).state == ACCEPTED
    assert changed(cameras, LINK, 4, link=None).state == ACCEPTED


def test_what_has_a_link_is_a_replay_and_what_is_none_has_no_link(cameras: CameraReviews) -> None:
    linked = changed(cameras, LINK, 0, link=GOAL)
    assert (linked.replay, linked.change.link) == (True, GOAL)
    live = changed(cameras, REPLAY, 1, replay=False)
    assert (live.replay, live.link) == (False, None)
    back = cameras.undo(MATCH, "Ann")
    assert back is not None
    assert (back.replay, back.change.link) == (True, GOAL)


def test_two_people_lose_nothing_and_see_the_conflict(cameras: CameraReviews) -> None:
    changed(cameras, MOVE, 0, "Ann", time=9_000_000)
    with pytest.raises(
        ReviewConflictError, match=r"Ann has changed this camera change at .* moved, Main camera center at 00:09"
    ) as caught:
        changed(cameras, REJECT, 0, "Ben")
    assert caught.value.current.state == MOVED
    assert [r.author for r in cameras.history(caught.value.current.id)] == ["Ann"]


def test_many_at_once_only_one_wins_each_revision(cameras: CameraReviews) -> None:
    def attempt(number: int) -> str | None:
        try:
            return changed(cameras, ACCEPT, 0, f"p{number}").author
        except ReviewConflictError:
            return None

    with ThreadPoolExecutor(6) as pool:
        winners = [w for w in pool.map(attempt, range(6)) if w]
    assert len(winners) == 1
    [row] = cameras.of_match(MATCH)
    assert (row.author, row.revision) == (winners[0], 1)


def test_undo_and_redo_are_changes_of_ones_own(cameras: CameraReviews) -> None:
    changed(cameras, LINK, 0, link=GOAL)
    changed(cameras, MOVE, 1, time=9_000_000)
    assert cameras.undo(MATCH, "Ben") is None
    for state, link in ((OPEN, GOAL), (OPEN, None)):
        undone = cameras.undo(MATCH, "Ann")
        assert undone is not None
        assert (undone.state, undone.time, undone.change.link) == (state, 8_000_000, link)
    assert cameras.undo(MATCH, "Ann") is None
    cameras.redo(MATCH, "Ann")
    again = cameras.redo(MATCH, "Ann")
    assert again is not None
    assert (again.state, again.time, again.change.link) == (MOVED, 9_000_000, GOAL)
    assert cameras.redo(MATCH, "Ann") is None


def test_undo_does_not_overwrite_what_another_did_since(cameras: CameraReviews) -> None:
    changed(cameras, LINK, 0, "Ann", link=GOAL)
    changed(cameras, LINK, 1, "Ben", link=Link(2, 1, "Foul"))
    with pytest.raises(ReviewConflictError, match="Ben has changed this camera change"):
        cameras.undo(MATCH, "Ann")
    [row] = cameras.of_match(MATCH)
    assert row.change.link == Link(2, 1, "Foul")


def test_spots_and_cameras_are_undone_apart(cameras: CameraReviews, database: Database) -> None:
    spots = Reviews(database)
    changed(cameras, ACCEPT, 0)
    spots.add(MATCH, Spot(1, 1_000_000, "Goal"), "Ann")
    undone = cameras.undo(MATCH, "Ann")
    assert undone is not None
    assert undone.state == OPEN
    assert [s.label for s in spots.standing(MATCH)] == ["Goal"]


def test_what_is_added_under_a_name_is_added_once(cameras: CameraReviews) -> None:
    added = cameras.add(MATCH, CHANGE, "Ann", NAME)
    assert (added.state, added.origin, added.source) == (ADDED, NAME, "Ann")
    with pytest.raises(ReviewConflictError):
        cameras.add(MATCH, CHANGE, "Ann", NAME)
    with pytest.raises(BadInputError):
        cameras.add(MATCH, CHANGE, "Ann", "labels-cameras/1-8000000-Main camera center")
    assert cameras.change(MATCH, NAME, CHANGE, KIND, "Ann", 1, change_type="logo").state == ADDED
    cameras.undo(MATCH, "Ann")
    gone = cameras.undo(MATCH, "Ann")
    assert gone is not None
    assert gone.state == REJECTED


def test_what_cannot_be_is_refused(cameras: CameraReviews) -> None:
    for author, action, values in (
        (" ", ACCEPT, {}), ("Ann", TEAM, {"team": "home"}), ("Ann", ACCEPT, {"team": "home"}), ("Ann", MOVE, {"time": -1}),
        ("Ann", KIND, {"change_type": "wipe"}), ("Ann", LINK, {"link": Link(0, 1, "Goal")}), ("Ann", LINK, {"link": Link(1, 1, "")}),
        ("Ann", ACCEPT, {"state": REJECTED}),
    ):  # fmt: skip
        with pytest.raises(BadInputError):
            changed(cameras, action, 0, author, **values)
    assert cameras.of_match(MATCH) == []


# --- the file -------------------------------------------------------------------------------------------

ROWS = [
    {"change_type": "smooth", "gameTime": "1 - 00:04", "label": "Main camera center", "position": "4000", "replay": "real-time", "operator": 7},
    {"change_type": "logo", "gameTime": "1 - 00:08", "label": "Spider camera", "position": "8040", "replay": "replay",
     "link": {"label": "Goal", "half": "1", "time": "00:03"}, "slow": True},
    {"change_type": "abrupt", "gameTime": "1 - 00:12", "label": "Public", "position": "12000", "replay": "real-time", "operator": 9},
    {"change_type": "abrupt", "gameTime": "2 - 00:05", "label": "Other", "position": "5000", "replay": "real-time", "operator": 3},
    {"change_type": "abrupt", "gameTime": "2 - 00:05", "label": "Public", "position": "5000", "replay": "real-time"},
]  # fmt: skip
FILE = {"UrlLocal": "a/", "gameDate": "d", "annotations": ROWS}


@pytest.fixture
def labels() -> CameraDocument:
    return labels_cameras.parse(json.dumps(FILE).encode(), "Labels-cameras.json")


def named(changes: list[CameraChange]) -> dict[str, CameraChange]:
    """Changes of the file by their names in the store."""
    return {origin_of(c): c for c in changes}


def written(document: CameraDocument) -> dict[str, object]:
    content: dict[str, object] = json.loads(labels_cameras.render(document))
    return content


def test_links_come_from_the_file(labels: CameraDocument) -> None:
    changes = changes_of(labels.shots, labels.links)
    assert [c.link for c in changes] == [None, GOAL, None, None]
    assert changes[3].label == "Other"  # of two entries that end one shot the first counts
    assert [c.link for c in changes_of(labels.shots)] == [None] * 4


def test_what_nobody_changed_is_written_as_it_was(labels: CameraDocument) -> None:
    changes = changes_of(labels.shots, labels.links)
    assert written(reviewed_labels(named(changes), [], labels)) == {**FILE, "annotations": []}
    assert written(reviewed_labels(named(changes), [], labels, unjudged=True)) == FILE


def test_the_reviewed_truth_is_written_and_read_again(cameras: CameraReviews, labels: CameraDocument) -> None:
    first, replay, third, _ = changes_of(labels.shots, labels.links)
    changed(cameras, ACCEPT, 0, change=first)
    changed(cameras, LINK, 0, change=replay, link=Link(1, 2_520_000, "Foul"))
    changed(cameras, MOVE, 1, change=replay, time=8_120_400)
    changed(cameras, REJECT, 0, change=third)
    cameras.add(MATCH, CameraChange(2, 9_000_000, "Inside the goal", "abrupt"), "Ben")
    known = cameras.of_match(MATCH)
    document = reviewed_labels(named(changes_of(labels.shots, labels.links)), known, labels)
    linked = {"label": "Foul", "half": "1", "time": "00:02", "position": "2520"}
    assert written(document)["annotations"] == [
        ROWS[0],
        {"change_type": "logo", "gameTime": "1 - 00:08", "label": "Spider camera", "position": "8120", "replay": "replay", "link": linked},
        {"change_type": "abrupt", "gameTime": "2 - 00:09", "label": "Inside the goal", "position": "9000", "replay": "real-time"},
    ]  # fmt: skip
    again = labels_cameras.parse(labels_cameras.render(document), "again")
    assert labels_cameras.render(again) == labels_cameras.render(document)
    assert [c.link for c in changes_of(again.shots, again.links)] == [None, Link(1, 2_520_000, "Foul"), None]
    # With what nobody judged: the entries of half 2 as they are, the rejected one left out.
    all_rows = written(reviewed_labels(named(changes_of(labels.shots, labels.links)), known, labels, unjudged=True))[
        "annotations"
    ]
    assert isinstance(all_rows, list)
    assert [r["position"] for r in all_rows] == ["4000", "8120", "5000", "5000", "9000"]
    assert ROWS[3] in all_rows


def test_what_was_only_remarked_on_counts_as_not_judged(cameras: CameraReviews, labels: CameraDocument) -> None:
    changes = changes_of(labels.shots, labels.links)
    changed(cameras, KIND, 0, change=changes[0], change_type="logo")
    known = cameras.of_match(MATCH)
    assert written(reviewed_labels(named(changes), known, labels))["annotations"] == []
    rows = written(reviewed_labels(named(changes), known, labels, unjudged=True))["annotations"]
    assert isinstance(rows, list)
    assert rows[0]["change_type"] == "logo"
    assert "operator" not in rows[0]  # what the file says of it may no longer hold


def test_links_that_lead_nowhere_and_annotations_that_cannot_be_read_are_written_as_they_are(
    cameras: CameraReviews,
) -> None:
    lost = {**ROWS[1], "link": {"label": "Goal", "half": "2", "time": "00:03"}}  # the file has no half 2
    odd = {**ROWS[1], "position": "10000", "gameTime": "1 - 00:10", "link": {"minute": 3}}
    unread: list[object] = [{"label": "Public"}, "nothing"]
    content = {**FILE, "annotations": [ROWS[0], unread[0], lost, odd, ROWS[2], unread[1]]}
    labels, _ = labels_cameras.parse_readable(json.dumps(content).encode(), "Labels-cameras.json")
    known = match_cameras(labels, [])
    assert known is not None
    changes = {origin_of(c): c for c in known.changes}
    assert [c.link for c in changes.values()] == [None] * 4
    rows = [ROWS[0], lost, odd, ROWS[2], *unread]
    assert written(reviewed_labels(changes, [], labels, unjudged=True)) == {**FILE, "annotations": rows}
    _, first, second, _ = changes.values()
    changed(cameras, ACCEPT, 0, change=first)
    changed(cameras, MOVE, 0, change=second, time=10_500_000)
    reviewed = written(reviewed_labels(changes, cameras.of_match(MATCH), labels))["annotations"]
    assert isinstance(reviewed, list)
    assert reviewed[0] == lost
    assert [(row["position"], row["link"]) for row in reviewed[1:]] == [("10500", {"minute": 3})]
    changed(cameras, LINK, 1, change=second, link=GOAL)
    again = reviewed_labels(changes, cameras.of_match(MATCH), labels)
    assert [entry.link for entry in again.entries][1:] == [GOAL]


def test_without_a_file_the_changes_alone_are_written() -> None:
    change = replace(CHANGE, replay=True)
    document = reviewed_labels(named([change]), [], unjudged=True, game="g")
    assert written(document) == {
        "UrlLocal": "g",
        "annotations": [
            {
                "change_type": "abrupt",
                "gameTime": "1 - 00:08",
                "label": "Main camera center",
                "position": "8000",
                "replay": "replay",
            }
        ],
    }
