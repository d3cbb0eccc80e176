"""Two analyses and an explanation that share the processor, one after another and at once: ``make bench-together``.

python -m benchmarks.together

Each is a process of its own, as a command and the app's workers are. It is done with threads that spin while they
wait, which is how torch's come, and with such as sleep, which is what the product sets
(``spotting_core/computing/waiting_threads``). Work that shared the processor without loss would take as long at once as
one after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.settings import DEMO
from benchmarks.measured import Measured, measure
from spotting_core.computing.waiting_threads import POLICY, SLEEPING

_SPINNING = "ACTIVE"
_TIME, _CLASS = "0:38", "Foul"


def orders(folder: Path) -> list[list[str]]:
    """Two analyses, each of a half of the demo, and an explanation of it by occlusion."""
    explained = ["explain", "--demo", "--time", _TIME, "--class", _CLASS, "--method", "occlusion"]
    return [
        ["analyze", str(DEMO / "1_360p.mp4"), "--task", "spotting", "--out", str(folder / "first")],
        ["analyze", str(DEMO / "2_360p.mp4"), "--task", "spotting", "--out", str(folder / "second")],
        [*explained, "--out", str(folder / "why")],
    ]


def started(order: Sequence[str], folder: Path, policy: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, POLICY: policy, "TOUCHLINE_DATA": str(folder / "data")}
    command = [sys.executable, "-c", "from app.command_line import main; main()", *order]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(folder: Path, policy: str, *, at_once: bool) -> float:
    """How long all of it takes, from nothing."""
    began, running = time.monotonic(), []
    for order in orders(folder):
        running.append(started(order, folder, policy))
        if not at_once:
            _end(running[-1])
    for process in running:
        _end(process)
    return time.monotonic() - began


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise RuntimeError(f"{process.args} ended with {process.returncode}")


def _work(folder: Path, show: Measured) -> None:
    for name, policy in (("spin", _SPINNING), ("sleep", SLEEPING)):
        for at_once in (False, True):
            place = folder / f"{name}-{at_once}"
            place.mkdir()
            how = "all at once" if at_once else "one after another"
            show(f"{how}, threads that {name}", f"{seconds(place, policy, at_once=at_once):.1f} s", "three processes")


if __name__ == "__main__":
    measure(_work)
