"""Every spotting system that reads features, trained alike and measured on the same matches: ``make bench-spotters``.

python -m benchmarks.spotters DATA [--retrain] [--seeds N] [--matches N] [--systems NAME …] [--ablations]
                                   [--device cuda]

DATA holds the splits of simmatch. Features are those of the bundled environment, training is that of
assets/training/<system>.toml with its seed replaced; the weights that are chosen on ``val`` are measured on ``test``
by analysing its matches as a user would. Runs are kept in .runs/spotters; without --retrain those that are there are
loaded, and the table says which are not. Each run is a process of its own on one thread, so that CPU time and memory
are its own.

--ablations adds two-stage-several, with every seed like the systems, and the variants of the u-net, with the first.
two-stage-several reads a recognition model besides, which environment.toml and recognition.toml train; without that it
is left out.

Training is CPU seconds, features not included; memory is the peak of anonymous memory, libraries included; speed is
how much faster than real time a half is judged whose features are known.

What ships is listed in a table of its own: scores and training as its card says, the analysis of the demo match from
its video measured now. A run that failed is named at the end, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import PeakMemory
from benchmarks.speed import analyse, demo_alone, length
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.computing.device import device_named
from spotting_core.domain.classes import load_classes
from spotting_core.models.card import CARD_FILE, Card, models_available, read_card
from spotting_core.models.registry import SPOTTING, FeatureConfig, systems
from spotting_core.training.config import read_config

RUNS = Path(".runs") / "spotters"
ABLATIONS = ("dense-unet-without-displacement", "dense-unet-without-sharpness", "dense-unet-without-mixup",
             "dense-unet-together")  # fmt: skip
"""Variants of one system, with the first seed alone."""
FURTHER = ("two-stage-several",)
"""Configurations that are compared with the systems as these are, with every seed."""
_RESULT = "bench.json"
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def measure(name: str, seed: int, arguments: argparse.Namespace) -> None:
    """Train one configuration and write what was measured beside its model.

    The run is unmeasured first, for its time is that of training alone; the second call finds it at its end.
    """
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.training.checkpoint import RunFolder
    from spotting_core.training.train import TrainingOrder, train

    run, data_root = place(name, seed), arguments.data
    config = run / f"{name}.toml"  # as the card will name it
    own = f"seed = {seed}\nmatches = {arguments.matches}"
    text = re.sub(r"(?m)^seed = \d+$", own, asset("training", f"{name}.toml").read_text())
    run.mkdir(parents=True, exist_ok=True)
    config.write_text(text, encoding="utf-8")
    data = DataDirectory.default().ensure()
    going_on = RunFolder(run / "run").checkpoint.is_file()
    memory, began = PeakMemory(), time.process_time()
    order = TrainingOrder(config, data_root, run / "run", run / "model", arguments.device, measured=False)
    folder = train(order, data)
    seconds = time.process_time() - began
    peak = memory.stop()
    train(replace(order, measured=True), data)
    result = {
        "name": name,
        "seed": seed,
        "seconds": None if going_on else seconds,  # of the last part alone, nobody knows of the others
        "memory": peak,
        "speed": scoring_speed(folder, data_root),
    }
    (run / _RESULT).write_text(json.dumps(result), encoding="utf-8")


def scoring_speed(folder: Path, data_root: Path) -> float:
    """Seconds of a match judged in a CPU second, on the test split, features known."""
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.inference.score import score_half
    from spotting_core.models.load import load_model
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.samples.reader import model_reader
    from spotting_core.tasks.spotting import SPOTTING

    model, data = load_model(folder), DataDirectory.default()
    halves = [
        h.samples for m in labelled_matches([data_root / "test"], model_reader(model), data, SPOTTING) for h in m.halves
    ]
    began = time.process_time()
    for half in halves:
        score_half(model.judge, half)
    return sum(len(h) / h.rate for h in halves) / (time.process_time() - began)


def run_all(jobs: Sequence[tuple[str, int]], arguments: argparse.Namespace) -> list[str]:
    """Train some configurations, ``--jobs`` at a time; returns those that failed, in words."""
    waiting, running = list(jobs), dict[tuple[str, int], subprocess.Popen[bytes]]()
    environment = {**os.environ, **_ONE_THREAD}
    failed = []
    while waiting or running:
        while waiting and len(running) < arguments.jobs:
            name, seed = job = waiting.pop(0)
            command = [sys.executable, "-m", "benchmarks.spotters", str(arguments.data), "--one", name, str(seed)]
            command += ["--matches", str(arguments.matches), "--device", arguments.device]
            running[job] = subprocess.Popen(command, env=environment)
        for job in [job for job, process in running.items() if process.poll() is not None]:
            if running.pop(job).returncode:
                failed.append(f"{job[0]} with seed {job[1]}")
        time.sleep(0.5)
    return failed


def lacking(name: str) -> list[str]:
    """Models that a configuration reads features of and that are not here."""
    _, settings = read_config(asset("training", f"{name}.toml"))
    return [f for f in settings.get("features", ()) if "/" in f and not (Path(f) / CARD_FILE).is_file()]


def place(name: str, seed: int) -> Path:
    return RUNS / f"{name}-{seed}"


def results(name: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """What was measured of a configuration, each with the card of its model."""
    runs = []
    for seed in seeds:
        path = place(name, seed) / _RESULT
        if path.is_file():
            card = read_card(path.parent / "model")
            runs.append({**json.loads(path.read_text(encoding="utf-8")), "card": card})
    return runs


def spread(scores: Sequence[dict[str, Any]], metric: str) -> str:
    """Mean of the seeds, and half of their range where there are several, else the 95 % interval over matches."""
    values = [s[metric] for s in scores]
    if len(values) == 1:
        low, high = scores[0]["interval"][metric]
        return f"{values[0]:.3f} ({low:.3f}–{high:.3f})"
    return f"{sum(values) / len(values):.3f} ± {(max(values) - min(values)) / 2:.3f}"


def mean(seconds: Sequence[float | None]) -> str:
    known = [s for s in seconds if s is not None]
    return f"{sum(known) / len(known):.0f}" if len(known) == len(seconds) else "–"


def parameters_of(card: Card) -> int:
    import torch

    kind = systems()[card.system]
    with torch.device("meta"):
        config = kind.configure(**card.config)
        return sum(p.numel() for p in kind.build(config).parameters())


def print_runs(console: Console, names: Sequence[str], seeds: Sequence[int]) -> dict[str, Mapping[str, Any]]:
    """The table of what was trained; returns the scores by class of each configuration's first seed."""
    columns = (
        "System",
        "Parameters",
        "Loose",
        "Tight",
        "Training CPU s",
        "Memory MB",
        "× real time",
        "Seeds",
        "Trained on",
    )
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    by_class: dict[str, Mapping[str, Any]] = {}
    for name in names:
        runs = results(name, seeds)
        if not runs:
            table.add_row(name, "", "not trained")
            continue
        scores = [f["card"].scores for f in runs]
        by_class[name] = scores[0]["per_class"]
        table.add_row(
            name,
            f"{parameters_of(runs[0]['card']):,}",
            spread(scores, "loose"),
            spread(scores, "tight"),
            mean([f["seconds"] for f in runs]),
            f"{max(f['memory'] for f in runs) / 1e6:.0f}",
            f"{sum(f['speed'] for f in runs) / len(runs):,.0f}",
            str(len(runs)),
            " and ".join(sorted({d for f in runs for d in re.findall("cpu|cuda", f["card"].training["device"])})),
        )
    console.print(table)
    missing = [name for name in names if name not in by_class]
    if missing:
        console.print(
            f"There are no runs of {', '.join(missing)} in {RUNS}: make bench-spotters RETRAIN=1 trains every system "
            "anew, which takes hours; --retrain --systems NAME trains one.",
            highlight=False,
        )
    return by_class


