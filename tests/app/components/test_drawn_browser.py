"""What the player draws and where it is clicked, in Chromium, to the cell and to the frame."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.app.conftest import Server
from tests.app.player_page import open_page, settle, state

pytestmark = pytest.mark.browser

# The cells, two rows of three columns, whose middle is drawn on strongly: [[row, column], …].
CELLS = """() => {
  const { overlay, video } = find().player, { canvas, pen } = overlay, { x, y, w, h } = overlay.picture(video), shown = [];
  for (let row = 0; row < 2; row++) for (let column = 0; column < 3; column++) {
    const at = [x + ((column + 0.5) * w) / 3, y + ((row + 0.5) * h) / 2].map(Math.round);
    if (pen.getImageData(...at, 1, 1).data[3] > 60) shown.push([row, column]);
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
        assert page.evaluate(CELLS) == ([[1, 2]] if sample % 2 else [[0, 0]]), sample


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
