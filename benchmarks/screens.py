"""What a user waits for: the start of the app, and the Match view of a 90-minute match. Part of ``make bench``."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from app.settings import DEMO
from benchmarks.measured import Measured, measure
from benchmarks.serving import chromium, open_match_page, serving
from benchmarks.videos import repeated
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot

MINUTES_90 = 5400  # seconds
REPEATS = 50
SEEK = """async (t) => {
  const video = find().player.video, began = performance.now();
  find().player.open(1, t);
  await new Promise((done) => video.addEventListener('seeked', done, { once: true }));
  return performance.now() - began;
}"""


def timed(page: Page, body: str, count: int = REPEATS) -> float:
    """Median milliseconds of a piece of script, run again and again in a page."""
    script = f"""() => {{
      const w = find(), took = [];
      for (let i = 0; i < {count}; i++) {{
        const began = performance.now();
        {body};
        took.push(performance.now() - began);
      }}
      return took;
    }}"""
    return statistics.median(page.evaluate(script))


def screens(place: Path, show: Measured) -> None:
    with serving(place / "app") as server, chromium() as browser:
        show("start of the app", f"{server.started:.1f} s", "from the command to the first answer")
        path = repeated(sorted(DEMO.glob("*.mp4"))[0], server.root / "long.mp4", seconds=MINUTES_90)
        rng = np.random.default_rng(0)
        labels = load_classes().names
        spots = [Spot(1, int(t * 1e6), labels[int(rng.integers(len(labels)))], float(rng.uniform(0.1, 1)))
                 for t in np.arange(10, MINUTES_90 - 60, 12)]  # fmt: skip
        match = server.add(path, spots)
        _, first = open_match_page(browser, server.url, match.id)
        page, again = open_match_page(browser, server.url, match.id)
        show("match page ready, 90 minutes", f"{again:.2f} s", f"the first time {first:.2f} s")
        show("zoom, redraw of all lanes", f"{timed(page, 'w.lanes.zoom(i % 2 ? 0.5 : 2)'):.2f} ms", "per step")
        spot = "w.setThreshold(null, 0.2 + 0.01 * (i % 50), false)"
        show("re-spotting by slider", f"{timed(page, spot):.1f} ms", f"{len(spots)} spots, list and lanes drawn anew")
        seeks = [page.evaluate(SEEK, float(t)) for t in rng.uniform(0, MINUTES_90 - 60, REPEATS)]
        ordered = sorted(seeks)
        demo, _ = open_match_page(browser, server.url, server.demo().id)
        overlay = timed(demo, "for (let k = 0; k < 20; k++) w.player.redraw()") / 20
        show("overlay", f"{overlay:.2f} ms", "a frame of the demo match: map, boxes and names")
        show(
            "seek", f"{statistics.median(seeks):.0f} ms", f"95th percentile {ordered[int(0.95 * len(ordered))]:.0f} ms"
        )


if __name__ == "__main__":
    measure(screens)
