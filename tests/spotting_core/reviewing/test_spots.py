"""Reviews stay with their spots when those have moved a little: one to one, the nearest first, and none is lost."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.reviewing import spots as spots_module
from spotting_core.reviewing.spots import SAME_SPOT, origins_of, reviews_of_spots
from spotting_core.store.database import Database
from spotting_core.store.reviews import ACCEPT, OPEN, REJECT, REJECTED, ReviewedSpot, Reviews, origin_of
from tests.spotting_core.conftest import MATCH

MODEL, OTHER = "f" * 64, "e" * 64
CLASSES = load_classes()


def review(spot: Spot, model: str = MODEL) -> ReviewedSpot:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return ReviewedSpot(
        f"id{spot.time}", MATCH, origin_of(spot, model), model, spot.half, spot.time, spot.label, REJECTED, "", 1,
        "Ann", moment, "unknown", 0.5,
    )  # fmt: skip


def goal(seconds: float, half: int = 1, label: str = "Goal") -> Spot:
    return Spot(half, round(seconds * 1e6), label, 0.7)


def matched_times(spots: list[Spot], reviewed: list[ReviewedSpot], classes: ClassTable = CLASSES) -> list[float | None]:
    """Where the review of each spot was made, in seconds."""
    return [r and r.time / 1e6 for r in reviews_of_spots(spots, reviewed, (MODEL,), classes)]


def test_a_spot_that_moved_a_little_keeps_its_review() -> None:
    assert matched_times([goal(10.2)], [review(goal(10))]) == [10]
    assert matched_times([goal(10 + SAME_SPOT / 1e6)], [review(goal(10))]) == [10]
    assert matched_times([goal(10.001 + SAME_SPOT / 1e6)], [review(goal(10))]) == [None]


def test_another_class_half_or_model_is_another_spot() -> None:
    assert matched_times([goal(10, half=2)], [review(goal(10))]) == [None]
    assert matched_times([goal(10, label="Foul")], [review(goal(10))]) == [None]
    assert matched_times([goal(10)], [review(goal(10), OTHER)]) == [None]


def test_each_spot_has_one_review_the_nearest_pairs_first() -> None:
    reviewed = [review(goal(10)), review(goal(10.6))]
    assert matched_times([goal(10.5)], reviewed) == [10.6]
    assert matched_times([goal(10.5), goal(11.2)], reviewed) == [10.6, None]  # the other one's is too far away
    assert matched_times([goal(10.5), goal(10.9)], reviewed) == [10.6, 10]
    assert matched_times([goal(10), goal(10.1)], [review(goal(10))]) == [10, None]
    assert matched_times([goal(9.5), goal(10.5)], [review(goal(10))]) == [10, None]  # as near: the earlier one


def test_the_order_in_which_they_come_does_not_matter() -> None:
    rng = random.Random(3)
    spots = [goal(rng.uniform(0, 60), label=rng.choice(["Goal", "Foul"])) for _ in range(60)]
    reviewed = [review(goal(rng.uniform(0, 60), label=rng.choice(["Goal", "Foul"]))) for _ in range(60)]
    first = dict(zip(spots, matched_times(spots, reviewed), strict=True))
    assert 20 < sum(value is not None for value in first.values()) < 60
    for _ in range(5):
        rng.shuffle(spots)
        rng.shuffle(reviewed)
        assert dict(zip(spots, matched_times(spots, reviewed), strict=True)) == first


def test_spots_of_a_class_that_follow_each_other_fast_are_not_confused() -> None:
    """The reach is less than the window in which only one spot of the class is kept."""
    for action in load_classes("finediving"):
        assert 0 < action.suppression < SAME_SPOT / 1e6
        near, far = action.suppression * 0.49, action.suppression * 0.51
        table = load_classes("finediving")
        assert matched_times([goal(10 + near, label=action.name)], [review(goal(10, label=action.name))], table) == [10]
        assert matched_times([goal(10 + far, label=action.name)], [review(goal(10, label=action.name))], table) == [
            None
        ]
    assert all(action.suppression >= 2 * SAME_SPOT / 1e6 for action in CLASSES)


def test_changes_of_a_moved_spot_go_on_with_its_review(database: Database) -> None:
    reviews, before, after = Reviews(database), goal(10), goal(10.3)
    reviews.change(MATCH, origin_of(before, MODEL), before, REJECT, "Ann", 0)
    for state in (REJECTED, OPEN, REJECTED):
        [row] = reviews.of_match(MATCH)
        assert row.state == state
        assert origins_of([after], [row], (MODEL,), CLASSES) == [row.origin] == [origin_of(before, MODEL)]
        reviews.undo(MATCH, "Ann") if state == REJECTED else reviews.redo(MATCH, "Ann")
    [origin] = origins_of([after], reviews.of_match(MATCH), (MODEL,), CLASSES)
    reviews.change(MATCH, origin, after, ACCEPT, "Ben", 4)
    [row] = reviews.of_match(MATCH)
    assert [r.action for r in reviews.history(row.id)] == [REJECT, "undo", "redo", "undo", ACCEPT]


def test_a_spot_without_a_review_gets_a_name_of_its_own() -> None:
    spots = [goal(10), goal(20)]
    assert origins_of(spots, [review(goal(10.4))], (MODEL,), CLASSES) == [
        origin_of(goal(10.4), MODEL),
        origin_of(goal(20), MODEL),
    ]


def test_many_spots_take_no_work_of_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def compared(count: int) -> int:
        """How many distances in time are taken where the spots of a class lie 3 s apart."""
        spots = [goal(3.0 * number, label="Foul") for number in range(count)]
        reviewed = [review(replace(spot, time=spot.time + 200_000)) for spot in spots]
        distances: list[int] = []

        def distance(value: int) -> int:
            distances.append(value)
            return abs(value)

        monkeypatch.setattr(spots_module, "abs", distance, raising=False)
        assert all(reviews_of_spots(spots, reviewed, (MODEL,), CLASSES))
        return len(distances)

    few = compared(50)
    assert few >= 50
    assert compared(800) == 16 * few
