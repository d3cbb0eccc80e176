"""The Explain view in Chromium: maps on the frame and in the place they speak of, and what can be asked."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from explain.attribution import SPACE, TIME, Attribution
from explain.jobs.explanation import EXPLANATION
from explain.jobs.what_if import WHAT_IF
from explain.kept import explanation_file
from explain.probe import GRID
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

SPOT = Spot(1, 5_000_000, "Goal", 0.8)
HOT = (1, 11)  # row and column of the one cell that speaks at the anchor
FIND = """() => {
  const look = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.explanation) return element;
      const inside = element.shadowRoot && look(element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  window.shown = () => look(document);
  return window.shown()?.dataset.ready ?? null;
}"""
# Where the strongest colour of the first card's map lies, as shares of the picture; null if nothing is drawn.
CENTRE = """() => {
  const canvas = shown().querySelector('.map canvas'), { width: w, height: h } = canvas;
  const data = canvas.getContext('2d').getImageData(0, 0, w, h).data;
  let most = 0, x = 0, y = 0, n = 0;
  for (let i = 3; i < data.length; i += 4) most = Math.max(most, data[i]);
  if (!most) return null;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0.9 * most) { const p = (i - 3) / 4; x += p % w; y += Math.floor(p / w); n++; }
  return [x / n / w, y / n / h];
}"""


def keep(server: Server, analysis: Analysis, method: str, kind: str, values: np.ndarray) -> None:
    times = np.asarray(analysis.half(1).times)
    attribution = Attribution(
        method=method, model="m", half=1, label="Goal", anchor=SPOT.time, baseline="", held_fixed="", kind=kind,
        values=values, times=times, score=0.8, score_baseline=0.1, scale=(0.0, 1.0), seconds=1.0,
    )  # fmt: skip
    attribution.save(explanation_file(server.data, analysis, SPOT, method))


@pytest.fixture
def explained(page: Page, server: Server) -> tuple[Page, Match, Analysis]:
    """A page that shows a spot with one cell of its map hot in the anchor's frame, another a second later."""
    path = server.root / "explained.mp4"
    if not path.is_file():
        make_video(path, steady(260), first=4000, container={"movflags": "faststart"})
    analysis = make_analysis(open_match(path), server.data, [SPOT], "explained")
    match = server.library().add(str(path))
    samples = len(analysis.half(1).times)
    values = np.zeros((samples, *GRID), np.float32)
    values[10][HOT], values[12, 6, 2] = 1.0, 0.5
    keep(server, analysis, "occlusion", SPACE, values)
    keep(server, analysis, "temporal-occlusion", TIME, np.eye(1, samples, 11, dtype=np.float32)[0])
    page.goto(f"{server.url}/explain?match={match.id}&half=1&t=5&class=Goal")
    page.wait_for_function(f"() => ({FIND})()")
    # The model of this analysis is nowhere, so that what is missing fails, in words.
    page.wait_for_function("() => shown()?.dataset.ready === 'all'")
    return page, match, analysis


def choose(page: Page, card: str) -> None:
    """Put a card first, whose map is then read."""
    page.evaluate("(id) => { const e = shown().explanation; e.data.cards.sort((a, b) => (b.id.endsWith(id)) - (a.id.endsWith(id))); e.all(); }", card)  # fmt: skip


def test_maps_lie_on_their_frame_and_in_their_place(explained: tuple[Page, Match, Analysis]) -> None:
    page, _, _ = explained
    choose(page, "-occlusion")
    x, y = page.evaluate(CENTRE)
    assert (x, y) == pytest.approx(((HOT[1] + 0.5) / GRID[1], (HOT[0] + 0.5) / GRID[0]), abs=0.03)
    frames = page.evaluate("() => shown().explanation.data.samples.map((s) => s.frame)")
    at = page.evaluate("() => shown().explanation.state.at")
    assert f"frame={frames[at]}&" in page.evaluate("() => shown().querySelector('.map img').src")
    assert frames[at] == 125  # five seconds at 25 frames a second
    page.locator(f"[data-at='{at + 2}']").click()
    x, y = page.evaluate(CENTRE)
    assert (x, y) == pytest.approx((2.5 / GRID[1], 6.5 / GRID[0]), abs=0.03)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(CENTRE) is None
    assert f"frame={frames[at + 1]}&" in page.evaluate("() => shown().querySelector('.map img').src")