def print_shipped(console: Console, data_root: Path) -> dict[str, Mapping[str, Any]]:
    """The table of what ships and what is on its cards; returns scores by class."""
    import torch

    torch.set_num_threads(1)
    columns = ("\nShips", "\nParameters", "\nLoose", "\nTight", "\nTrained", "× real time,\nfeatures known",
               "× real time,\nfrom the video", "\nMB")  # fmt: skip
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    by_class: dict[str, Mapping[str, Any]] = {}
    Console(stderr=True).print("Analysing the demo match with every model that ships")
    with tempfile.TemporaryDirectory(prefix="touchline-bench-") as folder:
        demo = demo_alone(Path(folder))
        for name, model in models_available().items():
            card = read_card(model)
            if systems()[card.system].task != SPOTTING:
                continue
            seconds, most, _ = analyse(demo, Path(folder) / name, name, **_ONE_THREAD)
            known = f"{scoring_speed(model, data_root):,.0f}" if _can_be_scored(card, data_root) else "–"
            both = (spread([card.scores], "loose"), spread([card.scores], "tight"))
            measured = (known, f"{length(demo) / seconds:.1f}", f"{most:.0f}")
            table.add_row(name, f"{parameters_of(card):,}", *both, trained(card.training), *measured)
            by_class[f"{name}, ships"] = card.scores["per_class"]
            other = card.scores.get("compared")
            if other:
                both = (spread([other], "loose"), spread([other], "tight"))
                table.add_row(f"{other['name']} (on the same card)", "–", *both, "–", "–", "–", "–")
                by_class[other["name"]] = other["per_class"]
    console.print(table)
    console.print(
        "Scores and training are those of the cards. From the video: touchline analyze of the demo match on one "
        "thread, start included; MB is the most that the process held. make bench measures what reads frames closer.",
        highlight=False,
    )
    return by_class


