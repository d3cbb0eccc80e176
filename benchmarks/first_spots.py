"""How long a newcomer waits for the first spots of a broadcast by somebody else's model: ``make bench-first-spots``.

python -m benchmarks.first_spots [--minutes 10] [--installed]

The three commands of the README, one after the other, as on a machine that has nothing but Python: installation into a
copy of the repository, a model added from a server, a match analysed by it. The server runs on this machine and hands
out weights of the names and shapes of a published E2E-Spot; the match is the demo's first half again and again, as
1280x720 of 25 frames a second. The weights are made, so the times are real and the spots mean nothing.

--installed leaves the first command out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from benchmarks.copied_tree import REPOSITORY, copied_tree
from benchmarks.long_recordings import RATE, encoded, pictures
from benchmarks.measured import Measured, measure
from tests.spotting_core.checkpoints.made import E2E_SETTINGS, NAMES, e2e_spot_state, published

MODEL = "soccer_rny002gsm_gru_rgb"
_HALF = 200.0  # seconds of the demo that are shown again and again


def excerpt(target: Path, minutes: float) -> None:
    """A video of so many minutes, 1280x720."""

    def shown() -> Iterator[np.ndarray]:
        for _ in itertools.count():
            yield from pictures(1280, 720, _HALF)

    encoded(target, itertools.islice(shown(), round(minutes * 60 * RATE)), RATE, {"crf": "23"})


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of this machine that hands out the files of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def seconds_of(command: Sequence[str], folder: Path, data: Path) -> float:
    """How long a command takes; raises what it says where it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "TOUCHLINE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return time.perf_counter() - began


def walk(root: Path, show: Measured, minutes: float, *, installed: bool) -> None:
    """Time the three commands."""
    match, data, place = root / "match.mp4", root / "data", root / "published"
    excerpt(match, minutes)
    published(place / MODEL, e2e_spot_state(), E2E_SETTINGS)
    with copied_tree() as tree, served(place) as address:
        whole = 0.0
        touchline = str(Path(sys.executable).parent / "touchline")
        if not installed:
            whole += seconds_of(["make", ".venv/.installed"], tree, data)
            touchline = str(tree / ".venv" / "bin" / "touchline")
            show("install", f"{whole:.0f} s", "packages from PyPI or its cache")
        here = REPOSITORY if installed else tree
        source = f"{address}/{MODEL}/checkpoint_088.pt"
        adding = seconds_of([touchline, "models", "add", source, "--local-network", "--yes"], here, data)
        show("add a model", f"{adding:.0f} s", "RegNetY 200MF with GSM and GRU, from this machine")
        out = root / "spots.json"
        call = [touchline, "analyze", str(match), "--model", MODEL, "--json", str(out)]
        analysing = seconds_of(call, here, data)
        spots = json.loads(out.read_text())["spots"]
        show("first spots", f"{analysing:.0f} s", f"{minutes:g} minutes of 1280x720, {len(spots)} spots")
    show("together", f"{(whole + adding + analysing) / 60:.1f} min", "fetching over a network comes on top")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the excerpt")
    parser.add_argument("--installed", action="store_true", help="do not measure the installation")
    arguments = parser.parse_args()
    if not NAMES.is_dir():
        parser.error(f"the names of a published checkpoint are read from {NAMES}, which is not there")
    measure(partial(walk, minutes=arguments.minutes, installed=arguments.installed))


if __name__ == "__main__":
    sys.exit(main())