def test_what_is_so_of_all_methods_is_said_once_and_no_sign_praises(explained: tuple[Page, Match, Analysis]) -> None:
    page, _, _ = explained
    note, own = page.locator(".wide-note", has_text="Of all of them"), page.locator("button.map .chip")
    say = """(count) => {
      const { data } = shown().explanation, good = { state: 'good', meaning: 'Better than chance.', text: 'Faithful', hint: '' };
      data.cards.forEach((card, i) => { card.chip = i < count ? good : { ...good, state: 'bad', meaning: 'No better.' }; });
      shown().explanation.all();
    }"""
    page.evaluate(say, page.locator("button.map").count())
    expect(note.locator(".chip")).to_have_count(1)
    expect(own).to_have_count(0)
    page.evaluate(say, 1)
    expect(note).to_have_count(0)
    expect(own).to_have_count(page.locator("button.map").count())
    expect(own.first).to_have_text("Faithful")  # without a tick, for it is of many spots and not of this map


def test_what_is_missing_says_why_and_is_tried_again(explained: tuple[Page, Match, Analysis], server: Server) -> None:
    page, match, _ = explained
    text = page.locator(".over.bad").first.inner_text()
    assert "the model that made this analysis is no longer here" in text
    queue = JobQueue(open_database(server.data))
    before = queue.recent(match.id, EXPLANATION.name)
    assert before is not None
    page.get_by_text("Try again").first.click()
    deadline = time.monotonic() + 20
    while queue.recent(match.id, EXPLANATION.name).id == before.id:  # type: ignore[union-attr]
        assert time.monotonic() < deadline, "nothing was asked again"
        time.sleep(0.1)


def test_how_far_the_maps_reach_is_said_as_it_is(explained: tuple[Page, Match, Analysis]) -> None:
    page, _, _ = explained
    choose(page, "-occlusion")  # computed from the anchor to a second after it
    page.locator("[data-at='0']").click()
    assert "from +0.0 s to +1.0 s" in page.locator(".map .over").first.inner_text()


def test_figures_say_what_became_of_them_without_another_click(explained: tuple[Page, Match, Analysis]) -> None:
    page, _, _ = explained
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Draw the figures").click()
    expect(page.get_by_test_id("stPopoverBody").get_by_role("alert")).to_contain_text("no longer here", timeout=30_000)


def test_a_box_that_is_drawn_is_what_is_asked(explained: tuple[Page, Match, Analysis], server: Server) -> None:
    page, match, _ = explained
    queue = JobQueue(open_database(server.data))
    editor = page.locator("[data-editor=box]")
    editor.hover()  # waits until it stands still and nothing lies over it
    area: Any = editor.bounding_box()
    corner = (area["x"] + 0.25 * area["width"], area["y"] + 0.5 * area["height"])
    page.mouse.move(*corner)
    page.mouse.down()
    page.mouse.move(corner[0] + 0.5 * area["width"], corner[1] + 0.25 * area["height"], steps=4)
    page.mouse.up()
    page.wait_for_function("() => shown().explanation.data.edit?.state === 'failed'")
    job = queue.recent(match.id, WHAT_IF.name)
    assert job is not None
    edit = job.parameters["edit"]
    assert [edit[k] for k in ("x1", "y1", "x2", "y2")] == pytest.approx([0.25, 0.5, 0.75, 0.75], abs=0.01)
    assert "no longer here" in page.locator(".what-if .failed").inner_text()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => !shown().explanation.data.edit")


@pytest.mark.usefixtures("stopped")
def test_the_why_panel_leads_here(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/match")
    page.get_by_role("button", name="Explain").click()
    page.wait_for_function(f"() => ({FIND})()")
    assert "/explain?" in page.url
    assert "class=Yellow" in page.url
    page.wait_for_function("() => shown().explanation.data.entities?.samples")
    names = page.evaluate("() => shown().explanation.data.entities.samples[shown().explanation.state.at].rows.map((r) => r.name)")  # fmt: skip
    assert "yellow card" in names
