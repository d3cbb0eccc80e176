"""The Clips view in Chromium: trimmed to the frame by keys, put in order, kept over a reload, exported and saved."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from spotting_core.media.decode import read_frame
from spotting_core.media.frames import numbered_frames
from spotting_core.media.shown import shown_image
from spotting_core.media.times import read_time_table
from tests.app.conftest import Server
from tests.app.player_page import FIND
from tests.videos import read_number

pytestmark = pytest.mark.browser

STATE = """() => { const d = find(); return {
  clips: d.clips.map((c) => [c.label, c.start, c.end]), chosen: d.chosen, selection: d.selection, frame: d.player.frame,
  answered: d.newest.answered >= d.sequence, revision: d.revision }; }"""

# Whether a button shows a word whole, which may be longer than its own.
HAS_ROOM = """async (button, word) => {
  const box = button.querySelector("[data-testid=stMarkdownContainer]"), line = box.querySelector("p");
  const own = line.textContent;
  line.textContent = word;
  await new Promise(requestAnimationFrame);
  const whole = box.scrollWidth <= box.clientWidth;
  line.textContent = own;
  return whole;
}"""


def open_clips(page: Page, server: Server, match_id: str) -> None:
    page.add_init_script(f"({FIND})()")
    page.goto(f"{server.url}/clips?match={match_id}")
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_function("() => window.find && find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)


def settle(page: Page) -> dict[str, Any]:
    """The desk once its picture is on screen and its changes are kept."""
    page.wait_for_function(
        "() => { const d = find(); return !d.player.video.seeking && !d.player.seekStarted && d.newest.answered >= d.sequence; }"
    )
    state: dict[str, Any] = page.evaluate(STATE)
    return state


def test_a_clip_is_trimmed_reordered_kept_exported_and_saved(
    page: Page, server: Server, match_of: Any, tmp_path: Path
) -> None:
    open_clips(page, server, match_of("late start").id)
    start = settle(page)
    assert [c[0] for c in start["clips"]] == ["Goal", "Yellow card"]
    # The goal is at 3.3 s, shown by frame 82; three frames back the clip begins, two on it ends.
    assert start["frame"] == 82
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "i"):
        page.keyboard.press(key)
        settle(page)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        settle(page)
    page.keyboard.press("u")
    trimmed = settle(page)
    assert trimmed["clips"][0] == ["Goal", 79 * 40_000, 85 * 40_000]
    page.keyboard.press("Alt+ArrowRight")
    assert [c[0] for c in settle(page)["clips"]] == ["Yellow card", "Goal"]
    page.keyboard.press("m")
    assert [c[0] for c in settle(page)["clips"]] == ["Yellow card", "Goal", "Mark"]
    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    kept = settle(page)
    assert [c[0] for c in kept["clips"]] == ["Yellow card", "Goal"]
    page.reload()
    ready(page)
    assert settle(page)["clips"] == kept["clips"]

    page.get_by_text("Title cards", exact=True).click()
    page.get_by_role("button", name="Export 2 clips").click()
    link = page.locator("a.tl-save", has_text="reel.mp4")
    link.wait_for()
    page.set_viewport_size({"width": 1100, "height": 900})
    assert page.get_by_role("button", name="Delete", exact=True).evaluate(HAS_ROOM, "Cancelling")
    page.set_viewport_size({"width": 1440, "height": 900})
    with page.expect_download() as saved:
        link.click()
    saved.value.save_as(tmp_path / "reel.mp4")
    table = read_time_table(tmp_path / "reel.mp4")
    numbers = [read_number(shown_image(f)) for _, f in numbered_frames(tmp_path / "reel.mp4", table)]
    assert numbers[-6:] == list(range(79, 85))


def test_a_picture_is_frozen_drawn_on_and_burned_in(page: Page, server: Server, match_of: Any, tmp_path: Path) -> None:
    open_clips(page, server, match_of("late start").id)
    frame = settle(page)["frame"]
    page.keyboard.press("d")
    page.locator(".sketch-tools").wait_for()
    box = page.locator(".sketch").bounding_box()
    assert box is not None

    def drag(tool: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        page.locator(f"[data-tool={tool}]").click()
        page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=3)
        page.mouse.up()

    page.get_by_role("button", name="Red", exact=True).click()
    drag("arrow", (0.2, 0.8), (0.5, 0.5))
    drag("circle", (0.6, 0.6), (0.8, 0.9))
    page.locator("[data-tool=text]").click()
    page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + 0.6 * box["height"])
    page.get_by_label("Words on the picture").fill("Hier!")
    page.get_by_label("Words on the picture").press("Enter")
    expect(page.locator(".sketch text")).to_have_text("Hier!")
    drag("line", (0.3, 0.1), (0.9, 0.1))
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".sketch-tools")).to_be_hidden()
    field = page.get_by_label("Seconds that the picture stands")
    field.fill("2")
    page.evaluate("() => find().edit({ note: 'Seen late' })")  # as when an answer comes while somebody types
    expect(field).to_have_value("2")
    field.press("Enter")
    settle(page)
    page.wait_for_function("() => find().clip.freezes[0].seconds === 2")
    expect(page.get_by_label("Note for the coach")).to_have_value("Seen late")
    before = page.locator("[data-margin][data-side='0']").first
    before.fill("7")
    page.evaluate("() => { find().edit({ note: 'Seen later' }); find().draw(); }")  # as when an answer comes
    expect(before).to_be_focused()
    expect(before).to_have_value("7")
    before.fill(str(before.get_attribute("value")))  # as it was
    before.blur()
    expect(page.get_by_label("Note for the coach")).to_have_value("Seen later")
    freezes = page.evaluate("() => find().clip.freezes")
    expect(page.locator(".row.freeze")).to_contain_text("3 drawn")
    expect(page.locator(".reel-card .total")).to_contain_text("of the match")  # the film's length stands at the export
    assert [(f["time"], f["seconds"], [s["kind"] for s in f["strokes"]]) for f in freezes] == [
        (frame * 40_000, 2, ["arrow", "circle", "text"])
    ]
    page.locator("[data-edge=end]").focus()
    for _ in range(60):  # an edge stays outside what stands
        page.keyboard.press("ArrowLeft")
    assert settle(page)["clips"][0][2] > frame * 40_000
    page.reload()
    ready(page)
    assert page.evaluate("() => find().clip.freezes") == freezes
    expect(page.locator(".sketch ellipse").first).to_be_visible()  # it is on the frame that is shown first

    page.get_by_text("One file each", exact=True).click()
    page.get_by_role("textbox", name="Names of the files").fill("{class} {number}")
    page.get_by_role("textbox", name="Names of the files").press("Enter")
    expect(page.locator("[data-estimate]")).to_contain_text("to make")
    page.get_by_role("button", name="Export 2 clips").click()
    link = page.locator("a.tl-save", has_text="clips.zip").first
    link.wait_for()
    with page.expect_download() as saved:
        link.click()
    saved.value.save_as(tmp_path / "clips.zip")
    with zipfile.ZipFile(tmp_path / "clips.zip") as packed:
        packed.extractall(tmp_path)
    table = read_time_table(tmp_path / "goal-01.mp4")
    stands = [
        number
        for number, shown in numbered_frames(tmp_path / "goal-01.mp4", table)
        if redness(shown_image(shown)) > 100
    ]
    assert len(stands) == 4
    assert read_number(read_frame(tmp_path / "goal-01.mp4", table, stands[0])) == frame
    assert table.times[stands[-1] + 1] - table.times[stands[0]] == pytest.approx(2_000_000, abs=100)


def redness(image: np.ndarray) -> int:
    return int((image[..., 0].astype(int) - image[..., 1]).max())


def test_slow_motion_goes_to_all_clips_at_once(page: Page, server: Server, match_of: Any) -> None:
    open_clips(page, server, match_of("plain").id)
    settle(page)
    assert page.locator("[data-set=slow]").get_attribute("title") == "Around the spot", "the video has no sound"
    page.evaluate("() => { const desk = find(); desk.data.halves[0].sound = true; desk.drawClip(); }")
    title = page.locator("[data-set=slow]").get_attribute("title")
    assert title == "Around the spot; slow pictures have no sound"
    page.locator("[data-set=slow]").select_option("0.5")
    page.get_by_role("button", name="For all").click()
    settle(page)
    assert page.evaluate("() => find().clips.map((c) => c.slow)") == [0.5, 0.5]
    expect(page.get_by_role("button", name="For all")).to_be_disabled()


def test_a_drag_moves_the_out_point_and_lead_and_lag_move_what_was_not_trimmed(
    page: Page, server: Server, match_of: Any
) -> None:
    open_clips(page, server, match_of("plain").id)
    settle(page)
    handle = page.locator("[data-edge=end]").bounding_box()
    strip = page.locator("svg.strip").bounding_box()
    assert handle is not None
    assert strip is not None
    window = page.evaluate("() => find().trimmer.window")
    target = 6.0
    x = strip["x"] + (target - window["from"]) / (window["to"] - window["from"]) * strip["width"]
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 25)
    page.mouse.down()
    page.mouse.move(x, handle["y"] + 25, steps=4)
    page.mouse.up()
    dragged = settle(page)["clips"]
    assert abs(dragged[0][2] - 6_000_000) <= 80_000
    assert dragged[0][2] % 40_000 == 0
    length = (dragged[0][2] - dragged[0][1]) / 1e6
    expect(page.locator(".reel .clip").first.locator(".shot i")).to_have_text(f"{length:.1f} s")
    inner = page.locator("[data-edge=start]").bounding_box()
    assert inner is not None
    page.mouse.move(inner["x"] + inner["width"] / 2, inner["y"] + 25)
    page.mouse.down()
    page.mouse.move(x + 40, inner["y"] + 25, steps=4)  # past the out point
    page.mouse.up()
    single = settle(page)["clips"]
    assert (single[0][1], single[0][2]) == (dragged[0][2] - 40_000, dragged[0][2])
    page.keyboard.press("Control+z")
    assert settle(page)["clips"] == dragged
    page.locator("[data-edge=end]").focus()
    page.keyboard.press("ArrowLeft")
    assert settle(page)["clips"][0][2] == dragged[0][2] - 40_000
    page.keyboard.press("ArrowRight")
    assert settle(page)["clips"] == dragged
    expect(page.locator(".clip-card .length")).to_have_text(f"{length:.2f} s, {round(length / 0.04)} frames")
    field = page.locator("[data-margin=Goal][data-side='0']")
    field.fill("2")
    field.press("Enter")
    moved = settle(page)["clips"]
    assert moved[0][1] == pytest.approx(1_300_000, abs=1_000)  # scores and displacements are kept in half precision
    assert moved[0][2] == dragged[0][2]
    assert moved[1] == dragged[1]


@pytest.mark.parametrize("width", [800, 1100])
def test_nothing_of_the_clip_s_settings_is_cut_in_a_narrow_window(
    page: Page, server: Server, match_of: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_clips(page, server, match_of("plain").id)
    page.evaluate("() => { find().clip.label = 'Shots off target'; find().draw(); }")  # the longest name
    page.keyboard.press("d")
    expect(page.locator(".row.freeze")).to_contain_text("0 drawn")
    cut = """() => [...find().root.querySelectorAll('.clip-card .title, .clip-card .caption, .row.freeze span')]
      .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'none').map((e) => e.textContent)"""
    assert page.evaluate(cut) == []


def test_how_much_may_be_written_stands_below_the_field(page: Page, server: Server, match_of: Any) -> None:
    open_clips(page, server, match_of("plain").id)
    page.get_by_role("button", name="Playlists").click()
    field = page.get_by_label("Its name")
    field.fill("What a coach wants to show on Tuesday after training")
    hint = page.locator("[data-testid=InputInstructions]", has_text="/120")
    hint.wait_for()
    below, above = hint.bounding_box(), field.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] >= above["y"] + above["height"]
    assert below["x"] + below["width"] <= above["x"] + above["width"] + 16
