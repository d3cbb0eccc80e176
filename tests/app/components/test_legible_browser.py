"""What can be read in Chromium: lists whose text is whole at every width, and a page that turns dark or light with the
system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from app.library.library import Match
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, REJECT, Reviews, origin_of
from tests.app.conftest import Server, patient
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

CUT = """(texts) => texts.filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
  .map((e) => e.textContent)"""
# Words along an axis of a chart of which two lie over each other.
OVERPRINTED = """() => [...document.querySelectorAll('.js-plotly-plot .xaxislayer-above, .js-plotly-plot .yaxislayer-above')]
  .flatMap((axis) => {
    const words = [...axis.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width);
    return words.flatMap(([a, one], i) => words.slice(i + 1)
      .filter(([, other]) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1)
      .map(([b]) => `${a} over ${b}`));
  })"""
# How well the ring of what is not chosen is told from the dialog that it lies on.
RING = """(ring) => {
  const light = (colour) => {
    const part = (c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return .2126 * part(r) + .7152 * part(g) + .0722 * part(b) + .05;
  };
  const of = (e) => getComputedStyle(e), pair = [of(ring).borderTopColor, of(ring.closest("[role=dialog]")).backgroundColor];
  const [dim, bright] = pair.map(light).sort((a, b) => a - b);
  return bright / dim;
}"""
ADA, BOB = "Annabel Featherstonehaugh", "Bartholomew Cholmondeley"


@pytest.fixture(scope="module")
def match(server: Server) -> Iterator[Match]:
    """A match with a long name, spots to review and two reviewers with long names, who differ."""
    folder = server.root / "2026-05-01 - 20-45 Wolverhampton Wanderers 2 - 1 Brighton & Hove Albion"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(260), first=61_000, container={"movflags": "faststart"})
    write_labels(folder / "Labels-v2.json", [Spot(1, 3_000_000, "Corner")])
    spots = [Spot(1, 3_300_000, "Shots off target", 0.51), Spot(1, 8_000_000, "Yellow->red card", 0.55)]
    analysis = make_analysis(open_match(folder), server.data, [*spots, Spot(1, 8_400_000, "Red card", 0.5)])
    match = server.library().add(str(folder))
    reviews, judged = Reviews(open_database(server.data)), analysis.spots()[0]
    origin = origin_of(judged, analysis.record.model["sha256"])
    first = reviews.change(match.id, origin, judged, ACCEPT, ADA, 0)
    reviews.change(match.id, origin, judged, REJECT, BOB, first.revision)
    yield match
    server.library().remove(match)


@pytest.mark.parametrize("path", ["review", "evaluate?of=reviewers&match={match}"])
def test_the_text_of_lists_is_whole(browser: Browser, server: Server, match: Match, path: str) -> None:
    page = patient(browser.new_context(viewport={"width": 1100, "height": 900})).new_page()
    page.goto(f"{server.url}/{path.format(match=match.id)}")
    rows = page.locator("a.error")
    expect(rows.first).to_be_visible()
    if "reviewers" in path:
        expect(rows.filter(has_text=ADA).first).to_be_visible()
    texts = page.locator("a.error .what > span, a.error .what small")
    boxes = page.locator(".st-key-evaluate_bar [data-baseweb=select] div[value]")
    for width in (1100, 800, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert texts.evaluate_all(CUT) == []
        assert boxes.evaluate_all(CUT) == []
    page.context.close()


def test_the_page_turns_light_with_the_system_and_so_does_what_the_server_draws(
    browser: Browser, server: Server, match: Match
) -> None:
    server.library().demo()  # may be a row before the others as soon as somebody has opened the app
    page = patient(browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme="dark")).new_page()
    page.goto(f"{server.url}/library")
    bar, strip = page.locator(".stAppHeader"), page.locator(".tl-strip").first
    expect(bar).to_have_css("background-color", "rgb(20, 24, 29)")
    expect(strip).to_be_visible()
    dark = str(strip.get_attribute("src"))
    page.emulate_media(color_scheme="light")
    expect(bar).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(strip).not_to_have_attribute("src", dark)
    page.emulate_media(color_scheme="dark")
    expect(bar).to_have_css("background-color", "rgb(20, 24, 29)")
    expect(strip).to_have_attribute("src", dark)
    page.context.close()


class Gate:
    """Holds what the server sends from the first message on that has some bytes in it, until it is opened."""

    def __init__(self, mark: bytes) -> None:
        self.mark = mark
        self.shut = True
        self.waiting: list[tuple[WebSocketRoute, str | bytes]] = []

    def __call__(self, socket: WebSocketRoute) -> None:
        socket.connect_to_server().on_message(lambda message: self._pass(socket, message))

    def _pass(self, socket: WebSocketRoute, message: str | bytes) -> None:
        marked = isinstance(message, bytes) and self.mark in message
        if self.shut and (self.waiting or marked):
            self.waiting.append((socket, message))
        else:
            socket.send(message)

    def open(self) -> None:
        self.shut = False
        for socket, message in self.waiting:
            socket.send(message)


def test_a_page_that_turns_before_it_has_been_shown_is_drawn_in_the_colours_it_has(
    browser: Browser, server: Server, match: Match
) -> None:
    """The server has drawn in dark what comes to a page that is light by then."""
    server.library().demo()  # may be a row before the others as soon as somebody has opened the app
    page = patient(browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme="light")).new_page()
    page.goto(f"{server.url}/library")
    strip = page.locator(".tl-strip").first
    expect(strip).to_be_visible()
    light = str(strip.get_attribute("src"))
    page.emulate_media(color_scheme="dark")
    gate = Gate(b"touchline_theme_watch")
    page.route_web_socket(re.compile("_stcore/stream"), gate)
    page.reload()
    for _ in range(2400):
        if gate.waiting:
            break
        page.wait_for_timeout(50)
    assert gate.waiting
    page.emulate_media(color_scheme="light")
    expect(page.locator(".stApp")).to_have_css("color-scheme", "light")
    gate.open()
    expect(strip).to_have_attribute("src", light)
    page.context.close()


def test_the_match_view_turns_light_with_the_system(browser: Browser, server: Server, match: Match) -> None:
    page = patient(browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme="dark")).new_page()
    page.goto(f"{server.url}/match?match={match.id}")
    workspace = page.locator(".workspace")
    expect(workspace).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(workspace).to_have_attribute("data-theme", "light")
    page.context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_what_can_be_chosen_is_told_from_its_ground(
    browser: Browser, server: Server, match: Match, scheme: Literal["dark", "light"]
) -> None:
    page = patient(browser.new_context(viewport={"width": 1100, "height": 800}, color_scheme=scheme)).new_page()
    open_page(page, server, match)
    page.get_by_role("button", name="Spotting").click()
    ring = page.locator("[data-testid=stRadioOption]:not([data-selected]) > div > div").first
    ring.wait_for()
    assert ring.evaluate(RING) >= 3
    page.context.close()


def test_buttons_and_names_are_whole_in_narrow_windows(browser: Browser, server: Server, match: Match) -> None:
    path = make_video(server.root / "Training against the under-23s of Kestrel City.mp4", steady(60), first=62_000)
    added = server.library().add(str(path))  # not analysed: it has two buttons
    page = patient(browser.new_context(viewport={"width": 1100, "height": 900})).new_page()
    page.goto(f"{server.url}/library")
    expect(page.get_by_role("button", name="Analyse", exact=True).first).to_be_visible()
    expect(page.locator(".tl-name", has_text="Wolverhampton Wanderers")).to_be_visible()
    for width in (1100, 800):
        page.set_viewport_size({"width": width, "height": 900})
        texts = page.locator(".st-key-tl_card_matches button p, .st-key-tl_card_matches .tl-name")
        assert texts.evaluate_all(CUT) == []
    page.goto(f"{server.url}/statistics?match={match.id}")
    toggles = page.locator(".st-key-statistics_bar [data-testid=stCheckbox] p")
    expect(toggles).to_have_count(2)
    for width in (1100, 800):
        page.set_viewport_size({"width": width, "height": 900})
        assert toggles.evaluate_all(CUT) == []
    page.set_viewport_size({"width": 1100, "height": 900})
    beside = "(all) => new Set(all.map((e) => Math.round(e.getBoundingClientRect().top))).size"
    assert toggles.evaluate_all(beside) == 1
    assert page.locator(".st-key-statistics_bar .tl-title").evaluate_all(CUT) == []
    page.context.close()
    server.library().remove(added)


# Elements are sought at every look, in shadow roots too: a rerun may replace those of a moment ago.
ELEMENTS = """(root, selector) => [...root.querySelectorAll(selector),
  ...[...root.querySelectorAll('*')].flatMap((e) => e.shadowRoot ? elements(e.shadowRoot, selector) : [])]"""
INSIDE = f"""() => {{
  const elements = {ELEMENTS};
  const right = (element) => element.getBoundingClientRect().right;
  const [card] = elements(document, '.st-key-tl_card_filters');
  const chips = card ? elements(card, '[data-class]') : [];
  return chips.length && chips.every((chip) => right(chip) <= right(card));
}}"""
HEADING_WHOLE = f"""() => {{
  const elements = {ELEMENTS};
  const headings = elements(document, '.head .caption').filter((e) => e.textContent.includes('clip 1 of'));
  return headings.length && !({CUT})(headings).length;
}}"""


@pytest.fixture(scope="module")
def long_classes(server: Server) -> Iterator[Match]:
    """A match of a class table of its own, with a name that is longer than its card is wide."""
    path = make_video(server.root / "Pressing.mp4", steady(60), first=76_000)
    goal = load_classes().get("Goal")
    name = "Ball won back within five seconds in the other half by three pressing players"
    classes = ClassTable("pressing", (replace(goal, index=0, name=name, short=name),))
    make_analysis(open_match(path), server.data, [Spot(1, 1_000_000, name, 0.9)], classes=classes)
    added = server.library().add(str(path))
    yield added
    server.library().remove(added)


def test_filters_and_headings_are_whole_in_narrow_windows(
    browser: Browser, server: Server, match: Match, long_classes: Match
) -> None:
    page = patient(browser.new_context(viewport={"width": 1100, "height": 900})).new_page()
    page.goto(f"{server.url}/search")
    chips = page.locator(".st-key-tl_card_filters [data-class]")
    expect(chips.first).to_be_visible()
    page.wait_for_function(INSIDE)
    page.set_viewport_size({"width": 800, "height": 900})
    page.locator(".st-key-search_filters_shown label").click()
    expect(chips.first).to_be_visible()
    page.wait_for_function(INSIDE)
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page.locator(".head .caption", has_text="clip 1 of")).to_be_visible()
    for width in (1100, 800):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(HEADING_WHOLE)
    page.context.close()


def test_what_is_found_is_on_the_first_screen_of_a_narrow_window(
    browser: Browser, server: Server, match: Match
) -> None:
    """The filters would fill it; a switch, which the address keeps, shows them."""
    page = patient(browser.new_context(viewport={"width": 800, "height": 900})).new_page()
    page.goto(f"{server.url}/search?matches={match.id}&confidence=0.4-1")
    found, filters = page.locator("a.error"), page.locator(".st-key-tl_card_filters")
    expect(found.first).to_be_in_viewport()
    expect(page.get_by_text("Set: confidence, matches")).to_be_visible()
    expect(filters).to_be_hidden()
    page.locator(".st-key-search_filters_shown label").click()
    expect(filters).to_be_visible()
    page.wait_for_function("() => new URLSearchParams(location.search).get('filters') === 'shown'")
    page.reload()
    expect(filters.get_by_text("Words in the match or a comment")).to_be_visible()
    page.set_viewport_size({"width": 1100, "height": 900})
    expect(page.locator(".st-key-search_filters_shown")).to_be_hidden()
    expect(filters).to_be_visible()
    page.context.close()


def test_what_a_key_opens_is_on_screen_however_long_the_page_is(browser: Browser, server: Server, match: Match) -> None:
    page = patient(browser.new_context(viewport={"width": 800, "height": 700})).new_page()
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match)
    page.evaluate("() => scrollTo(0, 0)")
    page.locator("[data-spot]").first.click()
    menu, keys = page.locator(".review-classes"), page.get_by_role("heading", name="Keys")
    page.keyboard.press("c")
    expect(menu).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(keys).to_be_in_viewport()
    page.context.close()


@pytest.mark.parametrize("view", ["statistics", "search", "evaluate"])
def test_no_axis_is_overprinted(browser: Browser, server: Server, match: Match, view: str) -> None:
    page = patient(browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
    page.goto(f"{server.url}/{view}?match={match.id}")
    for width in (1440, 1100, 800):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .xtick text').length")
        page.wait_for_function(f"() => {{ const over = {OVERPRINTED}; return over().length === 0; }}", timeout=30_000)
    page.context.close()
