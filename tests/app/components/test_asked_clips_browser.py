"""Clips that somebody is asked to watch: one key says that nothing more happens, and undo takes back what came last."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.media.source import open_match
from spotting_core.store.clip_reviews import CLIP, ClipReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPTED, OPEN, REJECTED, Reviews
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import FIND, settle
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

FOUL, THROW = Spot(1, 20_000_000, "Foul", 0.62), Spot(1, 21_000_000, "Throw-in", 0.58)
CLIPS = "() => find().part('clips')"
ANSWERED = "() => find().review.pending.length === 0"


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    path = make_video(server.root / "asked.mp4", steady(150, rate=2.0), first=2200)
    make_analysis(open_match(path), server.data, [FOUL, THROW])
    return server.library().add(str(path))


@pytest.fixture
def reviews(server: Server) -> ClipReviews:
    return ClipReviews(open_database(server.data))


def opened(page: Page, server: Server, match: Match, name: str = "Ann") -> None:
    """The clip between a foul and a throw-in, from the queue."""
    if name:
        page.add_init_script(f"localStorage.setItem('touchline-reviewer', '{name}')")
    page.goto(f"{server.url}/review?of=clips")
    row = page.locator(f"a.error[href*='match={match.id}']", has_text="between Foul and Throw-in")
    row.first.click()
    page.wait_for_url("**/match?*")
    page.evaluate(FIND)
    page.wait_for_function("() => find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)
    expect(page.locator(".asked-clips")).to_contain_text("Asked for: between Foul and Throw-in")


def at(page: Page, start: int) -> None:
    page.wait_for_function(f"(start) => ({CLIPS})().clip?.start === start && find().player.time === start", arg=start)


def test_one_key_says_that_nothing_happens_and_undo_takes_it_back(
    page: Page, server: Server, match: Match, reviews: ClipReviews
) -> None:
    opened(page, server, match)
    page.click(".asked-clips [data-clip=next]")  # in the next one the model has nothing
    at(page, 30)
    page.keyboard.press("i")
    page.wait_for_function(f"() => ({CLIPS})().clip.start !== 30")
    expect(page.locator(".toast")).to_contain_text("Nothing here: clip at 00:30")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == [Stretch(1, 2 * CLIP, 3 * CLIP)]
    page.keyboard.press("Control+z")
    at(page, 30)
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == []
    page.keyboard.press("Control+y")
    expect(page.locator(".asked-clips")).to_contain_text("Watched")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == [Stretch(1, 2 * CLIP, 3 * CLIP)]
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)


def test_open_spots_of_the_model_are_named_before_they_are_rejected_with_the_clip(
    page: Page, server: Server, match: Match, reviews: ClipReviews
) -> None:
    opened(page, server, match)
    at(page, 15)
    spots, panel = Reviews(open_database(server.data)), page.locator(".asked-clips")
    expect(panel).to_contain_text("2 open spots of the model: Foul .62 Throw-in .58")
    page.keyboard.press("i")
    expect(page.locator(".toast")).to_contain_text("Foul .62, Throw-in .58. I again: none of them is there")
    expect(panel.locator("[data-clip=nothing]")).to_contain_text("None of them is there")
    at(page, 15)
    panel.locator("[data-spot]", has_text="Throw-in").click()
    page.wait_for_function("() => find().chosen?.action.name === 'Throw-in'")
    assert page.evaluate("() => find().review.pending.length") == 0
    assert reviews.watched(match.id) == []

    page.keyboard.press("i")
    expect(page.locator(".toast")).to_contain_text("Nothing here: clip at 00:15, rejected Foul .62, Throw-in .58")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == [Stretch(1, CLIP, 2 * CLIP)]
    assert [r.state for r in spots.of_match(match.id)] == [REJECTED, REJECTED]
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == []
    assert [r.state for r in spots.of_match(match.id)] == [OPEN, OPEN]
    expect(panel).to_contain_text("2 open spots of the model")
    page.keyboard.press("Control+y")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == [Stretch(1, CLIP, 2 * CLIP)]
    assert [r.state for r in spots.of_match(match.id)] == [REJECTED, REJECTED]
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)


def test_what_happens_is_accepted_as_ever_and_undo_knows_which_came_last(
    page: Page, server: Server, match: Match, reviews: ClipReviews
) -> None:
    opened(page, server, match)
    spots = Reviews(open_database(server.data))
    page.click(".spot >> nth=0")
    page.keyboard.press("a")
    expect(page.locator(".asked-clips")).to_contain_text("1 open spot of the model: Throw-in .58")
    page.click(".spot >> nth=1")
    page.keyboard.press("x")
    expect(page.locator(".asked-clips")).not_to_contain_text("open spot")
    page.click(".asked-clips [data-clip=nothing]")
    expect(page.locator(".toast")).to_contain_text("Nothing more: clip at 00:15")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == [Stretch(1, CLIP, 2 * CLIP)]
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == []
    assert [r.state for r in spots.of_match(match.id)] == [ACCEPTED, REJECTED]
    for _ in range(2):
        page.keyboard.press("Control+z")
        page.wait_for_function(ANSWERED)
    assert [r.state for r in spots.of_match(match.id)] == [OPEN, OPEN]


def test_whoever_says_so_first_is_asked_for_a_name(
    page: Page, server: Server, match: Match, reviews: ClipReviews
) -> None:
    opened(page, server, match, name="")
    page.keyboard.press("i")
    page.locator(".review-foot input").fill("Bob")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("I again")
    page.keyboard.press("i")
    expect(page.locator(".toast")).to_contain_text("Nothing here")
    page.wait_for_function(ANSWERED)
    [clip] = [review for review in reviews.of_match(match.id) if review.time == CLIP]
    assert (clip.author, clip.state) == ("Bob", ACCEPTED)
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)


def test_a_key_of_a_class_is_not_taken_for_it(page: Page, server: Server, match: Match, reviews: ClipReviews) -> None:
    opened(page, server, match)
    page.keyboard.press("d")
    page.keyboard.press("i")  # the ninth class
    page.wait_for_function("() => find().all.some((spot) => spot.added)")
    page.wait_for_function(ANSWERED)
    assert reviews.watched(match.id) == []
    page.keyboard.press("Control+z")
    page.wait_for_function(ANSWERED)


def test_the_last_clip_leads_back_to_the_queue(page: Page, server: Server, match: Match, reviews: ClipReviews) -> None:
    opened(page, server, match)
    count = page.evaluate(f"() => ({CLIPS})().asked.length")
    for _ in range(count + 1):  # of the spots in the first one it is asked
        page.keyboard.press("i")
    link = page.locator(".asked-clips a", has_text="To the queue")
    expect(link).to_be_visible()
    page.wait_for_function(ANSWERED)
    assert len(reviews.watched(match.id)) == count
    link.click()
    page.wait_for_url("**/review?of=clips*")
