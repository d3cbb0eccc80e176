"""Replays in the Match view, found by models: from one to its action and back, beside it, and spots that lie in them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.library.library import Match
from spotting_core.domain.cameras import GROUPS, Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.chosen_models import ChosenModel, ChosenModels
from spotting_core.store.database import open_database
from spotting_core.tasks.spotting import SPOTTING
from tests.app.conftest import Server, patient
from tests.app.made_analysis import make_analysis, make_groundings, make_shots
from tests.app.player_page import open_page, settle
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

CAMERAS = load_classes("soccernet-cameras").names
MAIN, CLOSE = CAMERAS[:2]
SECOND, RATE = 1_000_000, 5
SPOTS = [
    Spot(1, 2 * SECOND, "Goal", 0.9), Spot(1, 5_400_000, "Corner", 0.8), Spot(1, 15_000_000, "Foul", 0.7),
    Spot(1, 24 * SECOND, "Foul", 0.9),
]  # fmt: skip
SHOTS = [
    Shot(1, 0, 4 * SECOND, MAIN, False, None, 0.9),
    Shot(1, 4 * SECOND, 7 * SECOND, CLOSE, True, None, 0.5),  # shows the goal; the corner is seen only here
    Shot(1, 7 * SECOND, 13 * SECOND, MAIN, False, None, 0.8),
    Shot(1, 13 * SECOND, 16 * SECOND, CLOSE, True, None, 0.7),  # fits no action
    Shot(1, 16 * SECOND, 26 * SECOND, MAIN, False, None, 0.95),
]
GROUNDINGS = [
    Grounding(1, 4 * SECOND, 7 * SECOND, (Candidate(Link(1, 2 * SECOND, "Goal"), 0.9),)),
    Grounding(1, 13 * SECOND, 16 * SECOND, ()),
]


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    """A match of five shots, by a model; two of them are replays."""
    path = server.root / "replays"
    path.mkdir()
    make_video(path / "1_720p.mp4", steady(26 * RATE, rate=RATE), key_every=RATE)
    source = open_match(path)
    make_analysis(source, server.data, SPOTS)
    make_shots(source, server.data, SHOTS)
    make_groundings(source, server.data, GROUNDINGS)
    return server.library().add(str(path))


def time_shown(page: Page) -> float:
    settle(page)
    return float(page.evaluate("() => find().player.time"))


def row(page: Page, text: str) -> str:
    return page.locator(".rail .spot", has_text=text).first.get_attribute("class") or ""


def test_a_replay_leads_to_its_action_and_back_and_is_played_beside_it(
    page: Page, server: Server, match: Match
) -> None:
    open_page(page, server, match, half=1, t=6)
    page.keyboard.press("g")
    assert time_shown(page) == 2
    assert page.evaluate("() => find().chosen.action.name") == "Goal"
    panel = page.locator(".replays")
    expect(panel.locator(".thumb")).to_have_count(1)
    page.keyboard.press("g")
    assert time_shown(page) == 6
    page.keyboard.press("g")
    panel.locator(".thumb").click()
    inset = page.locator(".inset")
    expect(inset).to_be_visible()
    page.wait_for_function("() => find().part('replays').inset.video.currentTime > 4.2")
    assert "Goal, replay at 00:0" in inset.inner_text()
    assert time_shown(page) == 2  # the action stays where it is
    page.wait_for_function("() => find().part('replays').inset.video.paused")
    assert 6 < page.evaluate("() => find().part('replays').inset.video.currentTime") < 8
    inset.get_by_role("button").click()
    expect(inset).to_be_hidden()
    page.evaluate("() => find().goTo(1, 14)")
    settle(page)
    page.keyboard.press("g")
    expect(panel.get_by_role("status")).to_contain_text("No action fits it")
    assert time_shown(page) == 14


def test_spots_in_replays_are_marked_not_counted_and_narrowed_by_what_the_address_remembers(
    page: Page, server: Server, match: Match
) -> None:
    open_page(page, server, match, half=1, t=0)
    expect(page.locator(".rail .spot")).to_have_count(4)
    assert page.locator(".rail-head .count").inner_text() == "2"
    assert "replayed" in row(page, "Corner")
    assert page.locator(".spot", has_text="Corner").locator(".in-replay.only").count() == 1
    assert "replayed" not in row(page, "Goal")
    page.locator("select.replays").select_option("live")
    expect(page.locator(".rail .spot")).to_have_count(2)
    assert parse_qs(urlsplit(page.url).query)["replays"] == ["live"]
    page.locator("select.replays").select_option("only")
    expect(page.locator(".rail .spot").first).to_contain_text("Corner")
    open_page(page, server, match, half=1, t=0, replays="live")
    expect(page.locator(".rail .spot")).to_have_count(2)
    cameras = page.locator("select.shots option")
    assert [option.inner_text() for option in cameras.all()] == ["All cameras", *GROUPS.values()]
    page.locator("select.shots").select_option("close")
    expect(page.locator(".rail .spot")).to_have_count(0)


def test_what_a_model_doubts_most_is_gone_through_first(page: Page, server: Server, match: Match) -> None:
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match, half=1, t=0)
    page.keyboard.press("v")
    expect(page.locator(".rail-head .order")).to_have_text("camera model")
    page.get_by_role("button", name="Doubtful first").click()
    page.keyboard.press("q")
    chosen = "() => find().part('cameras').review.item.confidence"
    assert page.evaluate(chosen) == pytest.approx(0.5, abs=1e-3)
    page.keyboard.press("a")
    assert page.evaluate(chosen) == pytest.approx(0.7, abs=1e-3)
    page.wait_for_function("() => find().review.pending.length === 0")
    expect(page.locator(".rail .camera.accepted")).to_have_count(1)


def test_a_spot_is_marked_where_its_reviewer_puts_it(page: Page, server: Server, match: Match) -> None:
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match, half=1, t=0)
    count = page.locator(".rail-head .count")
    expect(count).to_have_text("2")
    page.locator(".rail .spot", has_text="Corner").click()
    page.evaluate("() => find().goTo(1, 10)")
    settle(page)
    page.keyboard.press("m")
    expect(page.locator(".rail .spot.moved.replayed", has_text="Corner")).to_have_count(0)
    expect(count).to_have_text("3")
    page.evaluate("() => find().goTo(1, 14)")
    settle(page)
    page.keyboard.press("d")
    page.keyboard.press("a")
    added = page.locator(".rail .spot.added")
    expect(added.locator(".in-replay.only")).to_have_count(1)


def test_replays_neither_push_the_buttons_of_the_chosen_row_nor_take_the_lists_room(
    page: Page, server: Server, match: Match
) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    open_page(page, server, match, half=1, t=24)
    tops = """(label) => { const w = find(); w.pick(w.spots.filter((s) => s.action.name === label).at(-1));
      const top = (selector) => w.q(selector).getBoundingClientRect().top;
      return [w.q('.side > .replays').hidden, top('[data-press=A]') - top('.list')]; }"""
    apart = page.evaluate(tops, "Foul")
    assert apart[0]
    assert page.evaluate(tops, "Goal") == [False, apart[1]]
    page.set_viewport_size({"width": 1366, "height": 720})
    page.wait_for_function("() => !find().root.classList.contains('tiny')")
    assert not page.evaluate(tops, "Goal")[0]
    page.wait_for_function(
        "() => { const { bottom } = find().q('.list').getBoundingClientRect(), rows = [...find().root.querySelectorAll('.list .spot')];"
        " return rows.slice(0, 2).every((row) => row.getBoundingClientRect().bottom <= bottom); }",
        timeout=30_000,
    )
    expect(page.locator(".side > .replays .thumb")).to_be_visible()


def test_all_controls_of_the_player_are_in_it_where_the_window_is_low(page: Page, server: Server, match: Match) -> None:
    for width in (1366, 1920):
        page.set_viewport_size({"width": width, "height": 650})
        open_page(page, server, match, half=1, t=24)
        page.wait_for_function(
            "() => { const { right } = find().q('.player').getBoundingClientRect();"
            " const shown = [...find().root.querySelectorAll('.transport button, .layers > :not(.spring)')].filter((e) => e.getClientRects().length);"
            " return shown.length > 8 && shown.every((e) => e.getBoundingClientRect().right <= right); }",
            timeout=30_000,
        )


@pytest.mark.parametrize(("width", "height"), [(1440, 650), (1100, 650), (1100, 800)])
def test_a_low_window_with_a_notice_and_replays_shows_four_spots(
    browser: Browser, server: Server, match: Match, width: int, height: int
) -> None:
    chosen = ChosenModels(open_database(server.data))
    chosen.choose(match.id, SPOTTING.name, ChosenModel("gone", "A model that is gone"))
    page = patient(browser.new_context(viewport={"width": width, "height": height})).new_page()
    open_page(page, server, match, half=1, t=6)
    expect(page.locator(".notice")).to_contain_text("A model that is gone")
    page.keyboard.press("g")
    expect(page.locator(".replays .thumb")).to_have_count(1)
    rows = """() => {
      const [list, head, row] = ['.list', '.list .half', '.list .spot:not(.chosen)'].map((s) => find().root.querySelector(s));
      return (list.clientHeight - head.offsetHeight - 4) / row.offsetHeight; // the chosen row is taller by 4
    }"""
    assert page.evaluate(rows) >= 4
    inside = "() => [...find().root.querySelectorAll('.side > .card')].every((card) => card.scrollHeight <= card.clientHeight + 1)"
    assert page.evaluate(inside)
    page.context.close()
    chosen.choose(match.id, SPOTTING.name, _used(server, match))


def _used(server: Server, match: Match) -> ChosenModel:
    record = server.library().analyses(match)[0].record
    return ChosenModel(record.identity.key, str(record.model["name"]))
