"""A playlist's link in Chromium, and the desk of Clips on a narrow screen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.library.library import Match
from spotting_core.clips.freeze import Freeze
from spotting_core.clips.selection import Clip
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.playlists import Playlist, Playlists
from tests.app.conftest import Server, patient
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
    expect(page.get_by_role("button", name="Copy link")).to_have_count(1)  # that of the clips' own page is gone
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    page.reload()
    expect(page.locator("a.error")).to_have_count(2)


LOOK = """(button) => {
  const text = getComputedStyle(button.querySelector('p') ?? button), box = button.getBoundingClientRect();
  return [text.fontSize, Math.round(box.height), Math.round(box.top)];
}"""
CONTRAST = """(text) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  let ground = text, below = [];
  for (; ground; ground = ground.parentElement) {
    const own = numbers(getComputedStyle(ground).backgroundColor);
    if ((own[3] ?? 1) > 0) below.push(own);
    if ((own[3] ?? 1) >= 1) break;
  }
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
  const back = below.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const [dark, bright] = [light(over(numbers(getComputedStyle(text).color), back)), light(back)].sort((a, b) => a - b);
  return (bright + .05) / (dark + .05);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_buttons_of_clips_are_of_one_size_and_legible_before_they_can_be_pressed(
    browser: Browser, server: Server, match: Match, theme: Any
) -> None:
    page = patient(browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)).new_page()
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page.locator(".reel .clip")).to_have_count(2)
    copy, save = (page.get_by_role("button", name=name, exact=False) for name in ("Copy link", "Choose spots"))
    assert copy.evaluate(LOOK) == save.evaluate(LOOK)
    page.get_by_role("button", name="Playlists").click()
    add = page.get_by_role("button", name="Add 2 clips")
    expect(add).to_be_disabled()
    assert add.locator("p").evaluate(CONTRAST) >= 4.5
    page.context.close()


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


# --- playing ------------------------------------------------------------------------------------------


@pytest.fixture
def playlist(server: Server, match: Match) -> Iterator[Playlist]:
    """Three short clips of two matches, the second standing still for half a second."""
    path = make_video(server.root / "other.mp4", steady(260), first=52_000, container={"movflags": "faststart"})
    other = server.library().add(str(path))
    clips = [
        Clip(1, 1_000_000, 1_600_000, "Goal", 1_200_000, match=match.id, caption="First"),
        Clip(1, 4_000_000, 4_600_000, "Red card", 4_200_000, match=other.id, freezes=(Freeze(4_240_000, 0.5),)),
        Clip(1, 2_000_000, 2_600_000, "Corner", 2_200_000, match=match.id),
    ]
    store = Playlists(open_database(server.data))
    made = store.make("In a row", clips)
    yield made
    store.remove(made.id)
    server.library().remove(other)


# What is on screen whenever a picture is: [number of the clip, seconds].
WATCH = """() => {
  const player = window.find('.playlist').playlistPlayer;
  window.shown = [];
  const look = player.look.bind(player);
  player.look = (video, seconds) => {
    if (video === player.front && player.playing) window.shown.push([player.at, seconds]);
    look(video, seconds);
  };
}"""
SEEK = """() => { window.find = (name) => {
  const walk = (root) => {
    const here = root.querySelector(name);
    if (here) return here;
    for (const e of root.querySelectorAll('*')) { const there = e.shadowRoot && walk(e.shadowRoot); if (there) return there; }
    return null;
  };
  return walk(document);
}; }"""


def open_playlist(page: Page, server: Server, playlist: Playlist) -> None:
    page.goto(f"{server.url}/clips?playlist={playlist.id}")
    page.evaluate(SEEK)
    page.wait_for_function(
        "() => { const p = window.find('.playlist')?.playlistPlayer; return p?.front.readyState >= 2 && !p.front.seeking; }"
    )


def test_a_playlist_plays_its_clips_one_after_another_over_matches(
    page: Page, server: Server, playlist: Playlist
) -> None:
    open_playlist(page, server, playlist)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Play all").click()
    present = page.locator(".queue [aria-current=true]")
    expect(present).to_contain_text("Red card")
    expect(page.locator(".playlist .present")).to_contain_text("2 of 3: Red card")
    expect(present).to_contain_text("Corner")
    expect(page.get_by_role("button", name="Play all")).to_be_visible()  # it has ended, and stands at the first again
    expect(present).to_contain_text("Goal")
    shown: list[tuple[int, float]] = page.evaluate("() => window.shown")
    assert [at for at, _ in itertools.groupby(at for at, _ in shown)] == [0, 1, 2]
    for number, clip in enumerate(playlist.clips):
        times = [seconds for at, seconds in shown if at == number]
        assert clip.start / 1e6 - 0.05 <= min(times) <= clip.start / 1e6 + 0.3
        assert clip.end / 1e6 - 0.15 <= max(times) <= clip.end / 1e6 + 0.3


def test_the_present_clip_is_left_chosen_and_stopped_by_buttons_and_keys(
    page: Page, server: Server, playlist: Playlist
) -> None:
    open_playlist(page, server, playlist)
    present = page.locator(".queue [aria-current=true]")
    expect(page.get_by_role("button", name="Previous clip")).to_be_disabled()
    page.get_by_role("button", name="Next clip").click()
    expect(present).to_contain_text("Red card")
    assert page.evaluate("() => find('.playlist').playlistPlayer.front.paused")  # it did not play before
    page.get_by_role("button", name="Next clip").click()
    expect(present).to_contain_text("Corner")
    expect(page.get_by_role("button", name="Next clip")).to_be_disabled()
    page.locator(".playlist").press("p")
    expect(present).to_contain_text("Red card")
    page.locator(".playlist").press("Escape")
    expect(present).to_contain_text("Goal")
    assert page.evaluate("() => Math.abs(find('.playlist').playlistPlayer.front.currentTime - 1) < .05")
    page.locator(".queue .item").nth(2).click()
    expect(present).to_contain_text("Corner")
    expect(page.get_by_role("button", name="Play all")).to_be_visible()


def test_what_is_on_stays_on_when_the_order_changes(page: Page, server: Server, playlist: Playlist) -> None:
    open_playlist(page, server, playlist)
    page.get_by_role("button", name="Next clip").click()
    page.get_by_role("button", name="↑").nth(1).click()
    expect(page.locator(".queue .item").first).to_contain_text("Red card")
    expect(page.locator(".queue [aria-current=true]")).to_contain_text("Red card")
    expect(page.locator(".playlist .present")).to_contain_text("1 of 3: Red card")
