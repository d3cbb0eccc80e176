"""Review in the Match view, by keys alone: a hundred spots, nothing lost, conflicts shown, undone and redone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from app.library.library import Match
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPTED, ADDED, MOVED, REJECT, REJECTED, Reviews
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

CLASSES = load_classes()
ROTATED = ("Shots on target", "Shots off target", "Clearance", "Ball out of play")
RATE, GAP, COUNT = 5, 1.2, 100
ROW_IN_VIEW = """() => {
  const [list, row] = ['.list', '.spot.chosen'].map((name) => find().rail.q(name).getBoundingClientRect());
  return row.top >= list.top && row.bottom <= list.bottom + 1;
}"""
ALLOWED_KEYS = 110
"""For a hundred spots of which ten are false, five a frame late and five of another class."""


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    """A match of a hundred spots."""
    path = make_video(server.root / "hundred.mp4", steady(round(COUNT * GAP * RATE) + 10, rate=RATE), key_every=RATE)
    spots = [Spot(1, round((n + 1) * GAP * 1e6), ROTATED[n % 4], 0.9 - 0.002 * n) for n in range(COUNT)]
    make_analysis(open_match(path), server.data, spots)
    return server.library().add(str(path))


@pytest.fixture
def reviews(server: Server) -> Reviews:
    return Reviews(open_database(server.data))


def answered(page: Page) -> None:
    page.wait_for_function("() => find().review.pending.length === 0")


def opened(page: Page, server: Server, match: Match, name: str = "Ann") -> None:
    page.add_init_script(f"localStorage.setItem('touchline-reviewer', '{name}')")
    open_page(page, server, match, half=1, t=1.2, **{"class": ROTATED[0]})
    page.wait_for_function("() => find().chosen !== null")


def test_a_hundred_spots_are_reviewed_by_keys_and_none_is_lost(
    page: Page,
    server: Server,
    match: Match,
    reviews: Reviews,
) -> None:
    opened(page, server, match)
    keys = 0
    for number in range(COUNT):
        pressed = ["a"]
        if number % 10 == 3:
            pressed = ["x"]
        elif number % 20 == 7:
            pressed = ["ArrowLeft", "m"]
        elif number % 20 == 15:
            pressed = ["c", "c"]  # the third class of the table: Goal
        for key in pressed:
            page.keyboard.press(key)
        keys += len(pressed)
    answered(page)
    assert keys == ALLOWED_KEYS
    reviewed = reviews.of_match(match.id)
    states = [r.state for r in reviewed]
    assert (len(reviewed), states.count(REJECTED), states.count(MOVED)) == (COUNT, 10, 5)
    assert states.count(ACCEPTED) == 85
    assert [r.label for r in reviewed].count("Goal") == 5
    # A spot that was moved stands on the frame before the one on which it was opened, that of the nearest sample.
    moved = [r for r in reviewed if r.state == MOVED]
    assert all(r.time % 200_000 == 0 for r in moved)
    origins = {round(float(r.origin.split("-")[1]) / 1e6, 1): r.time / 1e6 for r in moved}
    samples = page.evaluate("() => Array.from(find().arrays.get(1).samples)")
    opened_on = {was: min(samples, key=lambda sample: abs(sample - was)) for was in origins}
    assert all(0.19 <= opened_on[was] - now <= 0.21 for was, now in origins.items())
    assert {r.author for r in reviewed} == {"Ann"}
    assert page.locator(".review-foot").inner_text().count("100 of 100") == 1
    assert page.evaluate(ROW_IN_VIEW)


def test_comment_team_adding_undo_and_a_conflict(
    page: Page,
    server: Server,
    match: Match,
    reviews: Reviews,
) -> None:
    before = len(reviews.of_match(match.id))
    opened(page, server, match, "Ben")
    page.keyboard.press("t")
    page.keyboard.press("e")
    page.keyboard.type("a deflection")
    page.keyboard.press("Enter")
    answered(page)
    [first] = [r for r in reviews.of_match(match.id) if r.author == "Ben"]
    assert (first.team, first.comment) == ("home", "a deflection")

    page.keyboard.press("d")
    page.keyboard.press("a")  # the first class of the table
    answered(page)
    [added] = [r for r in reviews.of_match(match.id) if r.state == ADDED]
    assert (added.label, added.time % 200_000) == (CLASSES.names[0], 0)
    page.keyboard.press("Control+z")
    answered(page)
    assert [r for r in reviews.of_match(match.id) if r.state == ADDED] == []
    page.keyboard.press("Control+y")
    answered(page)
    assert len([r for r in reviews.of_match(match.id) if r.state == ADDED]) == 1
    assert len(reviews.of_match(match.id)) == max(before, 1) + 1

    # Somebody else changes the spot that is on screen: the change made on the old one is refused and both are shown.
    page.evaluate("(id) => find().pick(find().all.find((s) => id.endsWith(s.id)))", first.origin)  # not what was added
    other = reviews.change(match.id, first.origin, first.spot, REJECT, "Eve", first.revision)
    page.keyboard.press("a")
    page.get_by_role("alert").wait_for()
    text = page.get_by_role("alert").inner_text()
    assert "Your accept was not kept" in text
    assert "Eve has changed this spot" in text
    kept = next(r for r in reviews.of_match(match.id) if r.id == first.id)
    assert (kept.state, kept.author, kept.revision) == (REJECTED, "Eve", other.revision)


def test_a_name_is_asked_once(page: Page, server: Server, match: Match) -> None:
    open_page(page, server, match, half=1, t=2.4, **{"class": ROTATED[1]})
    page.wait_for_function("() => find().chosen !== null")
    page.keyboard.press("t")
    box: Any = page.get_by_label("Your name, then Enter")
    box.wait_for()
    box.fill("Cleo")
    box.press("Enter")
    answered(page)
    assert "Cleo" in page.locator(".review-foot").inner_text()
    page.keyboard.press("t")
    assert page.get_by_label("Your name, then Enter").count() == 0


def test_a_change_right_after_an_undo_is_no_conflict_with_oneself(
    page: Page, server: Server, match: Match, reviews: Reviews
) -> None:
    opened(page, server, match, "Undine")
    page.evaluate("() => find().pick(find().all[40])")
    wanted = page.evaluate("() => find().chosen.id")
    before = next((r.revision for r in reviews.of_match(match.id) if r.origin.endswith(wanted)), 0)
    unsure = page.evaluate(
        """() => {
          for (const [key, ctrlKey] of [["t", false], ["z", true], ["t", false], ["a", false]]) {
            window.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, cancelable: true }));
          }
          return find().part("review").outbox.pending.map((a) => a.revision === null);
        }"""
    )
    assert unsure == [False, False, True, True]
    answered(page)
    assert page.evaluate("() => find().data.reviewProblems") == []
    kept = next(r for r in reviews.of_match(match.id) if r.origin.endswith(wanted))
    assert (kept.author, kept.team, kept.state, kept.revision) == ("Undine", "away", "accepted", before + 4)


def test_a_comment_is_kept_of_the_spot_it_was_begun_on(
    page: Page, server: Server, match: Match, reviews: Reviews
) -> None:
    opened(page, server, match, "Cora")
    page.evaluate("() => find().pick(find().all[50])")
    wanted, other = page.evaluate("() => [find().chosen.id, find().all[60].id]")
    page.keyboard.press("e")
    page.keyboard.type("a hand")
    page.evaluate("() => find().pick(find().all[60])")
    page.keyboard.press("Enter")
    answered(page)
    comments = {r.origin.split("/")[-1]: r.comment for r in reviews.of_match(match.id)}
    assert comments[wanted] == "a hand"
    assert not comments.get(other)
