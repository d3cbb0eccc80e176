"""The pitch map in Chromium: where the listed spots are, how sure that is, and why there may be none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from spotting_core.domain.people import Role
from spotting_core.models.card import BUNDLED
from tests.app.components.test_pitch_browser import calibrated, keep, somebody
from tests.app.conftest import Server
from tests.app.player_page import open_page

pytestmark = pytest.mark.browser


def place_of(mark: Locator) -> tuple[float, float]:
    """Metres on the pitch of 105 by 68 m, around which four metres are shown."""
    left, top = (float(mark.evaluate(f"(e) => e.style.{side}").rstrip("%")) / 100 for side in ("left", "top"))
    return (left - 0.5) * 113, (top - 0.5) * 76


def test_spots_lie_at_their_mark_at_the_ball_or_where_the_camera_looks_and_lead_there(
    page: Page, server: Server
) -> None:
    match = calibrated(server, "with places", [0.9] * 13 + [0.5] * 27)  # none from 6.5 s on
    keep(server, match, [somebody(5, 0, "", -30, 12, role=Role.BALL), somebody(2, 1, "home", 5, 5)])
    open_page(page, server, match, half=1, t=4)
    expect(page.locator(".pitch-map")).to_have_count(0)
    page.get_by_role("button", name="Pitch map").click()
    expect(page.locator(".places .caption")).to_have_text("2 at the ball, 1 at its mark, 1 without a place.")
    mark, card = (page.locator(f".pitch-map button[title^='{name}']") for name in ("Kick-off", "Yellow card"))
    assert place_of(mark) == pytest.approx((0, 0), abs=0.02)
    assert place_of(card) == pytest.approx((-30, 12), abs=0.02)
    expect(mark).to_have_attribute("title", re.compile("Kick-off, 00:01: at its mark, expected within 1.0 m"))
    # The sample nearest to the card, .1 s from it, is a second from the ball's, whose place is expected within .4 m.
    expect(card).to_have_attribute("title", re.compile("Yellow card, 00:03: .* ball, expected within 5.0 m"))
    card.click()  # in front of the goal, of which less is known
    expect(card).to_have_class(re.compile(r"\bon\b"))
    assert page.evaluate("() => [find().chosen.action.name, find().player.time]") == [
        "Yellow card",
        pytest.approx(3.4, abs=0.3),
    ]


def test_without_a_ball_spots_lie_where_the_camera_looks(page: Page, server: Server) -> None:
    match = calibrated(server, "without a ball", [0.91] * 13 + [0.5] * 27)
    keep(server, match, [somebody(2, 1, "home", 5, 5)])
    open_page(page, server, match, half=1, t=4)
    page.get_by_role("button", name="Pitch map").click()
    expect(page.locator(".places .caption")).to_have_text("1 at its mark, 2 where the camera looks, 1 without a place.")
    looked = page.locator(".pitch-map button.looked").first
    assert place_of(looked) == pytest.approx((0, 0), abs=0.02)
    # The picture is 120 m wide: 60 m between its quarters.
    expect(looked).to_have_attribute("title", re.compile("where the camera looks, expected within 24 m"))
    radii = page.locator(".pitch-map circle").evaluate_all("(all) => all.map((c) => Number(c.getAttribute('r')))")
    assert radii == pytest.approx([24, 24, 1])


def test_a_team_is_suggested_by_who_is_nearest_the_ball_and_set_by_a_key(page: Page, server: Server) -> None:
    match = calibrated(server, "with a suggestion", [0.93] * 40)  # players of no other test are kept for these
    nearby = somebody(2, 1, "away", -30.2, 12, team_confidence=1.0)
    keep(server, match, [somebody(2, 0, "", -30, 12, role=Role.BALL), nearby, somebody(2, 2, "home", 5, 5)])
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match, half=1, t=1.2, **{"class": "Kick-off"})
    suggestion, line = page.locator(".review-line.wrap"), page.locator(".review-line .review-text")
    expect(suggestion).to_have_text(re.compile(r"^Team: away\? 0\.(89|90), nearest the ball \(T sets it\)$"))
    page.evaluate(
        "() => { find().review.data.teams.away = 'Athletic Union of the Northern Harbours'; find().review.draw(); }"
    )
    expect(suggestion).to_contain_text("Northern Harbours")
    assert suggestion.locator("span").evaluate(
        "(e) => e.scrollWidth <= e.clientWidth && e.offsetHeight > 20"
    )  # in lines
    for team in ("away", "home", "unknown", "away"):
        page.keyboard.press("t")
        page.wait_for_function("(team) => find().review.known.get(find().chosen.id)?.team === team", arg=team)
    expect(line).to_have_count(1)
    expect(line).to_contain_text("not judged, away at")


def test_why_the_map_is_empty_is_said(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    head = page.get_by_role("button", name="Pitch map")
    expect(head).to_have_attribute("aria-expanded", "false")
    head.click()
    expect(head).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".places")).to_contain_text("This match has no calibrations, so nothing has a place.")
    expect(page.locator(".places")).to_contain_text(f"analyse it with {BUNDLED} alone in the Model dialog")
    match = calibrated(server, "with sure calibrations nowhere", [0.5] * 40)
    page.route("**/touchline/players/**", lambda route: route.fulfill(status=422, body="nobody can be placed."))
    open_page(page, server, match, half=1, t=4)  # the map is open still
    expect(page.locator(".places .caption")).to_contain_text("None of these spots has a place")
    expect(page.locator(".places .caption")).to_contain_text("nobody can be placed.")
    page.evaluate("() => find().setThreshold(null, 1, false)")
    expect(page.locator(".places .caption")).to_have_text("No spots with these filters.")


def test_of_a_refused_file_of_calibrations_the_reason_alone_is_said(page: Page, server: Server) -> None:
    named = "2026-08-03 - 15-00 Blue 0 - 0 Red", [0.92] * 40, "2026-08-04 - 15-00 White 1 - 0 Black"
    page.add_init_script("localStorage.setItem('touchline-pitch-map', '1')")
    open_page(page, server, calibrated(server, *named), half=1, t=4)
    caption = page.locator(".places .caption")
    expect(caption).to_contain_text("another match")
    expect(caption).not_to_contain_text("None of these spots has a place")
