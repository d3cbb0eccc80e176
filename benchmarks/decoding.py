"""Reading the samples of a half in one stretch and in several at once: ``make bench-decoding``.

python -m benchmarks.decoding [FILE ...]

Read is what an analysis reads: two pictures a second, and thumbnails of every frame beside; without a network. Files
are a half of the demo and a made one of 1280 x 720 that weighs 24 Mbit/s, unless others are named. Each reading is a
process of its own, and the least of the runs counts, which go round so that other work meets all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np

from app.settings import DEMO
from benchmarks.machine import resident
from benchmarks.measured import Measured, measure
from benchmarks.videos import noise
from spotting_core.computing.cores import usable_cores
from spotting_core.media.decode import decode_samples
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count
from spotting_core.media.thumbnail import thumbnail
from spotting_core.media.times import read_time_table
from spotting_core.samples.stream import DECODE_BATCH, MAX_HEIGHT

_STRETCHES = (1, 2, 4)
_RUNS = 3
_RATE = 2.0


class _Thumbnails:
    """The look beside that an analysis has, without a file."""

    def __init__(self, frames: int) -> None:
        self.wanted, self.received = np.arange(frames), 0

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        return thumbnail(frame)

    def receive(self, number: int, value: np.ndarray) -> None:
        self.received += 1

    def end(self) -> None:
        pass


def read(path: Path, stretches: int) -> dict[str, float]:
    """Seconds by the clock and of the processor, and most megabytes more, of reading a file's samples in this process.

    Errors:
        RuntimeError: a frame of the file did not come.
    """
    table, held = read_time_table(path), resident(os.getpid())
    tap, before, began = _Thumbnails(len(table)), time.process_time(), time.perf_counter()
    batches = decode_samples(
        path,
        table,
        table.samples(_RATE),
        batch=DECODE_BATCH,
        max_height=MAX_HEIGHT,
        tap=tap,
        stretches=stretches,
    )
    for _ in ahead(batches):
        pass
    seconds, processor = time.perf_counter() - began, time.process_time() - before
    if tap.received != len(table):
        raise RuntimeError(f"{tap.received} of {len(table)} frames came")
    return {"seconds": seconds, "processor": processor, "memory": resident(os.getpid(), "VmHWM") - held}


def _apart(path: Path, stretches: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.decoding", str(path), "--stretches", str(stretches)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def compare(path: Path, show: Measured) -> None:
    """Read a file in every way, and say what each took."""
    runs = [(stretches, _apart(path, stretches)) for _ in range(_RUNS) for stretches in _STRETCHES]
    frames = len(read_time_table(path))
    for stretches in _STRETCHES:
        least = min((figures for count, figures in runs if count == stretches), key=lambda figures: figures["seconds"])
        show(
            f"{path.name}, {stretches} at once",
            f"{least['seconds']:.1f} s",
            f"{frames / least['seconds']:.0f} frames a second, {least['processor']:.1f} s of the processor, "
            f"{least['memory']:.0f} MB more at most",
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--stretches", type=int, help="read the first file so, in this process")
    arguments = parser.parse_args()
    if arguments.stretches:
        sys.stdout.write(json.dumps(read(arguments.files[0], arguments.stretches)))
        return 0

    def work(folder: Path, show: Measured) -> None:
        show("an analysis here", f"{stretch_count()} at once", f"{usable_cores()} cores may be used")
        files = arguments.files
        if not files:
            files = [min(DEMO.glob("*.mp4")), noise(folder / "720p.mp4", seconds=60, width=1280, height=720)]
        for path in files:
            compare(path, show)

    measure(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
