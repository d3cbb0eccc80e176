"""How fast an analysis is, and how large: ``make bench``, with ``benchmarks.screens``.

The demo match with and without entities, where the time goes, and memory over a 45-minute half made by repeating the
demo; on a GPU where there is one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch

from app.settings import DEMO
from benchmarks.machine import REPOSITORY, resident
from benchmarks.measured import Measured, measure
from benchmarks.videos import repeated
from spotting_core.media.ingest import read_time_table
from spotting_core.models.card import BUNDLED, Card
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system

HALF = 2700  # seconds


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


def analyse(match: Path, place: Path, model: str, **settings: str) -> tuple[float, float, dict[str, float]]:
    """Seconds, most megabytes, and seconds by stage, of ``touchline analyze`` in a process of its own.

    Arguments:
        settings: environment variables of that process.
    """
    environment = {**os.environ, "TOUCHLINE_DATA": str(place / "data"), **settings}
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
    _, output = process.communicate()
    if process.returncode:
        raise RuntimeError(output.decode())
    return time.perf_counter() - began, most, json.loads((place / "out.json").read_text())["timings"]


def demo_alone(place: Path) -> Path:
    """The videos of the demo match without what ships beside them."""
    bare = place / "demo"
    bare.mkdir()
    for video in sorted(DEMO.glob("*.mp4")):
        (bare / video.name).symlink_to(video)
    return bare


def length(match: Path) -> float:
    return sum(read_time_table(path).duration / 1e6 for path in sorted(match.glob("*.mp4")))


def analyses(place: Path, show: Measured) -> None:
    demo, plain, bare = length(DEMO), str(without_entities(place / "plain")), demo_alone(place)
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


if __name__ == "__main__":
    measure(analyses)
