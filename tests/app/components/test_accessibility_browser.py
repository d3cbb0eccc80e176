"""Every view for everybody: no serious finding of axe-core in either theme, and the match view by keyboard and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from app.library.library import Match
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import write_shots
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from tests.app.analysis_job import ask_for_analysis
from tests.app.conftest import Server, patient
from tests.app.made_analysis import make_analysis, make_shots
from tests.app.player_page import FIND
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

VIEWS = ("library", "match", "explain", "clips", "review", "search", "statistics", "evaluate")
SERIOUS = ("serious", "critical")
FINDINGS = """async (levels) => (await axe.run(document)).violations.filter((v) => levels.includes(v.impact))
  .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`))"""
READY = {
    "match": "() => window.find && find()?.root.dataset.ready && find().player.video.readyState >= 2",
    "explain": "() => window.find && document.querySelector('.st-key-explain_page')",
}


@lru_cache(maxsize=1)
def axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=["dark", "light"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    viewport: Any = {"width": 1440, "height": 900}
    context = patient(browser.new_context(viewport=viewport, color_scheme=request.param))
    page = context.new_page()
    page.add_init_script(f"({FIND})()")
    yield page
    context.close()


def opened(page: Page, server: Server, view: str, match: Match | None = None, more: str = "") -> None:
    """Open a view of a match, the demo match where none is named; ``more`` is what the address says beyond."""
    shown = match or server.library().demo()
    assert shown is not None
    page.goto(f"{server.url}/{view}?match={shown.id}{more}")
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_function(READY.get(view, "() => !document.querySelector('[data-testid=stSkeleton]')"))
    if view == "clips":  # what the desk says of itself once it is drawn makes the page anew
        page.locator(".head .caption", has_text="clip 1 of").wait_for()
    # What is pressed while a run of the page is under way is lost where another run takes its place.
    page.wait_for_function("() => document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'")
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")


def still(page: Page) -> None:
    """Wait until nothing fades or moves, as what is half faded in has no colour to judge."""
    page.wait_for_function(
        "() => document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations > 1)"
    )
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton], [data-testid=stStatusWidget]')")


def findings(page: Page) -> list[str]:
    page.evaluate(axe())
    found: list[str] = page.evaluate(FINDINGS, SERIOUS)
    return found


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_finding(themed: Page, server: Server, view: str, match_of: Any) -> None:
    # Explanations of the demo would keep the worker from other tests for minutes.
    opened(themed, server, view, match_of("plain") if view == "explain" else None)
    assert findings(themed) == []


def asked_for(command: str) -> Callable[[Page], None]:
    return lambda page: page.evaluate("(name) => find().command(name)", command)


def pressed(*names: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        for name in names:
            page.get_by_role("button", name=name).first.click()

    return press


def class_menu(page: Page) -> None:
    page.locator("[data-spot]").first.click()
    page.locator("[data-press=C]").click()


# The view, what its address says beyond, what is pressed, and what stands there then.
PLACES: dict[str, tuple[str, str, Callable[[Page], None], str]] = {
    "model": ("match", "", asked_for("model"), "Spots shown"),
    "spotting": ("match", "", asked_for("spotting"), "What stays of several votes"),
    "export": ("match", "", asked_for("export"), "Format"),
    "code window": ("match", "", asked_for("codes"), "Keep these codes"),
    "class menu": ("match", "", class_menu, "Class of this spot"),
    "keys": ("match", "", lambda page: page.keyboard.press("?"), "Keys"),
    "cameras": ("match", "&tab=cameras", lambda page: None, "Cameras"),
    "codes": ("match", "&tab=codes", lambda page: None, "Codes"),
    "browse": ("library", "&add=browse", lambda page: None, "Add matches"),
    "upload": ("library", "&add=upload", lambda page: None, "Drop videos and labels here"),
    "space": ("library", "", pressed("of analyses and copies"), "Videos lie elsewhere"),
    "train": ("review", "", pressed("Train"), "Learn from"),
    # The pointer stays on what was pressed.
    "clips to watch": ("review", "", lambda page: page.get_by_text("Clips", exact=True).last.click(), "watched"),
    "choose": ("clips", "", pressed("Choose spots"), "Add to the clips that are there"),
    "playlists": ("clips", "", pressed("Playlists"), "Its name"),
    "import": ("evaluate", "", pressed("Import"), "What it holds"),
    "reviewers": ("evaluate", "&of=reviewers", lambda page: None, "Reviewers"),
}


@pytest.mark.parametrize("place", list(PLACES))
def test_no_dialog_or_list_has_a_serious_finding(browser: Browser, server: Server, match_of: Any, place: str) -> None:
    """In the dark theme, then in the light one, to which an open page changes with the system."""
    view, more, act, there = PLACES[place]
    context = patient(browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark"))
    page = context.new_page()
    page.add_init_script(f"({FIND})()")
    opened(page, server, view, match_of("plain") if view in ("match", "clips") else None, more)
    act(page)
    shown = page.get_by_text(there).or_(page.get_by_label(there)).first
    ground = "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    dark = page.evaluate(ground)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        if scheme == "light":
            page.wait_for_function(f"(dark) => ({ground})() !== dark", arg=dark)
        expect(shown).to_be_visible()
        still(page)
        assert findings(page) == [], scheme
    context.close()


@pytest.fixture(scope="module")
def compared(server: Server) -> Iterator[dict[str, str]]:
    """What the address of Evaluate says of a labelled match that two models of two tasks have judged, by task."""
    folder = server.root / "2026-05-02 - 18-30 Heron Vale 0 - 0 Lark Town"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(200), first=98_000)
    labels = [Spot(1, 1_000_000 * k, "Corner") for k in range(1, 7)] + [Spot(1, 7_000_000, "Goal")]
    write_labels(folder / "Labels-v2.json", labels)
    main, close = load_classes("soccernet-cameras").names[:2]
    shots = [Shot(1, 0, 4_000_000, main, False, "abrupt"), Shot(1, 4_000_000, 8_000_000, close, False)]
    write_shots(folder / "Labels-cameras.json", shots)
    source = open_match(folder)
    late = [replace(shots[0], end=5_000_000), replace(shots[1], start=5_000_000)]
    layers = {
        "spotting": [
            make_analysis(
                source, server.data, [replace(s, confidence=0.8) for s in labels[count:]], f"of {count}", name
            )
            for count, name in enumerate(("all of them", "all but one"))
        ],
        "shots": [make_shots(source, server.data, cut, name) for cut, name in ((shots, "right"), (late, "late"))],
    }
    match = server.library().add(str(folder))
    keys = {task: [f"model:{one.record.identity.key}" for one in both] for task, both in layers.items()}
    chosen = {"spotting": "&a={}&b={}", "shots": "&systems={},{}"}
    yield {task: f"&labels={match.id}&task={task}{chosen[task].format(*both)}" for task, both in keys.items()}
    server.library().remove(match)


@pytest.mark.parametrize("task", ["spotting", "shots"])
def test_two_systems_have_no_serious_finding(themed: Page, server: Server, compared: dict[str, str], task: str) -> None:
    opened(themed, server, "evaluate", more=compared[task])
    expect(themed.get_by_text("A − B" if task == "spotting" else "late − right").first).to_be_visible()
    if task == "spotting":
        expect(themed.locator(".difference.few").first).to_be_visible()
    still(themed)
    assert findings(themed) == []
    if task == "shots":  # a table that is wider than the window
        themed.set_viewport_size({"width": 320, "height": 900})
        themed.wait_for_function(
            "() => (({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('.tl-table'))"
        )
        still(themed)
        assert findings(themed) == []


def test_a_match_without_an_analysis_has_no_serious_finding(themed: Page, server: Server) -> None:
    """With the bar that says why the last analysis failed, and offers another one and the reading of the clock."""
    path = server.root / "not analysed.mp4"
    if not path.is_file():
        make_video(path, steady(60), first=99_000)
    match, queue = server.library().add(str(path)), JobQueue(open_database(server.data))
    ask_for_analysis(queue, match, "no such model")
    opened(themed, server, "match", match)
    expect(themed.get_by_text("The analysis failed.")).to_be_visible()
    expect(themed.get_by_text("Read its clock")).to_be_visible()
    still(themed)
    assert findings(themed) == []
    server.library().remove(match)


def test_adding_a_model_has_no_serious_finding(themed: Page, server: Server, match_of: Any) -> None:
    opened(themed, server, "match", match_of("plain"))
    asked_for("model")(themed)
    dialog = themed.get_by_role("dialog")
    dialog.get_by_text("Add a model of others").click()
    dialog.get_by_role("textbox", name="Where it is published").fill("https://localhost/x.pt")
    themed.keyboard.press("Enter")
    expect(dialog.get_by_text("points into the local network")).to_be_visible()
    still(themed)
    assert findings(themed) == []


def test_a_finding_would_be_seen(themed: Page, server: Server) -> None:
    opened(themed, server, "library")
    themed.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<button></button>')")
    assert any("button-name" in finding for finding in findings(themed))


@pytest.fixture
def match_page(browser: Browser, server: Server) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(f"({FIND})()")
    opened(page, server, "match")
    yield page
    page.close()


def focused(page: Page) -> Any:
    return page.evaluate(
        "() => { let at = document.activeElement; while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; "
        "return [at.innerText, at.dataset.spot ?? null]; }"
    )


def test_a_skip_link_leads_to_the_spots(match_page: Page) -> None:
    for _ in range(30):
        match_page.keyboard.press("Tab")
        if "Skip to the list" in focused(match_page)[0]:
            break
    expect(match_page.get_by_role("button", name="Skip to the list of spots")).to_be_focused()
    match_page.keyboard.press("Enter")
    _, spot = focused(match_page)
    assert spot == match_page.evaluate("() => find().chosen.id")


@pytest.mark.parametrize("name", ["spotting", "export"])
def test_who_leaves_a_dialog_by_keys_is_where_it_was_opened(match_page: Page, name: str) -> None:
    match_page.set_default_timeout(30_000)
    button = match_page.locator(f"[data-head={name}]")
    button.focus()
    match_page.keyboard.press("Enter")
    match_page.get_by_role("dialog").wait_for()
    match_page.wait_for_function("() => document.activeElement?.closest('[role=dialog]')")
    match_page.keyboard.press("Escape")
    match_page.get_by_role("dialog").wait_for(state="detached")
    match_page.wait_for_function("(name) => find().root.getRootNode().activeElement?.dataset.head === name", arg=name)


def test_the_lanes_are_told_in_words(match_page: Page) -> None:
    canvas = match_page.get_by_role("img", name="Confidence of every class over the match")
    expect(canvas).to_have_attribute("aria-describedby", "lanes-in-words")
    lines = match_page.locator("#lanes-in-words li").all_inner_texts()
    spots = match_page.evaluate("() => find().spots.map((s) => s.action.name)")
    assert {line.partition(":")[0] for line in lines} >= set(spots)
    assert any("spotted at" in line and "true at" in line for line in lines)
    match_page.locator("[data-spot]").nth(2).click()
    expect(match_page.locator("[aria-current=true][data-spot]")).to_have_count(1)


def test_the_page_scrolls_over_the_lanes_where_it_is_longer_than_the_window(browser: Browser, server: Server) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 700})
    page.add_init_script(f"({FIND})()")
    opened(page, server, "match")
    page.locator(".lanes-body").scroll_into_view_if_needed()
    box = page.locator(".lanes-body").bounding_box()
    assert box is not None
    view = page.evaluate("() => find().lanes.view")
    page.mouse.move(box["x"] + 400, box["y"] + 60)
    page.mouse.wheel(0, -200)
    page.wait_for_function(f"() => find().lanes.root.getBoundingClientRect().top > {box['y'] + 50}")
    assert page.evaluate("() => find().lanes.view") == view
    page.close()