def _can_be_scored(card: Card, data_root: Path) -> bool:
    return card.input.kind == "features" and (data_root / "test").is_dir()


def trained(training: Mapping[str, Any]) -> str:
    """Hours and device of a training with all stages before it, as a card tells them."""
    stages: list[Mapping[str, Any]] = []
    stage: Mapping[str, Any] | None = training
    while stage:
        stages.append(stage)
        stage = stage.get("earlier")
    hours = [s.get("hours") for s in stages]
    duration = f"{sum(h for h in hours if h is not None):.2f} h" if None not in hours else "unknown"
    return f"{duration}, {'; '.join(sorted({str(s.get('device')) for s in stages}))}"


def print_classes(console: Console, by_class: Mapping[str, Mapping[str, Any]]) -> None:
    """Scores by class: a row for each configuration's first seed and for each card."""
    classes = [c for c in load_classes() if any(c.name in values for values in by_class.values())]
    for metric in ("loose", "tight"):
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column(f"{metric.capitalize()}, first seed", no_wrap=True)
        for action in classes:
            table.add_column(action.short)
        for label, values in by_class.items():
            table.add_row(label, *(f"{values[c.name][metric]:.2f}" if c.name in values else "–" for c in classes))
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
    parser.add_argument(
        "--device", default="cpu", help="to train on: cpu, cuda or auto; speed is always that of the cpu"
    )
    everything = [
        name for name, kind in systems().items() if issubclass(kind.config, FeatureConfig) and kind.task == SPOTTING
    ]
    parser.add_argument("--systems", nargs="*", default=everything, metavar="NAME", help="of assets/training/NAME.toml")
    parser.add_argument("--ablations", action="store_true", help="two-stage-several, and variants with seed 1")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        measure(arguments.one[0], int(arguments.one[1]), arguments)
        return
    names = [*arguments.systems, *((*FURTHER, *ABLATIONS) if arguments.ablations else ())]
    seeds = range(1, arguments.seeds + 1)
    if arguments.retrain:
        _check(names, arguments, parser)
    failed = retrain(names, seeds, arguments) if arguments.retrain else []
    console = Console(width=200)
    by_class = print_runs(console, names, seeds)
    by_class |= print_shipped(console, arguments.data)
    print_classes(console, by_class)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


def _check(names: Sequence[str], arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """End with exit code 2, before any run is thrown away, if none could be made in its place."""
    unknown = [name for name in names if not asset("training", f"{name}.toml").is_file()]
    if unknown:
        parser.error(f"there is no assets/training/{unknown[0]}.toml")
    if not arguments.data.is_dir():
        parser.error(f"there is no folder {arguments.data}")
    try:
        arguments.device = device_named(arguments.device)
    except BadInputError as error:
        parser.error(str(error))


def retrain(names: Sequence[str], seeds: Sequence[int], arguments: argparse.Namespace) -> list[str]:
    """Train configurations anew, but those that read a model which is not here; returns what failed."""
    jobs = []
    for name in names:
        models = lacking(name)
        if models:
            note = f"{name} is left out: it reads {', '.join(models)}, which has to be trained first (docs/systems.md)."
            Console(stderr=True).print(note, highlight=False)
        else:
            jobs += [(name, seed) for seed in seeds if seed == 1 or name not in ABLATIONS]
    for job in jobs:
        shutil.rmtree(place(*job), ignore_errors=True)
    return run_all(sorted(jobs, key=lambda job: job[1]), arguments)


if __name__ == "__main__":
    main()
