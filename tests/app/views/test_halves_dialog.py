"""Where the halves lie, put right from the frame on screen."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Match
from app.views.halves_dialog import HALVES
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.score_bug.match_clock import known_clock
from tests.app.made_analysis import make_analysis
from tests.app.pages import match_page, texts
from tests.score_bugs import bug_text, keep_readings

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def media(match: Match, data: DataDirectory) -> dict[int, Media]:
    """The videos of a match that has been analysed."""
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)])
    return {half.half: ingest(half.path, data) for half in open_match(match.path).halves}


def dialog(match: Match, seconds: float) -> AppTest:
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, HALVES)
    at.session_state["halves_moment"] = (1, seconds)
    return at.run()


def halves(media: dict[int, Media]) -> list[tuple[int, float, float, bool]]:
    found = known_clock(media, load_classes().parts).files[1].halves
    return [(h.half, round(h.start / 1e6, 1), round(h.end / 1e6, 1), h.corrected) for h in found]


def press(at: AppTest, key: str) -> AppTest:
    return next(button for button in at.button if button.key == key).click().run()


def test_a_half_begins_and_ends_where_the_user_says(match: Match, media: dict[int, Media]) -> None:
    for one in media.values():
        keep_readings(one, lambda seconds: bug_text(600 + seconds, "0-0"))
    [(_, start, end, _)] = before = halves(media)
    at = dialog(match, 3.0)
    assert "On screen: **00:03** of " in texts(at)
    assert "as the clock says" in texts(at)
    assert "not in this file, as the clock says" in texts(at)  # the second half
    at = press(at, "begins-1")
    assert not at.exception
    assert halves(media) == [(1, 3.0, end, True)]
    assert "00:03 to" in texts(at)
    assert "as you said" in texts(at)
    at = dialog(match, 1.0)
    at = press(at, "ends-1")  # before it begins
    assert "is no stretch of this file" in at.error[0].value
    assert halves(media) == [(1, 3.0, end, True)]
    at = next(b for b in at.button if b.label == "As the clock says").click().run()
    assert halves(media) == before
    assert start != 3.0


def test_a_second_half_that_the_clock_does_not_show_is_put_after_the_first(
    match: Match, media: dict[int, Media]
) -> None:
    length = media[1].table.duration / 1e6
    for one in media.values():
        keep_readings(one, lambda seconds: bug_text(600 + seconds, "0-0") if seconds < length / 2 else None)
    press(dialog(match, length * 0.75), "begins-2")
    assert [(half, corrected) for half, _, _, corrected in halves(media)] == [(1, False), (2, True)]
    assert halves(media)[1][1:3] == (round(length * 0.75, 1), round(length, 1))


def test_before_the_clock_is_read_it_can_be_read(match: Match, media: dict[int, Media]) -> None:
    at = dialog(match, 3.0)
    assert "Once the broadcast's clock has been read" in texts(at)
    assert "Read the broadcast's clock" in [button.label for button in at.button]


def test_extra_time_has_rows_where_the_user_says_that_it_was_played(match: Match, media: dict[int, Media]) -> None:
    for one in media.values():
        keep_readings(one, lambda seconds: bug_text(600 + seconds, "0-0"))
    at = dialog(match, 3.0)
    assert "extra time" not in texts(at)
    box = next(b for b in at.checkbox if b.label == "Extra time was played")
    at = box.check().run()
    assert "Half 3 (extra time)" in texts(at)
    assert "Half 4 (extra time)" in texts(at)
    at = press(at, "begins-3")
    assert [(half, corrected) for half, _, _, corrected in halves(media)] == [(1, False), (3, True)]
    assert "Half 3 (extra time)" in texts(dialog(match, 3.0))
