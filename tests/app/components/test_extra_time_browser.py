"""The match clock of extra time in Chromium: in the list, over the halves and behind regular time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

SPOTS = [
    Spot(2, 1_000_000, "Foul", 0.9), Spot(3, 2_000_000, "Goal", 0.8), Spot(4, 1_000_000, "Corner", 0.7),
    Spot(4, 905_000_000, "Foul", 0.6),
]  # fmt: skip


def test_its_halves_go_on_at_ninety_and_a_hundred_and_five(page: Page, server: Server) -> None:
    folder = server.root / "extra time"
    folder.mkdir()
    for number in (1, 2, 3, 4):
        times = steady(75) if number < 4 else steady(92, 0.1)
        video = folder / f"{number}.mp4"
        make_video(video, times, first=56_000 + 100 * number, container={"movflags": "faststart"})
    make_analysis(open_match(folder), server.data, SPOTS)
    open_page(page, server, server.library().add(str(folder)), half=4, t=1, **{"class": "Corner"})
    expect(page.locator(".spot .time")).to_have_text(["45:01", "90:02", "105:01", "120+0:05"])
    halves = page.locator(".halves button")
    expect(halves).to_have_count(4)
    expect(halves.nth(2)).to_have_text("3rd half 90:00–90:03")
    expect(halves.nth(3)).to_contain_text("4th half 105:0")
