"""What the player draws and where it is clicked, in Chromium, to the cell and to the frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.workspace.overlays.maps import shown_map
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.formats.field_calibration import write_published
from spotting_core.media.ingest import ingest
from spotting_core.media.playback import make_playback
from spotting_core.media.source import open_match
from tests.app.conftest import SPOTS, Server
from tests.app.made_analysis import box_of, make_analysis
from tests.app.player_page import open_page, settle, state
from tests.shown_videos import WAYS, write_shown
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

# Numbers of the cells, row by row, in whose middle something is drawn strongly, of a grid of so many rows and columns.
CELLS = """([rows, columns]) => {
  const { overlay, video } = find().player, { canvas, pen } = overlay, { x, y, w, h } = overlay.picture(video), shown = [];
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
    const at = [x + ((column + 0.5) * w) / columns, y + ((row + 0.5) * h) / rows].map(Math.round);
    if (pen.getImageData(...at, 1, 1).data[3] > 60) shown.push(row * columns + column);
  }
  return shown;
}"""


def test_the_map_is_that_of_its_sample_and_lies_in_its_place(page: Page, server: Server, match_of: Any) -> None:
    """In the made analysis the first cell shines in even samples, the last in odd ones."""
    open_page(page, server, match_of("plain"))
    page.locator(".spot", has_text="Corner").click()
    page.locator("select[data-option=layer]").select_option("class_map")
    page.locator("input[data-option=boxes]").uncheck()
    page.wait_for_function("() => find().player.fetched.map")
    samples = page.evaluate("() => Array.from(find().arrays.get(1).samples)")
    for sample in (4, 7, 10, 15):
        page.evaluate("(t) => find().player.open(1, t + 0.001)", samples[sample])
        settle(page)
        assert state(page)["sample"] == sample
        assert page.evaluate(CELLS, [2, 3]) == ([5] if sample % 2 else [0]), sample


def test_what_decided_a_spot_lies_over_the_moments_around_it(page: Page, server: Server) -> None:
    match = server.library().demo()
    assert match is not None
    analysis = Analysis.open(match.path / "analysis")
    spot = next(s for s in analysis.spots() if s.label == "Penalty")
    reasons = shown_map(analysis, spot)
    assert reasons is not None
    assert np.max(reasons["values"]) == 255
    open_page(page, server, match, half=spot.half, t=spot.time / 1e6, **{"class": spot.label})
    layer = page.locator("select[data-option=layer]")
    expect(layer).to_have_value("reasons")
    assert "faithful" in str(layer.get_attribute("title"))
    page.locator("input[data-option=boxes]").uncheck()
    samples = page.evaluate("(half) => Array.from(find().arrays.get(half).samples)", spot.half)
    drawn = 0
    for number, values in enumerate(reasons["values"]):
        page.evaluate(
            "([half, t]) => find().player.open(half, t + 0.001)", [spot.half, samples[reasons["first"] + number]]
        )
        settle(page)
        strong, speaking = ({cell for cell, value in enumerate(values) if value > least} for least in (150, 0))
        assert strong <= set(page.evaluate(CELLS, reasons["grid"])) <= speaking, number
        drawn += len(strong)
        expect(page.locator(".range")).to_have_text(f"0–{reasons['most']:.2f}")
    assert drawn
    # Beyond the moments that were asked about the weights of the entities are drawn, and the bar says so.
    page.evaluate("([half, t]) => find().player.open(half, t + 0.001)", [spot.half, samples[reasons["first"] + 20]])
    settle(page)
    expect(page.locator(".moment")).to_contain_text("Attention, ")
    layer.select_option("entities")
    page.locator(".spot", has_text="Corner").first.click()
    expect(layer).to_have_value("entities")  # as it was chosen


def test_a_click_shows_the_very_frame_under_it(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    times = page.evaluate("() => Array.from(find().player.table.times)")
    for frame in (45, 121, 239):
        middle = (times[frame] + times[frame + 1]) / 2
        place = page.evaluate(
            """(t) => {
              const lanes = find().lanes, box = lanes.canvas.getBoundingClientRect();
              return [box.left + lanes.xOf(1, t), box.top + lanes.rows[0].y + 4, lanes.xOf(1, t + 1) - lanes.xOf(1, t)];
            }""",
            middle,
        )
        assert place[2] * (times[frame + 1] - times[frame]) > 2, "a frame has to be wider than a click is exact"
        page.mouse.click(*place[:2])
        settle(page)
        assert state(page)["frame"] == frame


# Where the picture that plays is white, and where the box of its sample is drawn: the middle of each, in shares.
PLACES = """() => {
  const { overlay, video, fetched } = find().player, [w, h] = [video.videoWidth, video.videoHeight];
  const canvas = document.createElement('canvas'); canvas.width = w; canvas.height = h;
  const pen = canvas.getContext('2d'); pen.drawImage(video, 0, 0, w, h);
  const { data } = pen.getImageData(0, 0, w, h), xs = [], ys = [];
  for (let i = 0; i < w * h; i++) if (data[4 * i] > 170) { xs.push(i % w); ys.push(Math.floor(i / w)); }
  const [x1, y1, x2, y2] = fetched.entities.of(overlay.shown.sample)[0].box, place = overlay.picture(video);
  const drawn = (x, y) => overlay.pen.getImageData(Math.round(place.x + x * place.w), Math.round(place.y + y * place.h), 1, 1).data[3];
  const middle = (values) => (Math.min(...values) + Math.max(...values) + 1) / 2;
  return {
    size: [w, h], white: [middle(xs) / w, middle(ys) / h], box: [(x1 + x2) / 2, (y1 + y2) / 2],
    edge: drawn(x1, (y1 + y2) / 2) > 60, opposite: drawn(1 - (x1 + x2) / 2, 1 - (y1 + y2) / 2) > 60,
    pitch: [drawn(0.5, 0.3) > 60, drawn(0.45, 0.3) > 60],
  };
}"""
HALFWAY = Homography(np.array([[1 / 120, 0, 0.5], [0, 1 / 80, 0.5], [0, 0, 1]]))


def squares(size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Pictures with a white square where the entity of a made analysis is, ten a second."""
    for frame in range(60):
        picture = np.full((size[1], size[0], 3), (30, 110, 50), np.uint8)
        x1, y1, x2, y2 = (round(v) for v in box_of(frame // 5, *size))
        picture[y1:y2, x1:x2] = 235
        yield picture


@pytest.mark.parametrize("way", list(WAYS))
def test_what_is_drawn_lies_on_what_it_means_however_a_video_is_stored(page: Page, server: Server, way: str) -> None:
    size = (320, 180) if way in ("squeezed", "mirrored") else (180, 320)
    folder = server.root / f"stored {way}"
    folder.mkdir()
    path = write_shown(folder / "1_224p.mp4", squares(size), *WAYS[way])
    calibrations = [Calibration(1, k * 500_000, HALFWAY, 0.9) for k in range(12)]
    write_published(folder / "1_field_calib_ccbv.json", calibrations, *size)
    make_analysis(open_match(folder), server.data, SPOTS[:1])
    make_playback(ingest(path, server.data))
    open_page(page, server, server.library().add(str(folder)), half=1, t=1.5)
    page.locator("input[data-option=map]").uncheck()
    page.keyboard.press("y")
    page.wait_for_function("() => find().player.overlay.shown?.pitch")
    expect(page.locator(".pitch-lines")).to_have_text("Lines 0.90")
    found = page.evaluate(PLACES)
    assert found["size"] == list(size)
    assert found["white"] == pytest.approx(found["box"], abs=0.02)
    assert (found["edge"], found["opposite"]) == (True, False)
    assert found["pitch"] == [True, False]  # the halfway line


def test_a_model_without_boxes_and_maps_says_so_in_place_of_their_controls(
    page: Page, server: Server, match_of: Any
) -> None:
    make_video(server.root / "bare.mp4", steady(60), first=70_000)
    make_analysis(open_match(server.root / "bare.mp4"), server.data, SPOTS[:1], model="plain scores", bare=True)
    open_page(page, server, server.library().add("bare.mp4"))
    bar = page.locator(".layers")
    expect(bar).to_contain_text("plain scores keeps no boxes and no map of what it looked at.")
    controls = bar.locator("[data-option=layer], [data-option=map], [data-option=boxes], [data-option=names]")
    expect(controls.filter(visible=True)).to_have_count(0)
    page.keyboard.press("h")
    page.keyboard.press("b")
    assert page.evaluate("() => [find().player.overlay.options.map, find().player.overlay.options.boxes]") == [
        True,
        True,
    ]
    open_page(page, server, match_of("plain"))
    expect(controls.filter(visible=True)).to_have_count(4)
    expect(bar.locator(".unmapped")).to_be_hidden()
