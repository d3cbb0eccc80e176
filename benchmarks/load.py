"""Many sessions on one heavy match, each playing and seeking: ``make bench-load``.

    python -m benchmarks.load [--sessions 20] [--browsers 3] [--minutes 10] [--gigabytes 1.5]

``browsers`` of the sessions are pages in Chromium that play and seek; a browser takes a core of its own to decode, so
the others ask what a player asks: pages of the file by byte range at the pace of playback, a new place every few
seconds, the arrays and a frame. Everything goes to this machine alone. For a soak give more minutes.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from benchmarks.serving import Serving, chromium, open_match_page, serving
from benchmarks.videos import noise, repeated
from spotting_core.domain.spots import Spot

BLOCK = 256 * 1024
SEEK_EVERY = 5.0  # seconds
PLAYBACK = 3_000_000  # bytes a second, of the video at its own pace


@dataclass
class Observations:
    """What the sessions saw: times to the first bytes after a seek, milliseconds, and requests that failed.

    Arguments:
        cookie: of the browser that the links were made for, which the sessions without a screen pass for.
    """

    cookie: str
    seeks: list[float] = field(default_factory=list)
    page_seeks: list[float] = field(default_factory=list)
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def reader(links: dict[str, str], size: int, observed: Observations, until: float, seed: int) -> None:
    """One session without a screen."""
    rng = random.Random(seed)
    while time.monotonic() < until:
        place, began, first = rng.randrange(max(1, size - 40 * BLOCK)), time.perf_counter(), True
        seek_until = time.monotonic() + SEEK_EVERY
        frame = f"{links['picture']}?frame={rng.randrange(900)}&width=96"
        extra = rng.choice([links["times"], f"{links['array']}/scores", frame])
        _ask(extra, observed)
        while time.monotonic() < min(seek_until, until):
            stop = min(size, place + BLOCK) - 1
            began = time.perf_counter()
            _ask(links["video"], observed, f"bytes={place}-{stop}", 206)
            if first:
                with observed.lock:
                    observed.seeks.append(1000 * (time.perf_counter() - began))
            first, place = False, (stop + 1) % max(1, size - BLOCK)
            time.sleep(max(0.0, BLOCK / PLAYBACK - (time.perf_counter() - began)))


def _ask(url: str, observed: Observations, byte_range: str | None = None, status: int = 200) -> None:
    request = urllib.request.Request(
        url, headers={"Cookie": observed.cookie, **({"Range": byte_range} if byte_range else {})}
    )
    problem = None
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            if answer.status != status:
                problem = f"{answer.status} for {url.split('/')[4]}"
    except (urllib.error.URLError, OSError) as error:
        problem = f"{type(error).__name__}: {error}"
    with observed.lock:
        observed.requests += 1
        if problem:
            observed.failed.append(problem)


def watch(pages: Sequence[Page], duration: float, observed: Observations, until: float) -> None:
    """Play in every page, and seek in one after the other."""
    rng = random.Random(1)
    for page in pages:
        page.on("requestfailed", lambda request: _note(request, observed))
        page.evaluate("() => { const v = find().player.video; v.muted = true; return v.play().catch(() => null); }")
    while time.monotonic() < until:
        for page in pages:
            target = rng.uniform(0, duration - 5)
            took = page.evaluate(
                "async (t) => { const v = find().player.video, began = performance.now(); find().player.open(1, t);"
                " await new Promise((done) => v.addEventListener('seeked', done, { once: true }));"
                " v.play().catch(() => null); return performance.now() - began; }",
                target,
            )
            observed.page_seeks.append(float(took))
        time.sleep(SEEK_EVERY)


def _note(request: Any, observed: Observations) -> None:
    if request.failure != "net::ERR_ABORTED":  # a player that seeks lets its last request go
        observed.failed.append(f"{request.failure} for {request.url.split('/')[4]}")


def run(sessions: int, browsers: int, minutes: float, gigabytes: float) -> bool:
    out = Console(width=max(100, Console().width))
    with (
        tempfile.TemporaryDirectory(prefix="touchline-load-") as place,
        serving(Path(place)) as server,
        chromium() as browser,
    ):
        path = repeated(noise(Path(place) / "noise.mp4"), server.root / "heavy.mp4", size=gigabytes * 1e9)
        size, spots = path.stat().st_size, [Spot(1, t * 10_000_000, "Foul", 0.8) for t in range(1, 30)]
        match = server.add(path, spots)
        first, ready = open_match_page(browser, server.url, match.id)
        half = first.evaluate("() => find().data.halves[0]")
        links = {name: server.url + half[name] for name in ("video", "times", "array", "picture")}
        pages = [first, *(open_match_page(browser, server.url, match.id)[0] for _ in range(browsers - 1))]
        cookie = "; ".join(f"{c['name']}={c['value']}" for c in first.context.cookies())
        observed, began = Observations(cookie), time.monotonic()
        until = began + 60 * minutes
        readers = [
            threading.Thread(target=reader, args=(links, size, observed, until, n)) for n in range(sessions - browsers)
        ]
        for thread in readers:
            thread.start()
        before, most = server.memory(), [server.memory()]
        watcher = threading.Thread(target=_sample, args=(server, most, until))
        watcher.start()
        watch(pages, float(half["duration"]), observed, until)
        for thread in [*readers, watcher]:
            thread.join()
        figures = {
            "file": f"{size / 1e9:.2f} GB, {half['duration'] / 60:.0f} minutes",
            "sessions": f"{sessions}, {browsers} of them in Chromium, {minutes:g} minutes",
            "page ready at first": f"{ready:.1f} s",
            "requests, failed": f"{observed.requests}, {len(observed.failed)}",
            "seek without a screen, median and 95th percentile": _milliseconds(observed.seeks),
            "seek in a page, median and 95th percentile": _milliseconds(observed.page_seeks),
            "server memory at first, at most, at the end": f"{before:.0f}, {max(most):.0f}, {server.memory():.0f} MB",
        }
        table = Table("", "Measured", box=None)
        for name, value in figures.items():
            table.add_row(name, value)
        out.print(table)
        for problem in sorted(set(observed.failed))[:5]:
            out.print(f"failed: {problem}")
        return not observed.failed


def _sample(server: Serving, most: list[float], until: float) -> None:
    while time.monotonic() < until:
        most.append(server.memory())
        time.sleep(1)


def _milliseconds(values: Sequence[float]) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    return f"{statistics.median(values):.0f} ms, {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms ({len(values)} seeks)"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--gigabytes", type=float, default=1.5)
    arguments = parser.parse_args()
    sys.exit(0 if run(arguments.sessions, arguments.browsers, arguments.minutes, arguments.gigabytes) else 1)
