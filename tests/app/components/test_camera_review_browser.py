"""Review of camera changes in the Match view, by keys alone: verdicts, replays and their links, undo, a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.library.library import Match
from spotting_core.domain.cameras import CameraChange, Link, Shot, origin_of
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import FILE_NAME, write_shots
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import CameraReviews, ReviewedCamera
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPTED, ADDED, MOVED, OPEN, REJECT, REJECTED, Reviews
from tests.app.conftest import Server
from tests.app.made_analysis import make_analysis, make_shots
from tests.app.player_page import FIND, open_page, settle
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

CAMERAS = load_classes("soccernet-cameras").names
RATE, COUNT = 5, 12
FRAME = 1_000_000 // RATE  # microseconds
REPLAY = 6  # number of the change that ends a replay, in the made match
SPOTS = [Spot(1, 1_400_000, "Kick-off", 0.9), Spot(1, 4_000_000, "Goal", 0.8), Spot(1, 9_000_000, "Foul", 0.7)]


def ends() -> list[int]:
    """Where the shots of the made match end: one every second, on a frame."""
    return [(n + 1) * 1_000_000 for n in range(COUNT)]


@pytest.fixture(scope="module")
def match(server: Server) -> Match:
    """A match of twelve shots, one of them a replay."""
    path = server.root / "shots"
    path.mkdir()
    make_video(path / "1_720p.mp4", steady((COUNT + 2) * RATE, rate=RATE), key_every=RATE)
    make_analysis(open_match(path), server.data, SPOTS)
    shots = [Shot(1, end - 1_000_000, end, CAMERAS[n % 2], n == REPLAY, "abrupt") for n, end in enumerate(ends())]
    write_shots(path / FILE_NAME, shots)
    return server.library().add(str(path))


@pytest.fixture
def cameras(server: Server) -> CameraReviews:
    return CameraReviews(open_database(server.data))


def opened(page: Page, server: Server, match: Match, name: str) -> None:
    page.add_init_script(f"localStorage.setItem('touchline-reviewer', '{name}')")
    open_page(page, server, match, half=1, t=0)
    page.keyboard.press("v")
    expect(page.locator("[data-camera]").nth(COUNT - 1)).to_be_attached()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def answered(page: Page) -> None:
    page.wait_for_function("() => find().review.pending.length === 0")


def by_end(cameras: CameraReviews, match: Match) -> dict[str, ReviewedCamera]:
    """What was reviewed, by the name in the store."""
    return {r.origin: r for r in cameras.of_match(match.id)}


def origin(number: int) -> str:
    return origin_of(CameraChange(1, ends()[number], CAMERAS[number % 2]))


def test_a_matchs_camera_changes_are_reviewed_by_keys_alone(
    page: Page, server: Server, match: Match, cameras: CameraReviews
) -> None:
    opened(page, server, match, "Ann")
    press(page, "n")
    settle(page)
    assert page.evaluate("() => [find().part('cameras').review.item.seconds, find().player.time]") == [1, 1]
    press(page, "a", "x")  # the first is true, the second is not
    press(page, "ArrowRight", "m")  # the third is a frame late
    press(page, "c", "c")  # the fourth is of the third camera of the table
    press(page, "t", "t", "a")  # the fifth is a logo
    press(page, "r", "e")
    page.keyboard.type("wipes twice")
    press(page, "Enter", "a")  # the sixth is a replay
    for _ in range(COUNT - REPLAY):
        press(page, "a")
    answered(page)
    reviews_by_key = by_end(cameras, match)
    states = [reviews_by_key[origin(n)].state for n in range(COUNT)]
    assert states == [ACCEPTED, REJECTED, MOVED, ACCEPTED, *[ACCEPTED] * (COUNT - 4)]
    assert reviews_by_key[origin(2)].time == ends()[2] + FRAME
    assert reviews_by_key[origin(3)].label == CAMERAS[2]
    assert (reviews_by_key[origin(4)].change_type, reviews_by_key[origin(0)].change_type) == ("logo", "abrupt")
    assert (reviews_by_key[origin(5)].replay, reviews_by_key[origin(5)].comment) == (True, "wipes twice")
    assert {r.author for r in reviews_by_key.values()} == {"Ann"}
    assert f"{COUNT} of {COUNT}" in page.locator(".review-foot").inner_text()
    shots = page.evaluate("() => find().lanes.segments[0].shots.map((s) => s.end)")
    assert shots[:2] == [1, 3.2]  # the rejected change cuts nothing, the moved one a frame later


def test_a_replay_gets_its_link_by_keys_and_undo_takes_it_back(
    page: Page, server: Server, match: Match, cameras: CameraReviews
) -> None:
    opened(page, server, match, "Ben")
    page.evaluate(
        f"() => find().part('cameras').review.pick(find().part('cameras').review.all.find((c) => c.seconds === {ends()[REPLAY] / 1e6}))"
    )
    settle(page)
    press(page, "w")  # proposed: the last action before the replay's shot began
    assert page.evaluate("() => find().chosen.action.name") == "Goal"
    assert "It shows Goal at 00:04" in page.locator(".review-foot").inner_text()
    press(page, "p", "Enter")
    answered(page)
    replay = by_end(cameras, match)[origin(REPLAY)]
    assert replay.change.link == Link(1, SPOTS[0].time, "Kick-off")
    assert page.locator(".spot.camera.chosen .replay").inner_text() == "00:01"
    settle(page)
    press(page, "g")
    settle(page)
    assert page.evaluate("() => find().player.time") == 1.4
    press(page, "g")
    settle(page)
    assert page.evaluate("() => find().player.time") == ends()[REPLAY] / 1e6
    press(page, "Control+z")
    answered(page)
    assert by_end(cameras, match)[origin(REPLAY)].link is None
    press(page, "Control+y")
    answered(page)
    assert by_end(cameras, match)[origin(REPLAY)].link is not None
    press(page, "r")  # what is no replay shows nothing
    answered(page)
    live = by_end(cameras, match)[origin(REPLAY)]
    assert (live.replay, live.link) == (False, None)


def test_what_is_added_can_be_changed_before_it_is_answered(
    page: Page, server: Server, match: Match, cameras: CameraReviews
) -> None:
    opened(page, server, match, "Cleo")
    press(page, "ArrowRight", "ArrowRight", "d", "b", "t", "r")
    answered(page)
    [added] = [r for r in cameras.of_match(match.id) if r.state == ADDED]
    assert (added.time, added.label, added.change_type, added.replay) == (2 * FRAME, CAMERAS[1], "smooth", True)
    assert added.author == "Cleo"
    press(page, "Control+z", "Control+z", "Control+z")
    answered(page)
    assert [r for r in cameras.of_match(match.id) if r.state == ADDED] == []


def test_a_conflict_is_shown_and_overwrites_nothing_and_spots_stay_apart(
    page: Page, server: Server, match: Match, cameras: CameraReviews
) -> None:
    opened(page, server, match, "Dan")
    press(page, "n")
    review = by_end(cameras, match).get(origin(0))
    theirs = cameras.change(
        match.id, origin(0), CameraChange(1, ends()[0], CAMERAS[0]), REJECT, "Eve", review.revision if review else 0
    )
    press(page, "a")
    alert: Any = page.get_by_role("alert")
    alert.wait_for()
    assert "Your accept was not kept" in alert.inner_text()
    assert "Eve has changed this camera change" in alert.inner_text()
    kept = by_end(cameras, match)[origin(0)]
    assert (kept.state, kept.author, kept.revision) == (REJECTED, "Eve", theirs.revision)
    spots = Reviews(open_database(server.data))
    assert spots.of_match(match.id) == []
    press(page, "v", "n", "t")  # the same keys mean a spot again
    answered(page)
    [spot] = spots.of_match(match.id)
    assert (spot.state, spot.team) == (OPEN, "home")


def test_the_review_view_leads_to_the_list_of_cameras(page: Page, server: Server) -> None:
    path = make_video(server.root / "doubted.mp4", steady(10 * RATE, rate=RATE), first=5000, key_every=RATE)
    make_analysis(open_match(path), server.data, SPOTS[:1])
    shots = [Shot(1, n * 2_000_000, (n + 1) * 2_000_000, CAMERAS[n % 2], False, None, 0.9 - 0.1 * n) for n in range(5)]
    make_shots(open_match(path), server.data, shots)
    match = server.library().add(str(path))
    page.goto(f"{server.url}/review")
    page.get_by_role("radio", name="Cameras").click()
    row = page.locator(f"a.error[href*='match={match.id}']").first
    expect(row).to_contain_text(f"{CAMERAS[0]} 0.50")
    page.wait_for_url("**/review?of=cameras*")
    row.click()
    page.wait_for_url("**/match?*tab=cameras*")
    page.evaluate(FIND)
    page.wait_for_function("() => find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)
    expect(page.locator("[data-camera]").last).to_be_visible()
    assert page.evaluate("() => find().player.time") > 8
