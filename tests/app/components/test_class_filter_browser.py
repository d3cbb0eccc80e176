"""The control of classes in Chromium: one click for one class, presets, own ones that stay, and the address."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.class_presets import ClassPresets
from spotting_core.store.database import open_database
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

SPOTS = [
    Spot(1, 1_200_000, "Kick-off", 0.9), Spot(1, 3_300_000, "Goal", 0.8), Spot(1, 6_400_000, "Yellow card", 0.7),
    Spot(1, 8_000_000, "Red card", 0.95),
]  # fmt: skip


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    path = make_video(server.root / "filtered.mp4", steady(260), first=31_000, container={"movflags": "faststart"})
    make_analysis(open_match(path), server.data, SPOTS)
    return server.library().add(str(path))


def in_address(page: Page, *names: str) -> None:
    page.wait_for_function(
        "(word) => (new URLSearchParams(location.search).get('classes') ?? '') === word", arg="~".join(names)
    )


def presets_are(page: Page, server: Server, *names: str) -> None:
    """Wait until the app has kept presets of these names and no others: a page that is left before tells it nothing."""
    presets, end = ClassPresets(open_database(server.data)), time.monotonic() + 60
    while (kept := tuple(presets.all())) != names:
        assert time.monotonic() < end, kept
        page.wait_for_timeout(50)


def test_one_click_shows_one_class_and_the_address_keeps_it(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/search?matches={match.id}")
    rows = page.locator("a.error")
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Only Goal", exact=True).click()
    in_address(page, "Goal")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Cards", exact=True).click()
    in_address(page, "Yellow card", "Red card", "Yellow->red card")
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Cards", exact=True)).to_have_attribute("aria-pressed", "true")
    page.locator('[data-class="Red card"]').click()  # taken out of the preset
    in_address(page, "Yellow card", "Yellow->red card")
    expect(rows).to_have_count(1)
    page.go_back()
    page.go_back()  # over the reload
    in_address(page, "Goal")
    expect(rows).to_have_count(1)
    expect(page.locator('[data-class="Goal"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-class="Red card"]')).to_have_attribute("aria-pressed", "false")


def test_own_presets_are_kept_by_keys_and_forgotten(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/search?matches={match.id}&classes=Goal~Kick-off")
    expect(page.locator("a.error")).to_have_count(2)
    page.get_by_role("button", name="+ Keep").click()
    name = page.get_by_role("textbox", name="Name of the preset")
    expect(name).to_be_focused()
    name.fill("From the middle")
    name.press("Enter")
    own = page.get_by_role("button", name="From the middle", exact=True)
    expect(own).to_have_attribute("aria-pressed", "true")
    presets_are(page, server, "From the middle")
    page.goto(f"{server.url}/search?matches={match.id}")
    expect(page.locator("a.error")).to_have_count(4)
    own.focus()
    page.keyboard.press("Enter")
    in_address(page, "Kick-off", "Goal")
    expect(own).to_be_focused()  # what is drawn anew keeps the focus
    page.get_by_role("button", name="Forget From the middle").click()
    expect(own).to_have_count(0)
    presets_are(page, server)
    page.reload()
    expect(page.get_by_role("button", name="Cards", exact=True)).to_be_visible()
    expect(own).to_have_count(0)


def test_clicks_that_follow_each_other_fast_all_count(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/search?matches={match.id}&classes=Goal")
    expect(page.locator("a.error")).to_have_count(1)
    for name in ("Kick-off", "Red card", "Yellow card", "Goal"):
        page.locator(f'[data-class="{name}"]').click()
    in_address(page, "Kick-off", "Yellow card", "Red card")
    expect(page.locator("a.error")).to_have_count(3)


def test_a_button_that_is_held_while_the_page_answers_is_clicked(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/search?matches={match.id}")
    page.get_by_role("button", name="Cards", exact=True).hover()
    page.get_by_role("button", name="Only Goal", exact=True).evaluate("(button) => button.click()")
    page.mouse.down()
    in_address(page, "Goal")
    expect(page.locator("a.error")).to_have_count(1)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.mouse.up()
    in_address(page, "Yellow card", "Red card", "Yellow->red card")


def test_a_reel_of_goals_takes_two_clicks(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/clips?match={match.id}")
    clips = page.locator(".reel .clip")
    expect(clips).to_have_count(2)  # of the two cards at one moment the surer
    page.get_by_role("button", name="Key moments").click()
    page.get_by_role("button", name="Goals", exact=True).click()
    in_address(page, "Goal")
    expect(clips).to_have_count(1)
    expect(page.get_by_role("button", name="Goals", exact=True).first).to_be_visible()


def test_the_other_pages_have_the_same_control(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/statistics?match={match.id}")
    page.get_by_role("button", name="All classes").click()
    page.get_by_role("button", name="Only Red card", exact=True).click()
    in_address(page, "Red card")
    expect(page.get_by_test_id("stPopoverButton").filter(has_text="Red card")).to_be_visible()
    page.goto(f"{server.url}/evaluate")  # of the demo match, which has labels
    page.get_by_role("button", name="All classes").click()
    page.get_by_role("button", name="Cards", exact=True).click()
    in_address(page, "Yellow card", "Red card", "Yellow->red card")
    expect(page.locator("tr[data-class]")).to_have_count(3)


def test_filters_come_back_with_an_address_that_was_left(page: Page, server: Server, match: Match) -> None:
    page.goto(f"{server.url}/search?matches={match.id}&words=filtered&classes=Goal")
    words = page.get_by_role("textbox", name="Words in the match or a comment")
    expect(words).to_have_value("filtered")
    page.get_by_role(
        "link", name="Statistics"
    ).click()  # Streamlit forgets what the widgets of a page held that is left
    expect(page.get_by_text("How often, and by whom?")).to_be_visible()
    page.go_back()
    expect(words).to_have_value("filtered")
    expect(page.locator("a.error")).to_have_count(1)
    assert "words=filtered" in page.url
