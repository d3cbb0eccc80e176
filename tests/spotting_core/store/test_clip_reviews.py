"""Clips that somebody has watched."""

from __future__ import annotations

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.stretches import Stretch
from spotting_core.store.clip_reviews import CLIP, ClipReviews, clip_at, clips_of, origin_of_clip
from spotting_core.store.database import Database
from spotting_core.store.reviews import ACCEPT, ReviewConflictError
from tests.spotting_core.conftest import MATCH

SECOND = Stretch(1, CLIP, 2 * CLIP)


def test_a_half_is_cut_into_clips_of_which_the_last_is_shorter() -> None:
    assert clips_of(1, 32_000_000) == [Stretch(1, 0, CLIP), SECOND, Stretch(1, 2 * CLIP, 32_000_000)]
    assert clip_at(1, 16_000_000, 32_000_000) == SECOND
    assert clip_at(1, 99_000_000, 32_000_000) == Stretch(1, 2 * CLIP, 32_000_000)


def test_a_clip_is_watched_until_that_is_taken_back(database: Database) -> None:
    reviews = ClipReviews(database)
    reviews.change(MATCH, origin_of_clip(SECOND), SECOND, ACCEPT, "Ada", 0)
    assert reviews.watched(MATCH) == [SECOND]
    reviews.undo(MATCH, "Ada")
    assert reviews.watched(MATCH) == []
    reviews.redo(MATCH, "Ada")
    assert reviews.watched(MATCH) == [SECOND]


def test_whoever_comes_second_is_told(database: Database) -> None:
    reviews = ClipReviews(database)
    reviews.change(MATCH, origin_of_clip(SECOND), SECOND, ACCEPT, "Ada", 0)
    with pytest.raises(ReviewConflictError, match="Ada has changed this clip"):
        reviews.change(MATCH, origin_of_clip(SECOND), SECOND, ACCEPT, "Bob", 0)


def test_a_clip_without_a_length_is_refused(database: Database) -> None:
    with pytest.raises(BadInputError, match="from a time to a later one"):
        ClipReviews(database).change(MATCH, "clip/1-5-", Stretch(1, 5, 5), ACCEPT, "Ada", 0)
