"""Review by hand in the Match view: every key has a button, and what was done is said, shown and taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPTED, ADDED, MOVED, OPEN, REJECTED, Reviews
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

RATE, SECONDS = 5, 30
ROTATED = ("Ball out of play", "Clearance", "Throw-in", "Foul")
SPOTS = [
    *(Spot(1, n * 2_000_000, ROTATED[n % 4], 0.95 - 0.05 * n) for n in range(1, 8)),
    Spot(1, 20_000_000, "Red card", 0.7), Spot(1, 20_500_000, "Yellow card", 0.9), Spot(1, 21_000_000, "Yellow->red card", 0.6),
    Spot(2, 4_000_000, "Goal", 0.93), Spot(2, 9_000_000, "Corner", 0.57),
]  # fmt: skip


@pytest.fixture
def match(server: Server, request: pytest.FixtureRequest) -> Match:
    """A match of two halves, of its own for each test."""
    name = request.node.name.removeprefix("test_")[:40]
    folder = server.root / name
    folder.mkdir()
    first = 20_000 + 2 * sum(name.encode())
    for half in (1, 2):
        make_video(folder / f"{half}_video.mp4", steady(SECONDS * RATE, rate=RATE), first=first + half, key_every=RATE)
    make_analysis(open_match(folder), server.data, SPOTS)
    return server.library().add(str(folder))


@pytest.fixture
def reviews(server: Server) -> Reviews:
    return Reviews(open_database(server.data))


def opened(page: Page, server: Server, match: Match, **query: object) -> None:
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match, half=1, t=2, **{"class": "Clearance", **query})
    page.wait_for_function("() => find().chosen !== null")


def answered(page: Page) -> None:
    page.wait_for_function("() => find().review.pending.length === 0")


def states(reviews: Reviews, match: Match) -> dict[tuple[int, str], str]:
    return {(r.half, f"{r.label} {r.time / 1e6:.1f}"): r.state for r in reviews.of_match(match.id)}


def panel(page: Page, name: str) -> None:
    page.locator(".review-foot").get_by_role("button", name=name).first.click()


def toast(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def test_buttons_judge_and_the_toast_takes_back(page: Page, server: Server, match: Match, reviews: Reviews) -> None:
    opened(page, server, match)
    panel(page, "Accept")
    toast(page, "Accepted: Clearance at 00:02")
    panel(page, "Reject")
    toast(page, "Rejected: Throw-in at 00:04")
    answered(page)
    assert states(reviews, match) == {(1, "Clearance 2.0"): ACCEPTED, (1, "Throw-in 4.0"): REJECTED}
    page.locator(".toast").get_by_role("button", name="Undo").click()
    toast(page, "Taken back: Rejected: Throw-in at 00:04")
    answered(page)
    assert states(reviews, match)[1, "Throw-in 4.0"] == OPEN
    expect(page.locator(".review-foot")).to_contain_text("1 of 12")
    assert round(page.evaluate("() => find().chosen.seconds")) == 4  # where it was
    page.locator(".toast").get_by_role("button", name="Redo").click()
    toast(page, "Done again: Rejected: Throw-in at 00:04")
    answered(page)
    assert states(reviews, match)[1, "Throw-in 4.0"] == REJECTED
    panel(page, "next open")
    panel(page, "Class")
    menu = page.get_by_role("group", name="Class of this spot")
    expect(menu.get_by_text("Class of this spot")).to_be_visible()
    menu.get_by_role("button", name="leave it").click()  # as Esc does, where there are no keys
    expect(menu).to_be_hidden()
    panel(page, "Class")
    menu.get_by_text("Goal", exact=True).click()
    toast(page, "Re-classed: Goal at 00:06")
    row = page.locator(".spot", has_text="was Foul")
    expect(row).to_contain_text("Goal")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", "re-classed by Ann; was Foul")
    for verdict in ("accepted", "rejected", "re-classed"):
        expect(page.locator(f".legend-verdict[data-verdict={verdict}]")).to_be_visible()
    expect(page.locator(".legend-verdict[data-verdict=added]")).to_be_hidden()


def test_hints_of_keys_are_pressed_on_screen(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    before = page.evaluate("() => find().player.frame")
    page.locator("footer").get_by_role("button", name="→").click()
    page.wait_for_function(f"() => find().player.frame === {before + 1}")
    page.locator("footer").get_by_role("button", name="? all").click()
    expect(page.locator(".keys")).to_be_visible()
    panel(page, "next open")
    page.wait_for_function("() => Math.round(find().chosen.seconds) === 4")
    panel(page, "cameras")
    page.wait_for_function("() => find().rail.list.label === 'Cameras'")


def test_many_are_accepted_from_a_confidence_and_undone_as_one(
    page: Page, server: Server, match: Match, reviews: Reviews
) -> None:
    opened(page, server, match)
    page.keyboard.press("x")
    panel(page, "accept many")
    page.get_by_label("Least confidence of what is accepted").fill("60")
    # Of the three cards of one moment, all from .6 on, the surest alone.
    accepted = page.evaluate(
        "() => find().review.surest(0.6).map((s) => s.action.name).filter((n) => n.includes('card'))"
    )
    assert accepted == ["Yellow card"]
    page.get_by_label("Least confidence of what is accepted").fill("75")
    page.get_by_role("button", name="Accept 5 spots").click()
    toast(page, "Accepted 5 spots")
    answered(page)
    kept = states(reviews, match)
    assert sorted(kept.values()) == [ACCEPTED] * 5 + [REJECTED]
    page.locator(".toast").get_by_role("button", name="Undo").click()
    answered(page)
    assert sorted(states(reviews, match).values()) == [OPEN] * 5 + [REJECTED]


def test_open_and_reviewed_are_filters_that_the_address_keeps(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    page.keyboard.press("a")
    answered(page)
    page.get_by_role("button", name="Reviewed 1").click()
    expect(page.locator("[data-spot]")).to_have_count(1)
    page.wait_for_url("**review=reviewed**")
    page.get_by_role("button", name="Open 11").click()
    expect(page.locator("[data-spot]")).to_have_count(11)
    page.keyboard.press("a")  # it leaves the list, and the next open one is chosen
    page.wait_for_function("() => Math.round(find().chosen.seconds) === 6")
    expect(page.locator(".review-foot")).to_contain_text("2 of 12")


def test_a_move_into_the_other_half_is_asked_for(page: Page, server: Server, match: Match, reviews: Reviews) -> None:
    opened(page, server, match)
    page.evaluate("() => find().goTo(2, 9)")
    page.wait_for_function("() => find().player.half === 2")
    page.keyboard.press("m")
    expect(page.locator(".review-foot")).to_contain_text("in half 2, this spot in half 1")
    page.keyboard.press("m")  # pressed in haste it still asks
    page.keyboard.press("Escape")
    assert states(reviews, match) == {}
    page.keyboard.press("m")
    panel(page, "move it there")
    toast(page, "Moved: Clearance")
    answered(page)
    assert states(reviews, match) == {(2, "Clearance 9.0"): MOVED}


def test_what_is_added_under_a_filter_is_chosen_and_shown_on_request(
    page: Page, server: Server, match: Match, reviews: Reviews
) -> None:
    opened(page, server, match, hide="Goal")
    page.keyboard.press("d")
    page.keyboard.press("c")  # Goal
    toast(page, "Added Goal; it is hidden by the filter of classes")
    assert page.evaluate("() => [find().chosen.action.name, find().chosen.confidence]") == ["Goal", None]
    answered(page)
    page.locator(".toast").get_by_role("button", name="Show it").click()
    row = page.locator(".spot.chosen")
    expect(row).to_contain_text("Goal")
    expect(row.locator(".value")).to_have_text("")
    expect(row.locator(".bar")).to_have_count(0)
    [added] = [r for r in reviews.of_match(match.id) if r.state == ADDED]
    assert added.confidence is None


def test_cards_of_one_moment_stand_together_the_surest_first(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    names = "() => [...find().rail.root.querySelectorAll('.spot .name')].map((n) => n.innerText).slice(7, 10)"
    assert page.evaluate(names) == ["Yellow card", "or Red card", "or Second yellow"]
    page.evaluate("() => find().pick(find().all.find((s) => s.action.name === 'Red card'))")
    page.keyboard.press("a")
    page.wait_for_function(f"() => ({names})()[0] === 'Red card'")
    assert page.evaluate(names) == ["Red card", "or Yellow card", "or Second yellow"]


def test_boxes_follow_between_samples_and_are_not_left_behind(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    got = page.evaluate(
        """async () => {
          const { entitiesAt } = await import(`${find().data.scripts}/workspace/box_tracks.js`);
          const row = (entity, x, y) => ({ entity, box: [x, y, x + .05, y + .1], weight: .2, kept: true, score: .9 });
          const rows = [[row(0, .1, .1), row(0, .5, .5), row(1, .8, .8)], [row(0, .2, .1), row(0, .6, .5)]];
          const entities = { of: (sample) => rows[sample] }, samples = [0, .5];
          const at = (time, sample, shot = null) => entitiesAt(entities, samples, { sample, moment: samples[sample], time }, () => shot);
          const lefts = (some) => some.map((r) => Math.round(r.box[0] * 1000) / 1000);
          return [lefts(at(0, 0)), lefts(at(.25, 0)), lefts(at(.4, 1)), lefts(at(.25, 0, { start: 0, end: .4 })), lefts(at(.5, 1))];
        }"""
    )
    # On the samples all of them; between, those of both, on their way; nothing across a cut.
    assert got == [[0.1, 0.5, 0.8], [0.15, 0.55], [0.18, 0.58], [], [0.2, 0.6]]


def test_a_spot_opens_on_the_sample_whose_reasons_are_shown(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    page.evaluate("() => find().pick(find().all.find((s) => s.action.name === 'Yellow card'))")
    page.wait_for_function("() => { const w = find(); return !w.player.video.seeking && w.player.overlay.shown; }")
    distance = page.evaluate(
        "() => { const w = find(), t = w.player.time; return Math.min(...w.arrays.get(1).samples.map((s) => Math.abs(s - t))); }"
    )
    assert distance < 0.01


def test_in_a_small_window_the_list_scrolls_by_itself_and_the_toast_leaves_the_buttons_free(
    page: Page, server: Server, match: Match
) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    opened(page, server, match)
    expect(page.locator(".list .spot").nth(8)).to_be_attached()
    assert page.evaluate(
        "() => { const l = find().root.querySelector('.list'); return l.scrollHeight > l.clientHeight; }"
    )
    panel(page, "Accept")
    toast(page, "Accepted: Clearance at 00:02")
    shown, buttons = page.locator(".toast").bounding_box(), page.locator(".review-buttons").bounding_box()
    assert shown is not None
    assert buttons is not None
    assert shown["y"] + shown["height"] <= buttons["y"]
