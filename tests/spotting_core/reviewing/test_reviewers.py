"""What each reviewer holds to be true, whoever came after."""

from __future__ import annotations

from spotting_core.domain.spots import Spot
from spotting_core.evaluation.agreement import Judgement
from spotting_core.reviewing.reviewers import pairs_of_reviewers, verdicts_of_match
from spotting_core.store.database import Database
from spotting_core.store.reviews import ACCEPT, COMMENT, MOVE, RECLASS, REJECT, Reviews, origin_of
from tests.spotting_core.conftest import MATCH

GOAL, FOUL = Spot(1, 10_000_000, "Goal", 0.9), Spot(1, 20_000_000, "Foul", 0.8)
MODEL = "model"


def test_the_verdict_of_each_stays_when_another_changes_it(database: Database) -> None:
    reviews = Reviews(database)
    for spot in (GOAL, FOUL):
        reviews.change(MATCH, origin_of(spot, MODEL), spot, ACCEPT, "Ada", 0)
    reviews.change(MATCH, origin_of(GOAL, MODEL), GOAL, REJECT, "Bob", 1)
    reviews.change(MATCH, origin_of(FOUL, MODEL), FOUL, MOVE, "Bob", 1, half=1, time=20_500_000)
    reviews.change(MATCH, origin_of(FOUL, MODEL), FOUL, RECLASS, "Bob", 2, label="Offside")
    verdicts = verdicts_of_match(reviews, MATCH)
    assert list(verdicts) == ["Ada", "Bob"]
    assert sorted(pairs_of_reviewers(verdicts["Ada"], verdicts["Bob"]), key=str) == sorted([
        (Judgement(1, 10_000_000, "Goal"), None),
        (Judgement(1, 20_000_000, "Foul"), Judgement(1, 20_500_000, "Offside")),
    ], key=str)  # fmt: skip


def test_comments_are_no_verdicts_and_what_was_undone_is_none(database: Database) -> None:
    reviews = Reviews(database)
    reviews.change(MATCH, origin_of(GOAL, MODEL), GOAL, ACCEPT, "Ada", 0)
    reviews.change(MATCH, origin_of(GOAL, MODEL), GOAL, COMMENT, "Bob", 1, comment="close")
    assert list(verdicts_of_match(reviews, MATCH)) == ["Ada"]
    reviews.change(MATCH, origin_of(GOAL, MODEL), GOAL, REJECT, "Bob", 2)
    assert list(verdicts_of_match(reviews, MATCH)["Bob"].values()) == [None]
    reviews.undo(MATCH, "Bob")
    assert list(verdicts_of_match(reviews, MATCH)) == ["Ada"]
    reviews.redo(MATCH, "Bob")
    assert list(verdicts_of_match(reviews, MATCH)) == ["Ada", "Bob"]
