"""How fast and how large: ``make bench``.

Analysis of the demo match with and without entities and where its time goes; memory over a 45-minute half, made by
repeating the demo; the start of the app; and what a user waits for in the Match view of a 90-minute match.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from app.settings import DEMO
from benchmarks.serving import REPOSITORY, chromium, open_match_page, resident, serving
from benchmarks.videos import repeated
from spotting_core.classes import load_classes
from spotting_core.media.ingest import read_time_table
from spotting_core.models.card import BUNDLED, Card
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system
from spotting_core.spots import Spot

HALF = 2700  # seconds
MINUTES_90 = 2 * HALF
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


def without_entities(folder: Path) -> Path:
    """The bundled model's system without entities, at its size; untrained, for the pace does not depend on it."""
    bundled, kind = load_model(BUNDLED), system("e2e-spot")
    torch.manual_seed(0)
    config = kind.configure(**{k: v for k, v in asdict(bundled.config).items() if k not in ("system", "entities")})
    card = {
        **asdict(bundled.card),
        "system": "e2e-spot",
        "name": "no entities",
        "config": asdict(config),
        "entities": None,
    }
    save_model(folder, kind.build(config), Card(**card))
    return folder


def analyse(match: Path, place: Path, model: str) -> tuple[float, float, dict[str, float]]:
    """Seconds, most megabytes, and seconds by stage, of ``touchline analyze`` in a process of its own."""
    environment = {**os.environ, "TOUCHLINE_DATA": str(place / "data")}
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    call = ("analyze", str(match), "--model", model, "--out", str(out), "--json", str(place / "out.json"))
    command = [sys.executable, "-c", "from app.command_line import main; main()", *call]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    began, most = time.perf_counter(), 0.0
    while process.poll() is None:
        try:
            most = max(most, resident(process.pid, "VmHWM"))
        except (OSError, StopIteration):
            break
        time.sleep(0.2)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode())
    return time.perf_counter() - began, most, json.loads((place / "out.json").read_text())["timings"]


def length(match: Path) -> float:
    return sum(read_time_table(path).duration / 1e6 for path in sorted(match.glob("*.mp4")))


def analyses(place: Path, show: Any) -> None:
    demo, plain = length(DEMO), str(without_entities(place / "plain"))
    bare = place / "demo"
    bare.mkdir()
    for video in sorted(DEMO.glob("*.mp4")):
        (bare / video.name).symlink_to(video)
    for name, model in (("with entities", BUNDLED), ("without entities", plain)):
        seconds, most, stages = analyse(bare, place / name, model)
        where = ", ".join(f"{stage} {value:.0f} s" for stage, value in stages.items() if value >= 0.5)
        show(
            f"demo, {name}", f"{demo / seconds:.1f}× real time", f"{demo:.0f} s in {seconds:.0f} s with start; {where}"
        )
        show(f"demo, {name}, memory", f"{most / 1000:.2f} GB", "most that the process held")
    half = repeated(sorted(DEMO.glob("*.mp4"))[0], place / "half" / "1_360p.mp4", seconds=HALF)
    seconds, most, _ = analyse(half, place / "half work", BUNDLED)
    long = read_time_table(half).duration / 1e6
    show(
        "45-minute half, with entities",
        f"{long / seconds:.1f}× real time",
        f"{long / 60:.0f} minutes in {seconds:.0f} s",
    )
    show("45-minute half, memory", f"{most / 1000:.2f} GB", "most that the process held")


def screens(place: Path, show: Any) -> None:
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
        show("overlay", f"{timed(page, 'w.player.redraw()'):.2f} ms", "a frame")
        spot = "w.setThreshold(null, 0.2 + 0.01 * (i % 50), false)"
        show("re-spotting by slider", f"{timed(page, spot):.1f} ms", f"{len(spots)} spots, list and lanes drawn anew")
        seeks = [page.evaluate(SEEK, float(t)) for t in rng.uniform(0, MINUTES_90 - 60, REPEATS)]
        ordered = sorted(seeks)
        show(
            "seek", f"{statistics.median(seeks):.0f} ms", f"95th percentile {ordered[int(0.95 * len(ordered))]:.0f} ms"
        )


def main() -> None:
    table = Table("Measured", "Value", "", box=None)
    out = Console(width=max(130, Console().width))

    def show(name: str, value: str, note: str) -> None:
        table.add_row(name, value, note)
        out.print(f"{name}: {value} ({note})", highlight=False)

    cpu = next(
        (ln.split(":")[1].strip() for ln in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in ln), ""
    )
    show("machine", f"{os.cpu_count()} cores", f"{cpu}, Python {platform.python_version()}, torch {torch.__version__}")
    with tempfile.TemporaryDirectory(prefix="touchline-speed-") as folder:
        if "--screens" not in sys.argv:
            analyses(Path(folder), show)
        screens(Path(folder), show)
    out.print(table)


if __name__ == "__main__":
    main()
