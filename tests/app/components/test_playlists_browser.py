"""A playlist's link in Chromium, and the desk of Clips on a narrow screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    path = make_video(server.root / "listed.mp4", steady(260), first=51_000, container={"movflags": "faststart"})
    make_analysis(
        open_match(path), server.data, [Spot(1, 3_300_000, "Goal", 0.8), Spot(1, 8_000_000, "Red card", 0.95)]
    )
    return server.library().add(str(path))


def test_a_playlist_is_made_and_its_link_copied(page: Page, server: Server, match: Match) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page.locator(".reel .clip")).to_have_count(2)
    page.get_by_role("button", name="Playlists").click()
    name = page.get_by_role("textbox", name="Its name")
    name.fill("For Monday")
    name.press("Enter")
    page.get_by_role("button", name="Add 2 clips").click()
    page.wait_for_function("() => new URLSearchParams(location.search).has('playlist')")
    expect(page.locator("a.error")).to_have_count(2)
    expect(page).to_have_title("For Monday – Clips – Touchline")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    page.reload()
    expect(page.locator("a.error")).to_have_count(2)


def test_the_transport_and_the_picture_are_whole_at_800(page: Page, server: Server, match: Match) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page.locator(".reel .clip")).to_have_count(2)
    expect(page.locator(".desk.narrow")).to_have_count(1)
    seen: dict[str, Any] = page.locator(".desk").evaluate(
        """(desk) => {
          const bar = desk.querySelector('.transport'), stage = desk.querySelector('.stage').getBoundingClientRect();
          const ends = [...bar.children].filter((e) => e.offsetWidth).map((e) => e.getBoundingClientRect().right);
          return { cut: Math.max(...ends) - bar.getBoundingClientRect().right, shape: stage.width / stage.height };
        }"""
    )
    assert seen["cut"] <= 0
    assert seen["shape"] == pytest.approx(16 / 9, abs=0.02)
    expect(page.get_by_text("could not be loaded")).to_have_count(0)
