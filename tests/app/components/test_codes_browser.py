"""A match without a model: it opens at once, is tagged with one's own codes, and shows what is judged as it comes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.analyses.so_far import SO_FAR, HalfSamples, SoFar, blank_layer
from spotting_core.domain.classes import load_classes
from spotting_core.media.ingest import ingest
from spotting_core.store.codes import Code, Codes
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ADDED, Reviews
from spotting_core.tasks.spotting import SPOTTING
from tests.app.conftest import Server
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

CLASSES = load_classes()


@pytest.fixture
def match(server: Server, request: pytest.FixtureRequest) -> Match:
    """A match that nothing has analysed, of its own for each test."""
    name = request.node.name.removeprefix("test_")[:40]
    first = 40_000 + sum(name.encode())
    return server.library().add(str(make_video(server.root / f"{name}.mp4", steady(300), first=first)))


@pytest.fixture
def codes(server: Server) -> Codes:
    kept = Codes(open_database(server.data))
    kept.save([Code("High press", "h", 3, 9), Code("Overload", "o"), Code("7 Silva", "7", tag=True)])
    return kept


def opened(page: Page, server: Server, match: Match) -> None:
    page.add_init_script("localStorage.setItem('touchline-reviewer', 'Ann')")
    open_page(page, server, match)


def answered(page: Page) -> None:
    page.wait_for_function("() => find().review.pending.length === 0")


def test_a_match_without_a_model_opens_and_is_tagged_by_codes(
    page: Page, server: Server, match: Match, codes: Codes
) -> None:
    opened(page, server, match)
    expect(page.get_by_text("This match has not been analysed yet.")).to_be_visible()
    expect(page.locator(".model-name")).to_have_text("No model")
    expect(page.locator(".list .empty")).to_have_text(re.compile("There are no spots yet. Press D to add"))
    page.get_by_role("button", name="Codes", exact=True).click()
    page.evaluate("() => find().player.open(1, 4)")
    page.keyboard.press("h")  # which is the map's key where no code has it
    expect(page.locator(".toast")).to_contain_text("Added: High press at 00:04")
    page.keyboard.press("7")
    answered(page)  # the buttons are drawn anew until then
    page.evaluate("() => find().player.open(1, 8)")
    pad = page.locator("[data-code=Overload]")
    before = pad.bounding_box()
    pad.click()
    answered(page)
    assert pad.bounding_box() == before  # the next press meets the same button
    kept = Reviews(open_database(server.data)).of_match(match.id)
    assert [(r.label, r.state, round(r.time / 1e6), r.comment) for r in kept] == [
        ("High press", ADDED, 4, "#7-Silva"), ("Overload", ADDED, 8, ""),
    ]  # fmt: skip
    expect(page.locator("[data-spot]")).to_have_count(2)
    page.locator("[data-spot]", has_text="High press").click()
    assert page.evaluate("() => { const l = find().loopOf(); return [l.start, l.end]; }") == [1, 11.9]  # the video ends
    expect(page.locator("[data-code='7 Silva']")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("7")  # and off again
    answered(page)
    assert Reviews(open_database(server.data)).of_match(match.id)[0].comment == ""


def test_the_buttons_of_all_classes_stand_side_by_side_where_there_is_room(
    page: Page, server: Server, match_of: Any
) -> None:
    """And where there is less of it they leave a row of what is tagged."""
    Codes(open_database(server.data)).save([])
    page.set_viewport_size({"width": 1440, "height": 900})
    open_page(page, server, match_of("plain"), tab="codes")
    expect(page.locator("[data-code]")).to_have_count(17)
    within = """() => {
      const place = (selector) => find().root.querySelector(selector).getBoundingClientRect(), pad = place('.code-pad');
      const buttons = [...find().root.querySelectorAll('[data-code]')].map((button) => button.getBoundingClientRect());
      return { shown: buttons.filter((b) => b.bottom <= pad.bottom).length, least: Math.min(...buttons.map((b) => b.height)), left: place('.list').bottom - pad.bottom };
    }"""
    page.wait_for_function(f"() => ({within})().shown === 17")
    room = page.evaluate(within)
    assert room["least"] == 34
    assert room["left"] >= 52
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_function(f"() => {{ const room = ({within})(); return room.shown > 10 && room.left >= 52; }}")


def test_what_is_judged_appears_as_it_comes(page: Page, server: Server, match: Match) -> None:
    opened(page, server, match)
    media = ingest(match.path, server.data)
    blank = blank_layer(server.data, match.title, {1: media}, CLASSES, SPOTTING.name)
    folder = server.data.analyses(blank.record.source_id) / ".0123.unfinished" / SO_FAR
    run, frames = SoFar(folder, len(CLASSES)), media.table.samples(2.0)
    model = {"name": "slow model", "system": "e2e-spot", "sha256": "1" * 64}
    scores = np.zeros((len(frames), len(CLASSES)))
    scores[8, CLASSES.index("Goal")] = 0.9
    run.begin(type(blank.record)(**{**vars(blank.record), "model": model}), [HalfSamples(1, media, frames)], CLASSES)
    run.write(1, scores, None)
    page.evaluate("() => find().again()")
    page.wait_for_function("() => find()?.data?.model === 'slow model' && find().spots.length === 1")
    assert page.evaluate("() => [find().chosen, find().player.frame]") == [None, 0]  # nobody is moved unasked
    page.evaluate("() => find().pick(find().spots[0])")
    scores[16, CLASSES.index("Corner")] = 0.8
    run.write(1, scores, None)
    page.evaluate("() => find().again()")
    page.wait_for_function("() => find().spots.length === 2")
    assert page.evaluate("() => find().chosen.action.name") == "Goal"  # nothing was taken away meanwhile
    peak = "() => { const w = find(), c = w.data.classes.find((a) => a.name === 'Corner'); return w.arrays.get(1).scores.peak(c.index, 14, 18); }"
    page.wait_for_function(f"() => ({peak})() > 150")  # the curves come after the spots
    expect(page.locator(".why")).to_contain_text("The analysis is not done yet")


def test_codes_are_edited_in_a_table(page: Page, server: Server, match: Match, codes: Codes) -> None:
    opened(page, server, match)
    page.get_by_role("button", name="Codes", exact=True).click()
    page.get_by_role("button", name="Edit codes").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A code tags the moment on screen")
    dialog.get_by_role("button", name="Keep these codes").click()
    expect(dialog).to_have_count(0)
    assert [code.name for code in codes.all()] == ["High press", "Overload", "7 Silva"]
