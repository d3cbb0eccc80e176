"""The pitch's lines and the minimap in Chromium: where the calibration puts them, and nothing where there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.library.cameras import unreviewed_cameras
from app.library.library import Match
from app.library.placing import placing_stamp
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.domain.cameras import Shot
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.field_calibration import write_published
from spotting_core.formats.labels_cameras import write_shots
from spotting_core.media.source import open_match
from spotting_core.players.kept_players import KeptPlayers, kept_players, players_key
from tests.app.conftest import SPOTS, Server
from tests.app.made_analysis import box_of, make_analysis
from tests.app.player_page import open_page, settle
from tests.videos import HEIGHT, WIDTH, make_video, steady

pytestmark = pytest.mark.browser

# From above: the pitch of 105 by 68 m in a picture of 120 by 80 m.
ABOVE = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))
SAMPLES = 40

# Whether anything is drawn at a place of the picture, given in shares of it.
DRAWN = """([u, v]) => {
  const { overlay, video } = find().player, { x, y, w, h } = overlay.picture(video);
  return overlay.pen.getImageData(Math.round(x + u * w), Math.round(y + v * h), 1, 1).data[3] > 0;
}"""


def calibrated(
    server: Server, name: str, confidences: Sequence[float], game: str = "", cuts: Sequence[float] = ()
) -> Match:
    """A match of 20 s with calibrations beside it, of these confidences.

    Arguments:
        cuts: seconds at which shots end.
    """
    folder = server.root / name
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(200, rate=10.0))
    calibrations = [Calibration(1, k * 500_000, ABOVE, c) for k, c in enumerate(confidences)]
    write_published(folder / "1_field_calib_ccbv.json", calibrations, WIDTH, HEIGHT, game)
    if cuts:
        ends = [(a, round(b * 1e6)) for a, b in pairwise([0, *cuts])]
        shots = [Shot(1, round(a * 1e6), b, "Main camera center", False) for a, b in ends]
        write_shots(folder / "Labels-cameras.json", shots)
    make_analysis(open_match(folder), server.data, SPOTS)
    return server.library().add(str(folder))


def shown_at(page: Page, seconds: float) -> None:
    page.evaluate("(t) => find().player.open(1, t)", seconds)
    settle(page)


def test_lines_lie_where_the_calibration_puts_them_and_nowhere_where_it_is_unsure(page: Page, server: Server) -> None:
    match = calibrated(server, "with calibrations", [0.9] * 20 + [0.5] * 20)
    open_page(page, server, match, half=1, t=4)
    page.locator("input[data-option=boxes]").uncheck()
    page.locator("input[data-option=map]").uncheck()
    assert not page.evaluate(DRAWN, [0.5, 0.2])
    page.keyboard.press("y")
    page.wait_for_function("() => find().player.overlay.shown?.pitch")
    side = 0.5 - 34 / 80
    for place, drawn in (((0.5, 0.2), True), ((0.3, side), True), ((0.3, 0.2), False), ((0.3, side / 2), False)):
        assert page.evaluate(DRAWN, place) is drawn, place
    expect(page.locator(".pitch-lines")).to_have_text("Lines 0.90")
    for seconds in (9.8, 15.0):  # 9.5 s has a calibration, but the sample nearest to 9.8 s has none
        shown_at(page, seconds)
        assert not page.evaluate(DRAWN, [0.5, 0.2])
        expect(page.locator(".pitch-lines")).to_have_text("Lines none here")


def test_without_teams_the_minimap_shows_who_was_found_where_and_says_why(page: Page, server: Server) -> None:
    match = calibrated(server, "with a minimap", [0.9] * 20 + [0.5] * 20)
    answers: list[dict[str, Any]] = [{"status": 202}]
    page.route("**/touchline/players/**", lambda route: route.fulfill(**answers[-1]))
    open_page(page, server, match, half=1, t=4)
    page.keyboard.press("z")
    page.wait_for_function("() => find().player.overlay.shown?.minimap === 1")  # the ball of every sample
    u, v, place = page.evaluate(
        """() => {
          const { overlay, video, fetched } = find().player, map = find().part("minimap"), place = overlay.picture(video);
          const [left, top, right, bottom] = fetched.entities.of(overlay.shown.sample)[0].box;
          const at = fetched.calibrations.at(4).toPitch((left + right) / 2, bottom), [x, y] = map.at(map.box(place), ...at);
          return [(x - place.x) / place.w, (y - place.y) / place.h, at];
        }"""
    )
    left, _top, right, bottom = box_of(8, WIDTH, HEIGHT)  # of the sample at 4 s
    assert place == pytest.approx([((left + right) / 2 / WIDTH - 0.5) * 120, (bottom / HEIGHT - 0.5) * 80], abs=0.05)
    assert 0.7 < u < 1
    assert 0 < v < 0.5
    assert page.evaluate(DRAWN, [u, v])
    shown_at(page, 15.0)
    assert page.evaluate("() => find().player.overlay.shown.minimap") == 0
    expect(page.get_by_role("status").filter(has_text="Working out teams")).to_have_count(1)
    answers.append({"status": 422, "body": "the video is gone."})
    expect(page.locator(".minimap")).to_have_attribute("title", re.compile("No teams: the video is gone"))
    expect(page.locator(".teams-state")).to_be_hidden()
    shown_at(page, 4.0)
    assert page.evaluate("() => find().player.overlay.shown") == {"sample": 8, "pitch": False, "boxes": 1, "minimap": 1}


BAR_ROOM = """() => {
  const bar = find().player.q(".layers"), right = (e) => e.getBoundingClientRect().right;
  return right(bar) - Math.max(...[...bar.children].filter((e) => e.offsetWidth).map(right));
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1100, 800)])
def test_the_controls_over_the_picture_fit_whatever_they_say_of_themselves(
    page: Page, server: Server, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    match = calibrated(server, f"with controls at {width}", [0.5] * SAMPLES)
    page.route("**/touchline/players/**", lambda route: route.fulfill(status=202))
    open_page(page, server, match, half=1, t=4)
    page.keyboard.press("y")
    page.keyboard.press("z")
    expect(page.locator(".pitch-lines")).to_have_text("Lines none here")
    expect(page.locator(".teams-state")).to_be_visible()  # while teams are worked out
    assert page.evaluate(BAR_ROOM) >= 8


def test_no_line_runs_through_the_words_on_the_minimap_and_no_picture_shows_below(page: Page, server: Server) -> None:
    match = calibrated(server, "with words on the map", [0.4] * SAMPLES)
    keep(server, match, [somebody(8, 1, "home", 20, 10)])
    open_page(page, server, match, half=1, t=4)
    page.keyboard.press("z")
    page.wait_for_function("() => find().player.overlay.shown?.minimap === 1")
    for y in (4.2, -4.2):  # the halfway line close to the letters
        assert max(page.evaluate(ON_MAP, [0, y])) < 60
    assert page.evaluate(ON_MAP, [0, 30])[0] > 60  # the line itself
    assert page.evaluate(ON_MAP, [-30, 30]) == [16, 34, 24]


def somebody(sample: int, track: int, team: str, x: float, y: float, **more: Any) -> Placed:
    """Seen at a sample of the first half, in a box of 2 by 4 m."""
    box = ((x - 1) / 120 + 0.5, (y - 4) / 80 + 0.5, (x + 1) / 120 + 0.5, y / 80 + 0.5)
    made = {"role": Role.PLAYER, "team_confidence": 0.9, "error": 0.4, "confidence": 0.8, "box": box, **more}
    return Placed(half=1, time=sample * 500_000, track=track, team=team, x=x, y=y, **made)


def keep(server: Server, match: Match, placed: Sequence[Placed]) -> None:
    """Have players kept for a match, as if they had been worked out."""
    layers = server.library().layers(match)
    times = tuple(k * 500_000 for k in range(SAMPLES))
    players = MatchPlayers(tuple(placed), 2, Pitch(), (WIDTH, HEIGHT), {1: times}, kits=((200, 60, 60), (60, 60, 200)))
    cameras = unreviewed_cameras(match.path, layers)
    key = players_key(layers[0], match_calibrations(open_match(match.path), layers), cameras, None)
    kept_players(key, server.data, lambda: KeptPlayers.of(players))
    server.data.players_of(placing_stamp(match, layers[0], layers)).write_text(key)


# The colour on the map where a point of the pitch is, as red, green, blue.
ON_MAP = """([x, y]) => {
  const { overlay, video } = find().player, map = find().part("minimap");
  const [u, v] = map.at(map.box(overlay.picture(video)), x, y);
  return [...overlay.pen.getImageData(Math.round(u), Math.round(v), 1, 1).data].slice(0, 3);
}"""


def test_the_minimap_shows_teams_officials_and_ball_between_samples_too(page: Page, server: Server) -> None:
    match = calibrated(server, "with teams", [0.9] * SAMPLES)
    moving = [somebody(k, 1, "home", -20 + k, 10) for k in range(SAMPLES)]
    others = [
        one
        for k in range(SAMPLES)
        for one in (
            somebody(k, 2, "away", 30, -10, box=None),
            somebody(k, 3, "", 0, 20, team_confidence=0.0),
            somebody(k, 4, "", 10, 20, role=Role.REFEREE),
            somebody(k, 0, "", 20, 0, role=Role.BALL),
        )
    ]
    keep(server, match, [*moving, *others])
    open_page(page, server, match, half=1, t=4)
    page.keyboard.press("z")
    page.wait_for_function("() => find().player.overlay.shown?.teams === 2")
    assert page.evaluate("() => find().player.overlay.shown.minimap") == 5
    red, _, blue = page.evaluate(ON_MAP, [-12, 10])
    assert (red, blue) == (200, 60)  # far enough apart as they are
    red, _, blue = page.evaluate(ON_MAP, [30, -10])
    assert 60 < blue < 190  # told from the track: fainter
    assert blue > red
    assert max(page.evaluate(ON_MAP, [0, 20])) < 160  # hollow
    across = [page.evaluate(ON_MAP, [-12 + step / 4, 10]) for step in range(12)]
    assert max(min(pixel) for pixel in across) > 150  # a light ring around the shirt's red
    assert page.evaluate(ON_MAP, [10, 20]) == [18, 24, 31]
    assert min(page.evaluate(ON_MAP, [20, 0])) > 230
    shown_at(page, 4.2)
    red, _, blue = page.evaluate(ON_MAP, [-11.6, 10])
    assert (red, blue) == (200, 60)
    expect(page.locator(".teams-state")).to_be_hidden()


MARKED = "() => find().player.overlay.shown.marked"


def test_a_player_is_marked_by_key_through_the_shot_and_beyond_it_where_his_track_goes_on(
    page: Page, server: Server
) -> None:
    match = calibrated(server, "with shots", [0.9] * SAMPLES, cuts=[6.2, 12.2, 19.9])
    through = [somebody(k, 1, "home", -20 + k, 10) for k in range(24)]  # over the first cut, to 11.5 s
    ending = [somebody(k, 2, "away", 30, -10) for k in range(6, 10)]
    keep(server, match, [*through, *ending])
    open_page(page, server, match, half=1, t=4)
    page.locator("input[data-option=boxes]").uncheck()
    page.locator("input[data-option=map]").uncheck()
    page.keyboard.press("z")
    one = page.get_by_role("button", name=re.compile("player, track 1$"))
    other = page.get_by_role("button", name=re.compile("player, track 2$"))
    expect(one).to_have_attribute("aria-pressed", "false")
    beside = [(-12 + 0.8) / 120 + 0.5, 10 / 80 + 0.5]  # on the ring around his feet
    assert not page.evaluate(DRAWN, beside)
    one.focus()
    page.keyboard.press("Tab")
    expect(other).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate(MARKED) == 2
    assert page.evaluate("() => find().player.overlay.shown.who") == "Away player, 0.90 sure"
    shown_at(page, 6.1)
    assert page.evaluate(MARKED) == 2  # not followed any more, but it is the same shot
    shown_at(page, 6.3)
    assert page.evaluate(MARKED) is None
    shown_at(page, 4.0)
    one.click()
    expect(one).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("() => find().player.video.paused")
    assert page.evaluate(DRAWN, beside)
    assert page.evaluate(DRAWN, [(-12 - 1) / 120 + 0.5 - 3 / 736, (10 - 2) / 80 + 0.5])  # his box
    shown_at(page, 8.0)
    assert page.evaluate(MARKED) == 1
    page.keyboard.press("Escape")
    assert page.evaluate(MARKED) is None
    one.click()
    shown_at(page, 13.0)
    assert page.evaluate(MARKED) is None
    expect(one).to_have_count(0)


def test_trails_reach_back_five_seconds_within_the_shot(page: Page, server: Server) -> None:
    match = calibrated(server, "with trails", [0.9] * SAMPLES, cuts=[6.2, 19.9])
    keep(server, match, [somebody(k, 1, "home", -20 + 2 * k, 10) for k in range(SAMPLES)])
    open_page(page, server, match, half=1, t=10)
    page.keyboard.press("z")
    page.wait_for_function("() => find().player.overlay.shown?.teams === 1")

    def red(sample: float) -> bool:
        """Whether the map is redder than green where the player was at a sample."""
        colour = page.evaluate(ON_MAP, [-20 + 2 * sample, 10])
        return bool(colour[0] > colour[1])

    assert [red(k) for k in (11.5, 13.5, 17.5)] == [False, True, True]  # the shot begins at 6.2 s
    shown_at(page, 15.0)
    assert [red(k) for k in (17.5, 24.5, 29)] == [False, True, True]  # 6.3, 2.8 and .5 s ago
    page.evaluate("() => find().root.querySelector('.people button').click()")
    assert [red(k) for k in (2.5, 17.5, 36.5)] == [True, True, True]  # his trail whole


def test_calibrations_of_another_match_are_said_and_take_nothing_else_away(page: Page, server: Server) -> None:
    match = calibrated(
        server, "2026-08-01 - 15-00 Blue 0 - 0 Red", [0.9] * SAMPLES, "2026-08-02 - 15-00 White 1 - 0 Black"
    )
    open_page(page, server, match, half=1, t=4)
    page.keyboard.press("y")
    page.wait_for_function("() => find().player.q('.pitch-lines').title.includes('another match')")
    expect(page.locator(".pitch-lines.unusable")).to_have_count(1)
    assert page.evaluate("() => find().player.overlay.shown.boxes") == 1
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_contain_text("the pitch's lines")


def test_a_match_without_calibrations_offers_neither(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    expect(page.locator("input[data-option=boxes]")).to_be_visible()
    expect(page.locator("input[data-option=pitch]")).to_be_hidden()
    expect(page.locator("input[data-option=minimap]")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_contain_text("boxes")
    expect(page.locator(".keys")).not_to_contain_text("the pitch's lines")
