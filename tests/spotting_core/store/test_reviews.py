"""Reviews: kept with who and when, undone and redone, and never overwritten; on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from spotting_core.base.errors import BadInputError, ConflictError
from spotting_core.clips.selection import Clip
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import RUNNING, JobQueue
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
    ReviewedSpot,
    Reviews,
    origin_of,
)
from spotting_core.store.selections import Selections
from tests.spotting_core.conftest import MATCH

GOAL = Spot(1, 3_000_000, "Goal", 0.7, source="small")
ORIGIN = origin_of(GOAL, "f" * 64)


@pytest.fixture
def reviews(database: Database) -> Reviews:
    return Reviews(database)


def changed(reviews: Reviews, action: str, revision: int, author: str = "Ann", **values: object) -> ReviewedSpot:
    return reviews.change(MATCH, ORIGIN, GOAL, action, author, revision, **values)


def test_every_change_is_kept_with_its_author(reviews: Reviews) -> None:
    changed(reviews, ACCEPT, 0)
    changed(reviews, MOVE, 1, "Ben", time=3_200_000)
    changed(reviews, RECLASS, 2, label="Shots on target")
    changed(reviews, TEAM, 3, team="home")
    last = changed(reviews, COMMENT, 4, comment="  near post ")
    assert (last.state, last.time, last.label, last.team, last.comment, last.revision, last.author) == (
        MOVED, 3_200_000, "Shots on target", "home", "near post", 5, "Ann",
    )  # fmt: skip
    history = reviews.history(last.id)
    assert [(r.action, r.author, r.revision) for r in history] == [
        (ACCEPT, "Ann", 1), (MOVE, "Ben", 2), (RECLASS, "Ann", 3), (TEAM, "Ann", 4), (COMMENT, "Ann", 5),
    ]  # fmt: skip
    assert (history[1].before["time"], history[1].after["time"]) == (3_000_000, 3_200_000)
    assert all(a.at <= b.at for a, b in zip(history, history[1:], strict=False))
    assert reviews.standing(MATCH) == [Spot(1, 3_200_000, "Shots on target", None, "home", source="Ann")]


def test_a_team_or_comment_alone_accepts_nothing_and_a_rejected_spot_does_not_stand(reviews: Reviews) -> None:
    assert changed(reviews, TEAM, 0, team="away").state == OPEN
    assert reviews.standing(MATCH) == []
    assert changed(reviews, REJECT, 1).state == REJECTED
    assert reviews.standing(MATCH) == []
    assert changed(reviews, ACCEPT, 2).state == ACCEPTED


def test_two_people_lose_nothing_and_see_the_conflict(reviews: Reviews) -> None:
    changed(reviews, MOVE, 0, "Ann", time=4_000_000)
    with pytest.raises(ReviewConflictError, match=r"Ann has changed this spot at .* moved, Goal at 00:04") as caught:
        changed(reviews, REJECT, 0, "Ben")
    assert caught.value.current.state == MOVED
    assert [r.author for r in reviews.history(caught.value.current.id)] == ["Ann"]


def test_many_at_once_only_one_wins_each_revision(reviews: Reviews) -> None:
    def attempt(number: int) -> str | None:
        try:
            return changed(reviews, ACCEPT, 0, f"p{number}").author
        except ReviewConflictError:
            return None

    with ThreadPoolExecutor(6) as pool:
        winners = [w for w in pool.map(attempt, range(6)) if w]
    assert len(winners) == 1
    [row] = reviews.of_match(MATCH)
    assert (row.author, row.revision) == (winners[0], 1)


def test_undo_and_redo_are_changes_of_ones_own(reviews: Reviews) -> None:
    changed(reviews, ACCEPT, 0)
    changed(reviews, MOVE, 1, time=5_000_000)
    assert reviews.undo(MATCH, "Ben") is None
    undone = reviews.undo(MATCH, "Ann")
    assert undone is not None
    assert (undone.state, undone.time, undone.revision) == (ACCEPTED, 3_000_000, 3)
    again = reviews.undo(MATCH, "Ann")
    assert again is not None
    assert again.state == OPEN
    assert reviews.undo(MATCH, "Ann") is None
    for state in (ACCEPTED, MOVED):
        redone = reviews.redo(MATCH, "Ann")
        assert redone is not None
        assert redone.state == state
    assert reviews.redo(MATCH, "Ann") is None
    reviews.undo(MATCH, "Ann")
    [row] = reviews.of_match(MATCH)
    changed(reviews, REJECT, row.revision)
    assert reviews.redo(MATCH, "Ann") is None  # something else was done since
    assert [r.action for r in reviews.history(row.id)][-2:] == ["undo", REJECT]


def test_undo_does_not_overwrite_what_another_did_since(reviews: Reviews) -> None:
    changed(reviews, ACCEPT, 0, "Ann")
    changed(reviews, REJECT, 1, "Ben")
    with pytest.raises(ReviewConflictError, match="Ben has changed this spot"):
        reviews.undo(MATCH, "Ann")
    changed(reviews, TEAM, 2, "Ann", team="home")
    assert (reviews.undo(MATCH, "Ann") or GOAL).team == "unknown"
    with pytest.raises(ReviewConflictError):  # what Ben rejected stays rejected
        reviews.undo(MATCH, "Ann")


def many(count: int) -> list[tuple[str, Spot, int]]:
    spots = [Spot(1, n * 1_000_000, "Corner", 0.9) for n in range(count)]
    return [(origin_of(spot, "f" * 64), spot, 0) for spot in spots]


def test_many_are_accepted_as_one_change_and_go_back_as_one(reviews: Reviews) -> None:
    changed(reviews, TEAM, 0, team="home")
    done, conflicts = reviews.change_many(MATCH, many(4), ACCEPT, "Ann")
    assert ([r.state for r in done], conflicts) == ([ACCEPTED] * 4, [])
    assert len(reviews.standing(MATCH)) == 4
    reviews.undo(MATCH, "Ann")
    assert reviews.standing(MATCH) == []
    assert {r.state for r in reviews.of_match(MATCH)} == {OPEN}
    assert [r.team for r in reviews.of_match(MATCH) if r.label == "Goal"] == ["home"]  # the change before it stays
    reviews.redo(MATCH, "Ann")
    assert len(reviews.standing(MATCH)) == 4
    reviews.undo(MATCH, "Ann")
    assert (reviews.undo(MATCH, "Ann") or GOAL).team == "unknown"


def test_of_many_those_that_somebody_else_changed_are_left_alone(reviews: Reviews) -> None:
    subjects = many(3)
    reviews.change(MATCH, subjects[1][0], subjects[1][1], REJECT, "Ben", 0)
    done, conflicts = reviews.change_many(MATCH, subjects, ACCEPT, "Ann")
    assert ([r.time for r in done], [c.current.author for c in conflicts]) == ([0, 2_000_000], ["Ben"])
    assert [r.state for r in reviews.of_match(MATCH)] == [ACCEPTED, REJECTED, ACCEPTED]


def test_many_are_not_taken_back_where_one_was_changed_since(reviews: Reviews) -> None:
    subjects = many(3)
    reviews.change_many(MATCH, subjects, ACCEPT, "Ann")
    reviews.change(MATCH, subjects[2][0], subjects[2][1], REJECT, "Ben", 1)
    with pytest.raises(ReviewConflictError, match="Ben has changed this spot"):
        reviews.undo(MATCH, "Ann")
    assert [r.state for r in reviews.of_match(MATCH)] == [ACCEPTED, ACCEPTED, REJECTED]


def test_many_need_a_name(reviews: Reviews) -> None:
    with pytest.raises(BadInputError, match="a review needs a name"):
        reviews.change_many(MATCH, many(2), ACCEPT, " ")
    assert reviews.of_match(MATCH) == []


def test_an_added_spot_stands_and_goes_when_its_adding_is_undone(reviews: Reviews) -> None:
    added = reviews.add(MATCH, Spot(2, 1_000_000, "Corner", team="away"), "Ann")
    assert (added.state, added.confidence, added.source) == (ADDED, None, "Ann")
    assert [s.label for s in reviews.standing(MATCH)] == ["Corner"]
    reviews.undo(MATCH, "Ann")
    assert reviews.standing(MATCH) == []
    reviews.redo(MATCH, "Ann")
    assert [s.label for s in reviews.standing(MATCH)] == ["Corner"]


def test_what_cannot_be_is_refused(reviews: Reviews) -> None:
    for author, action, values in (
        (" ", ACCEPT, {}), ("Ann", "praise", {}), ("Ann", TEAM, {"team": "blue"}), ("Ann", MOVE, {"time": -1}),
    ):  # fmt: skip
        with pytest.raises(BadInputError):
            reviews.change(MATCH, ORIGIN, GOAL, action, author, 0, **values)
    assert reviews.of_match(MATCH) == []


def test_the_queue_and_the_selections_work_on_it_too(database: Database) -> None:
    queue, selections = JobQueue(database), Selections(database)
    job = queue.submit("x", "key", {"a": 1}, match_id=MATCH)
    assert queue.submit("x", "key", {}).id == job.id
    taken = queue.take(["x"])
    assert taken is not None
    assert (taken.id, taken.state) == (job.id, RUNNING)
    made = selections.make(MATCH, [Clip(1, 0, 1, "Goal")], {})
    selections.save(made.id, [], {}, 1)
    with pytest.raises(ConflictError):
        selections.save(made.id, [], {}, 1)
