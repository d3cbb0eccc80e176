"""The Match view's page in Chromium: how it is opened, when its picture is there, and what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page

from app.library.library import Match
from tests.videos import BITS, BLOCK, HEIGHT, WIDTH

if TYPE_CHECKING:
    from tests.app.conftest import Server

# Read the number that the picture on screen carries, from the video itself.
READ_NUMBER = f"""() => {{
  const video = find().player.video;
  const canvas = document.createElement('canvas'); canvas.width = {WIDTH}; canvas.height = {HEIGHT};
  const pen = canvas.getContext('2d'); pen.drawImage(video, 0, 0, {WIDTH}, {HEIGHT});
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit++) {{
    const [r, g, b] = pen.getImageData(bit * {BLOCK} + {BLOCK // 2}, {BLOCK // 2}, 1, 1).data;
    if ((r + g + b) / 3 > 127) number |= 1 << bit;
  }}
  return number;
}}"""

# The workspace lives in a shadow root; find it wherever it is.
FIND = """() => {
  window.find = () => {
    const look = (root) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.workspace) return element.workspace;
        const inside = element.shadowRoot && look(element.shadowRoot);
        if (inside) return inside;
      }
      return null;
    };
    return (window.last = look(document) ?? window.last ?? null); // between two places it goes on
  };
}"""


def open_page(page: Page, server: Server, match: Match, **query: object) -> None:
    words = "".join(f"&{k}={v}" for k, v in query.items())
    page.goto(f"{server.url}/match?match={match.id}{words}")
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the picture that was sought is on screen."""
    page.wait_for_function(
        "() => { const p = find().player; return !p.video.seeking && !p.seekStarted && p.overlay.shown; }"
    )
    page.wait_for_timeout(60)


def number(page: Page) -> int:
    return int(page.evaluate(READ_NUMBER))


def state(page: Page) -> dict[str, Any]:
    player_state: dict[str, Any] = page.evaluate(
        "() => { const w = find(), p = w.player; return { frame: p.frame, half: p.half, time: p.time, paused: p.video.paused,"
        " rate: p.video.playbackRate, sample: p.overlay.shown?.sample, boxes: p.overlay.shown?.boxes, chosen: w.chosen?.id ?? null,"
        " action: w.action?.name ?? null, view: w.lanes.view, spots: w.spots.length, options: p.overlay.options, loop: p.loop }; }"
    )
    return player_state
