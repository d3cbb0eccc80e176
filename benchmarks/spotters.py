"""Every system that reads features, trained alike and measured on the same matches: ``make bench-spotters``.

python -m benchmarks.spotters DATA [--retrain] [--seeds N] [--matches N] [--systems NAME …] [--ablations]

DATA holds the splits of simmatch. Features are those of the bundled environment, training is that of
assets/training/<system>.toml with its seed replaced; the weights that are chosen on ``val`` are measured on ``test``
by analysing its matches as a user would. Runs are kept in .runs/spotters; without --retrain those that are there are
loaded. Each run is a process of its own on one thread, so that CPU time and memory are its own.

two-stage-several reads a recognition model besides, which environment.toml and recognition.toml train.

Training is CPU seconds, features not included; memory is the peak of anonymous memory, libraries included; speed is
how much faster than real time a half is judged whose features are known.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import PeakMemory
from spotting_core.assets import asset
from spotting_core.classes import load_classes
from spotting_core.models.card import BUNDLED, models_available, read_card
from spotting_core.models.registry import FEATURES, systems

RUNS = Path(".runs") / "spotters"
ABLATIONS = ("dense-unet-without-displacement", "dense-unet-without-sharpness", "dense-unet-without-mixup",
             "dense-unet-together", "two-stage-several")  # fmt: skip
_RESULT = "bench.json"


def measure(name: str, seed: int, matches: int, data_root: Path, run: Path) -> None:
    """Train one configuration and write what was measured beside its model."""
    from spotting_core.data_directory import DataDirectory
    from spotting_core.training.train import TrainingOrder, train

    config = run / f"{name}.toml"  # as the card will name it
    text = re.sub(
        r"(?m)^seed = \d+$", f"seed = {seed}\nmatches = {matches}", asset("training", f"{name}.toml").read_text()
    )
    run.mkdir(parents=True, exist_ok=True)
    config.write_text(text, encoding="utf-8")
    data = DataDirectory.default().ensure()
    memory, began = PeakMemory(), time.process_time()
    folder = train(TrainingOrder(config, data_root, run / "run", run / "model", measured=False), data)
    seconds = time.process_time() - began
    peak = memory.stop()
    train(TrainingOrder(config, data_root, run / "run", folder), data)
    result = {"name": name, "seed": seed, "seconds": seconds, "memory": peak, "speed": scoring_speed(folder, data_root)}
    (run / _RESULT).write_text(json.dumps(result), encoding="utf-8")


def scoring_speed(folder: Path, data_root: Path) -> float:
    """Seconds of a match judged in a CPU second, on the test split, features known."""
    from spotting_core.data_directory import DataDirectory
    from spotting_core.inference.feature_run import reader_of
    from spotting_core.inference.sliding import score_features
    from spotting_core.models.load import load_model
    from spotting_core.training.feature_clips import labelled_features

    model, data = load_model(folder), DataDirectory.default()
    halves = [h.features for m in labelled_features([data_root / "test"], reader_of(model), data) for h in m.halves]
    began = time.process_time()
    for half in halves:
        score_features(model.network, model.config, half, model.device)
    return sum(len(h) / h.rate for h in halves) / (time.process_time() - began)


def run_all(jobs: Sequence[tuple[str, int]], arguments: argparse.Namespace) -> None:
    """Train what is not there yet (or all anew), ``--jobs`` at a time."""
    waiting, running = list(jobs), []
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    while waiting or running:
        while waiting and len(running) < arguments.jobs:
            name, seed = waiting.pop(0)
            command = [sys.executable, "-m", "benchmarks.spotters", str(arguments.data), "--one", name, str(seed)]
            command += ["--matches", str(arguments.matches)]
            running.append(((name, seed), subprocess.Popen(command, env=environment)))
        running = [(job, process) for job, process in running if process.poll() is None or _failed(job, process)]
        time.sleep(0.5)


def _failed(job: tuple[str, int], process: subprocess.Popen[bytes]) -> bool:
    if process.returncode:
        Console(stderr=True).print(f"{job[0]} with seed {job[1]} failed")
    return False


def place(name: str, seed: int) -> Path:
    return RUNS / f"{name}-{seed}"


def results(name: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """What was measured of a configuration, each with the card of its model."""
    found = []
    for seed in seeds:
        path = place(name, seed) / _RESULT
        if path.is_file():
            card = read_card(path.parent / "model")
            found.append({**json.loads(path.read_text(encoding="utf-8")), "card": card})
    return found


def spread(scores: Sequence[dict[str, Any]], metric: str) -> str:
    """Mean of the seeds, and half of their range where there are several, else the 95 % interval over matches."""
    values = [s[metric] for s in scores]
    if len(values) == 1:
        low, high = scores[0]["interval"][metric]
        return f"{values[0]:.3f} ({low:.3f}–{high:.3f})"
    return f"{sum(values) / len(values):.3f} ± {(max(values) - min(values)) / 2:.3f}"


def parameters_of(card: Any) -> int:
    import torch

    kind = systems()[card.system]
    with torch.device("meta"):
        config = kind.configure(**{k: tuple(v) if isinstance(v, list) else v for k, v in card.config.items()})
        return sum(p.numel() for p in kind.build(config).parameters())


def print_tables(names: Sequence[str], seeds: Sequence[int]) -> None:
    console = Console(width=160)
    columns = ("System", "Parameters", "Loose", "Tight", "Training CPU s", "Memory MB", "× real time", "Seeds")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    measured = {name: found for name in names if (found := results(name, seeds))}
    for name, found in measured.items():
        scores = [f["card"].scores for f in found]
        table.add_row(
            name,
            f"{parameters_of(found[0]['card']):,}",
            spread(scores, "loose"),
            spread(scores, "tight"),
            f"{sum(f['seconds'] for f in found) / len(found):.0f}",
            f"{max(f['memory'] for f in found) / 1e6:.0f}",
            f"{sum(f['speed'] for f in found) / len(found):,.0f}",
            str(len(found)),
        )
    for name, folder in models_available().items():
        card = read_card(folder)
        if name == BUNDLED:
            own = (card.scores, card.scores.get("compared"))
            for label, scores in zip((name, "e2e-spot (from its card)"), own, strict=True):
                if scores:
                    table.add_row(label, "", f"{scores['loose']:.3f}", f"{scores['tight']:.3f}", "", "", "", "1")
    console.print(table)
    _print_classes(console, measured)


def _print_classes(console: Console, measured: dict[str, list[dict[str, Any]]]) -> None:
    for metric in ("loose", "tight"):
        table = Table(f"{metric.capitalize()}, seed 1", *measured, box=None, header_style="bold", pad_edge=False)
        for name in load_classes().names:
            rows = [f[0]["card"].scores["per_class"].get(name) for f in measured.values()]
            if any(rows):
                table.add_row(name, *(f"{r[metric]:.2f}" if r else "–" for r in rows))
        console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--retrain", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--matches", type=int, default=0, help="train on the first so many of each training split; 0: all"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--systems", nargs="*", default=[n for n, s in systems().items() if s.reads == FEATURES])
    parser.add_argument("--ablations", action="store_true", help="variants, with seed 1")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        name, seed = arguments.one[0], int(arguments.one[1])
        measure(name, seed, arguments.matches, arguments.data, place(name, seed))
        return
    names = [*arguments.systems, *(ABLATIONS if arguments.ablations else ())]
    seeds = range(1, arguments.seeds + 1)
    jobs = [(name, seed) for seed in seeds for name in names if seed == 1 or name not in ABLATIONS]
    if arguments.retrain:
        for name, seed in jobs:
            shutil.rmtree(place(name, seed), ignore_errors=True)
    run_all([job for job in jobs if not (place(*job) / _RESULT).is_file()] if arguments.retrain else [], arguments)
    print_tables(names, seeds)


if __name__ == "__main__":
    main()
