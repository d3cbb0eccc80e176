"""Addresses in Chromium: pages of their own with titles, and a match that looks the same for whoever has its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.media.source import open_match
from tests.app.conftest import SPOTS, Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import FIND, open_page, settle
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser


def test_the_library_is_a_page_of_its_own_and_titles_name_match_and_view(
    page: Page, server: Server, match_of: Any
) -> None:
    match = match_of("plain")
    answer = page.goto(f"{server.url}/library")
    assert answer is not None
    assert answer.request.redirected_from is None  # where there is the demo alone, the first page leads to it
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    expect(page).to_have_title("Library – Touchline")
    page.reload()
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    assert urlsplit(page.url).path == "/library"
    open_page(page, server, match)
    expect(page).to_have_title(f"{match.title} – Match – Touchline")
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page).to_have_title(f"{match.title} – Clips – Touchline")
    page.goto(server.url)
    expect(page).to_have_title("Library – Touchline")
    page.wait_for_url("**/library")


def picture(page: Page) -> dict[str, Any]:
    """What somebody sees of a match."""
    seen: dict[str, Any] = page.evaluate(
        """() => {
          const w = find(), spots = w.part('spots');
          return { chosen: w.chosen?.id, time: Math.round(w.player.time * 1e6), rows: w.rows.map((s) => s.id), model: w.data.model,
            threshold: w.data.threshold, hidden: [...spots.hidden], most: spots.most, tab: w.rail.list.label, listed: w.rail.half };
        }"""
    )
    return seen


def arranged(page: Page, server: Server) -> tuple[Match, dict[str, Any]]:
    """A match whose page somebody has made his own."""
    path = make_video(server.root / "addressed.mp4", steady(260), first=7000, container={"movflags": "faststart"})
    source = open_match(path)
    make_analysis(source, server.data, SPOTS[:2], "made")
    make_analysis(source, server.data, SPOTS, "second", "another")
    match = server.library().add(str(path))
    other = next(a for a in server.library().analyses(match) if a.record.model["name"] == "another")
    open_page(page, server, match, source=f"model:{other.record.identity.key}")
    page.evaluate(
        """() => {
          const w = find(), low = w.rail.q('.low'), high = w.rail.q('.high');
          low.value = 25; low.dispatchEvent(new Event('change', { bubbles: true }));
          high.value = 92; high.dispatchEvent(new Event('input', { bubbles: true }));
          w.part('spots').showClasses(w.data.classes.map((c) => c.name).filter((name) => name !== 'Kick-off'));
          w.pick(w.all.find((s) => s.action.name === 'Yellow card'));
        }"""
    )
    page.wait_for_function("() => new URLSearchParams(location.search).get('threshold') === '0.25'")
    settle(page)
    page.keyboard.press("ArrowRight")  # a frame away from the spot
    settle(page)
    page.wait_for_function("() => Number(new URLSearchParams(location.search).get('t')) > 3.42")
    seen = picture(page)
    assert [seen[name] for name in ("model", "threshold", "most")] == ["another", 0.25, 0.92]
    assert len(seen["rows"]) == 3  # goal, card and foul: the kick-off is hidden and the corner too sure
    assert seen["chosen"].endswith("Yellow card")
    return match, seen


def test_the_address_of_a_match_gives_the_same_picture_to_all(page: Page, server: Server) -> None:
    _, seen = arranged(page, server)
    address = page.url
    for visit in (page.reload, lambda: page.goto(address)):
        visit()
        page.evaluate(FIND)
        page.wait_for_function("() => window.find && find()?.root.dataset.ready && find().chosen")
        settle(page)
        assert picture(page) == seen
    second = page.context.new_page()
    second.goto(address)
    second.evaluate(FIND)
    second.wait_for_function("() => window.find && find()?.root.dataset.ready && find().chosen")
    settle(second)
    assert picture(second) == seen
    second.close()
    # To another page and back.
    page.get_by_role("link", name="Library").click()
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    page.go_back()
    page.evaluate(FIND)
    page.wait_for_function(
        "() => window.find && find()?.root.isConnected && find().root.dataset.ready && find().chosen"
    )
    settle(page)
    assert picture(page) == seen
    page.go_forward()
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    # The menu's link names neither match nor moment: it leads to where the match was left.
    page.get_by_role("link", name="Match", exact=True).click()
    page.wait_for_function(
        "() => window.find && find()?.root.isConnected && find().root.dataset.ready && find().chosen"
    )
    settle(page)
    assert picture(page) == seen
    assert dict(parse_qs(urlsplit(page.url).query)) == dict(parse_qs(urlsplit(address).query))


def test_the_address_tells_the_list_and_its_part(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    page.evaluate("() => find().setMode()")
    assert parse_qs(urlsplit(page.url).query)["tab"] == ["cameras"]
    page.reload()
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.root.dataset.ready")
    assert page.evaluate("() => find().rail.list.label") == "Cameras"


def test_the_address_of_another_page_is_left_alone(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    address = page.evaluate(
        """() => {
          history.pushState(null, '', '/explain?half=1');
          find().respot();
          find().relist();
          return location.pathname + location.search;
        }"""
    )
    assert address == "/explain?half=1"
