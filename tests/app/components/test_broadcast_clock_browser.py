"""The clock of the broadcast in Chromium: beside the times of the list, and above the reasons of a spot."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.score_bug.match_clock import correct_half, known_clock
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page
from tests.score_bugs import bug_text, keep_readings
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

SPOTS = [Spot(1, 4_000_000, "Foul", 0.9), Spot(1, 10_000_000, "Goal", 0.8)]


def test_spots_carry_it_and_a_goal_its_change_of_the_score(page: Page, server: Server) -> None:
    video = make_video(server.root / "aired.mp4", steady(750), first=48_000, container={"movflags": "faststart"})
    source = open_match(video)
    make_analysis(source, server.data, SPOTS)
    keep_readings(ingest(video, server.data), lambda s: bug_text(47 * 60 + s, "1-0" if s >= 13 else "0-0"))
    match = server.library().add(str(video))
    open_page(page, server, match, half=1, t=10, **{"class": "Goal"})
    aired = page.locator(".spot .aired")
    expect(aired).to_have_text(["47:04", "47:10"])
    expect(page.locator(".why .broadcast")).to_have_text(
        "Clock of the broadcast 47:10. Score bug 0–0 → 1–0 at 47:13, 3 s later."
    )
    assert aired.evaluate_all("(all) => all.filter((e) => e.scrollWidth > e.parentElement.clientWidth + 1).length") == 0
    page.locator(".spot", has_text="Foul").click()
    expect(page.locator(".why .broadcast")).to_have_text("Clock of the broadcast 47:04.")


def test_spots_where_no_half_is_played_are_told_apart_and_can_be_left_out(page: Page, server: Server) -> None:
    """The clock stands in the first 30 s of three minutes; the second spot lies two minutes later."""
    video = make_video(server.root / "studio.mp4", steady(4500), first=53_000, container={"movflags": "faststart"})
    source, media = open_match(video), ingest(video, server.data)
    make_analysis(source, server.data, [Spot(1, 10_000_000, "Foul", 0.9), Spot(1, 160_000_000, "Goal", 0.8)])
    keep_readings(media, lambda s: bug_text(47 * 60 + s, "0-0") if s < 60 else None)
    clock = known_clock({1: media}, load_classes().parts)
    correct_half({1: media}, clock, 2, 0, 60_000_000, 1)
    open_page(page, server, server.library().add(str(video)), half=1, t=160, **{"class": "Goal"})
    expect(page.locator(".spot .aired")).to_have_text(["47:10", "no play"])
    expect(page.locator(".why .broadcast")).to_have_text("No half is played here: after half 2.")
    expect(page.locator(".spot.outside")).to_have_count(1)
    choice = page.locator("select.replays")
    expect(choice.locator("option")).to_have_text(["With breaks 2", "In play 1"])
    expect(page.locator("select.shots")).to_be_hidden()
    choice.select_option("live")
    expect(page.locator(".spot .name")).to_have_text(["Foul"])


def test_where_it_was_not_read_nothing_is_said(page: Page, server: Server) -> None:
    video = make_video(server.root / "unread.mp4", steady(260), first=49_000, container={"movflags": "faststart"})
    make_analysis(open_match(video), server.data, SPOTS)
    open_page(page, server, server.library().add(str(video)), half=1, t=4, **{"class": "Foul"})
    expect(page.locator(".spot").first).to_be_visible()
    expect(page.locator(".aired, .why .broadcast")).to_have_count(0)


def test_a_key_has_a_half_begin_at_the_frame_on_screen(page: Page, server: Server) -> None:
    video = make_video(server.root / "halves.mp4", steady(740), first=51_000, container={"movflags": "faststart"})
    source = open_match(video)
    make_analysis(source, server.data, SPOTS)
    keep_readings(ingest(video, server.data), lambda s: bug_text(600 + s, "0-0"))
    open_page(page, server, server.library().add(str(video)), half=1, t=4, **{"class": "Foul"})
    page.keyboard.press(".")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("On screen: 00:04 of halves.mp4.")
    dialog.get_by_role("button", name="Begins here").first.click()
    expect(dialog).to_contain_text("00:04 to")
    expect(dialog).to_contain_text("as you said")
