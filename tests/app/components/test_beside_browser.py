"""Two systems over one match in Chromium: what both have, what one has alone, and the curves of each."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import MOVE, RECLASS, REJECT, Reviews, origin_of
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page, settle, state
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

OWN = [Spot(1, 1_200_000, "Kick-off", 0.9), Spot(1, 3_300_000, "Goal", 0.8), Spot(1, 8_000_000, "Corner", 0.95)]
OTHERS = [
    Spot(1, 1_900_000, "Kick-off", 0.7),  # the same action, 0.7 s later
    Spot(1, 7_000_000, "Goal", 0.6),  # another one than that at 3.3 s
    Spot(1, 8_000_000, "Foul", 0.2),  # below the threshold
]
OTHER = sha256(b"the other").hexdigest()


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    path = make_video(server.root / "two systems.mp4", steady(260), first=1000, container={"movflags": "faststart"})
    source = open_match(path)
    make_analysis(source, server.data, OTHERS, "other", "the other")
    make_analysis(source, server.data, OWN, "made")
    return server.library().add(str(path))


@pytest.fixture
def beside(page: Page, server: Server, match: Match) -> Page:
    open_page(page, server, match, source="model:" + "0" * 64, beside=f"model:{OTHER}")
    page.wait_for_function("() => find().part('beside').shown && find().part('beside').curves.size === 1")
    return page


def rows(page: Page) -> list[list[Any]]:
    texts: list[list[Any]] = page.evaluate(
        "() => [...find().root.querySelectorAll('.rail .spot')].map((row) =>"
        " [row.querySelector('.name').textContent, row.querySelector('.alone')?.textContent ?? ''])"
    )
    return texts


def choose(page: Page, agreement: str) -> None:
    page.locator(f"[data-agreement={agreement}]").click()


def test_what_both_have_and_what_one_has_alone(beside: Page) -> None:
    expect(beside.locator("[data-agreement]")).to_have_count(4)
    assert [t.split() for t in beside.locator("[data-agreement]").all_inner_texts()] == [
        ["All", "4"],
        ["Both", "1"],
        ["Only", "A", "2"],
        ["Only", "B", "1"],
    ]
    assert rows(beside) == [["Kick-off", ""], ["Goal", "A"], ["Goal", "B"], ["Corner", "A"]]
    choose(beside, "both")
    assert rows(beside) == [["Kick-off", ""]]
    choose(beside, "own")
    assert rows(beside) == [["Goal", "A"], ["Corner", "A"]]
    choose(beside, "other")
    assert rows(beside) == [["Goal", "B"]]


def test_reviews_do_not_change_what_the_two_systems_have(page: Page, server: Server) -> None:
    path = make_video(server.root / "reviewed.mp4", steady(260), first=6000, container={"movflags": "faststart"})
    source = open_match(path)
    made = make_analysis(source, server.data, OWN, "made")
    make_analysis(source, server.data, OTHERS, "other", "the other")
    match = server.library().add(str(path))
    reviews, model = Reviews(open_database(server.data)), made.record.identity.review_sources[0]
    kick_off, goal, corner = made.spots(Spotting())
    for spot, action, values in (
        (kick_off, MOVE, {"half": 1, "time": 6_000_000}),  # away from the other system's
        (goal, REJECT, {}),
        (corner, RECLASS, {"label": "Foul"}),
    ):
        reviews.change(match.id, origin_of(spot, model), spot, action, "Ada", 0, **values)
    reviews.add(match.id, Spot(1, 7_000_000, "Goal", None), "Ada")  # where the other system has one
    open_page(page, server, match, beside=f"model:{OTHER}")
    page.wait_for_function("() => find().part('beside').shown && find().part('beside').curves.size === 1")
    texts = [" ".join(t.split()) for t in page.locator("[data-agreement]").all_inner_texts()]
    assert texts == ["All 4", "Both 1", "Only A 2", "Only B 1"]
    names = []
    for agreement in ("both", "own", "other"):
        choose(page, agreement)
        names.append([name for name, _ in rows(page)])
    assert names == [["Kick-off"], ["Goal", "Foul was Corner"], ["Goal"]]
    choose(page, "all")
    assert len(rows(page)) == 5  # what was added is listed as well


def test_a_lower_threshold_lets_the_others_spots_in(beside: Page) -> None:
    beside.evaluate("() => find().setThreshold(null, 0.15, false)")
    assert rows(beside) == [["Kick-off", ""], ["Goal", "A"], ["Goal", "B"], ["Corner", "A"], ["Foul", "B"]]


def test_a_spot_of_the_other_alone_is_shown_and_can_be_added(beside: Page) -> None:
    choose(beside, "other")
    beside.locator(".rail .spot").first.click()
    settle(beside)
    assert abs(beside.evaluate("() => find().player.time") - 7.0) < 0.05
    text = beside.locator(".why").inner_text()
    assert "Spotted by the other alone: within 2.5 s made by hand is at 0.01 at most." in text
    # Nobody can accept what the shown system never said.
    beside.keyboard.press("a")
    assert beside.evaluate("() => [find().chosen.other, find().review.item, find().part('review').outbox.pending]") == [
        True,
        None,
        [],
    ]


def test_each_curve_is_that_of_its_own_system(beside: Page) -> None:
    peaks = beside.evaluate(
        """() => {
          const w = find(), goal = w.data.classes.find((c) => c.name === 'Goal').index, rate = w.data.rate;
          const own = (t) => w.arrays.get(1).scores.peak(goal, (t - 1) * rate, (t + 1) * rate) / 255;
          const other = (t) => w.part('beside').peak(1, goal, t - 1, t + 1) / 255;
          return [own(3.3), other(3.3), own(7), other(7)];
        }"""
    )
    assert peaks == pytest.approx([0.8, 0.01, 0.01, 0.6], abs=0.01)


def test_the_threshold_is_dragged_in_the_upper_half_of_a_lane(beside: Page) -> None:
    levels = beside.evaluate(
        """() => {
          const w = find(), lanes = w.lanes, curves = w.part('curves'), goal = w.data.classes.find((c) => c.name === 'Goal');
          w.choose(goal);
          const row = lanes.rowOf(goal.index), { base, full } = lanes.area(row);
          curves.dragThreshold(base - 0.6 * full, false);
          return [w.levelOf(goal), curves.thresholdY(row) >= row.y, curves.thresholdY(row) <= row.y + row.height / 2 + 1];
        }"""
    )
    assert levels == [0.6, True, True]


def test_the_model_dialog_lays_a_system_beside_and_takes_it_away(page: Page, server: Server, match: Match) -> None:
    open_page(page, server, match, source="model:" + "0" * 64)
    expect(page.locator(".agreement")).to_be_hidden()
    page.locator("[data-head=model]").click()
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="the other").click()
    page.wait_for_function("() => find()?.part('beside').shown && find().part('beside').curves.size === 1")
    other = next(a for a in server.library().analyses(match) if a.record.model["name"] == "the other")
    assert f"beside=model:{other.record.identity.key}" in unquote(page.url)
    assert page.locator(".model-name").inner_text() == "A made by hand | B the other"
    page.locator("[data-head=model]").click()
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="Nothing").click()
    page.wait_for_function("() => find() && !find().part('beside').shown")
    expect(page.locator(".agreement")).to_be_hidden()
    assert "beside" not in page.url


def test_an_analysis_without_entities_takes_the_place_of_one_with_them(page: Page, server: Server) -> None:
    path = make_video(
        server.root / "with and without.mp4", steady(260), first=2000, container={"movflags": "faststart"}
    )
    source = open_match(path)
    make_analysis(source, server.data, OTHERS, "bare", "features alone", bare=True)
    make_analysis(source, server.data, OWN, "made")
    open_page(page, server, server.library().add(str(path)), source="model:" + "0" * 64, half=1, t=3.3)
    shown = state(page)
    assert (shown["spots"], shown["boxes"]) == (3, 1)
    for name, spots, boxes in (("features alone", 2, 0), ("made by hand", 3, 1)):
        page.locator("[data-head=model]").click()
        page.get_by_role("radiogroup", name="Spots shown").get_by_text(name).click()
        page.wait_for_function("(name) => find().data.model === name && find().root.dataset.ready", arg=name)
        settle(page)
        page.wait_for_function("(boxes) => find().player.overlay.shown?.boxes === boxes", arg=boxes)
        assert state(page)["spots"] == spots
        assert page.evaluate("() => find().root.dataset.failed") is None
        expect(page.locator(".stage-note")).to_be_hidden()


def test_an_analysis_that_ends_is_told_of_and_shown_on_demand(page: Page, server: Server) -> None:
    path = make_video(server.root / "ready.mp4", steady(260), first=5000, container={"movflags": "faststart"})
    make_analysis(open_match(path), server.data, OWN, "made")
    match = server.library().add(str(path))
    open_page(page, server, match, half=1, t=3.3, **{"class": "Goal"})
    page.wait_for_function("() => find().chosen?.action.name === 'Goal'")
    ready = page.locator(".ready")
    expect(ready).to_be_hidden()
    make_analysis(open_match(path), server.data, OTHERS, "other", "the other")
    page.evaluate("() => find().again()")
    expect(ready).to_contain_text("the other is ready", timeout=30_000)
    assert page.evaluate("() => [find().chosen.action.name, find().data.model, find().rows.length]") == [
        "Goal", "made by hand", 3,
    ]  # fmt: skip
    ready.get_by_label("Not now").click()
    page.wait_for_function("() => !find().data.ready")
    expect(ready).to_be_hidden()
    make_analysis(open_match(path), server.data, OTHERS, "third", "a third")
    page.evaluate("() => find().again()")
    expect(ready).to_contain_text("a third is ready", timeout=30_000)
    ready.get_by_text("Show").click()
    page.wait_for_function(
        "() => find().data.model === 'a third' && find().root.dataset.ready === find().data.analysis"
    )
    expect(ready).to_be_hidden()
