"""Spotting from where the camera looks and who is on the pitch: ``make bench-calibration-spotting``.

python -m benchmarks.calibration_spotting DATA [--real FOLDER] [--retrain] [--seeds N] [--only NAME …] [--plan]

DATA holds the splits of simmatch, whose true calibrations and people stand in for a network's. Every representation is
trained alone and beside the environment features of the bundled model, by CALF (``calf-calibration``) and by
``dense-unet``, at a named small setting (``SMALL``); ``val`` chooses the weights, ``test`` is measured. The visual
classes of the paper (Penalty, Kick-off, Throw-in, Direct free-kick, Corner, cards) and the rest stand apart.

--real is the folder of real calibrations: 44 of its 50 training games are learned from, the last six of them choose the
weights, its ten validation games are measured. Nothing is known of them but nineteen numbers a sample of where the
camera looks, half of them from frames that show no pitch.

The environment features of matches that were not analysed yet are made first (an hour for all of simmatch on a core).
It says its hours first. Runs that have a log in benchmarks/logs/calibration_spotting are not made again without
--retrain, and one that was stopped goes on where it was. Scores are those of the network's spots in labelled matches,
as validation finds them, by the official matching.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result
from benchmarks.real_calibrations import CHOOSING, LEARNING, MEASURED, published_form
from spotting_core.base.assets import asset
from spotting_core.models.calf_calibration import PAPER_CLASSES as VISUAL

RUNS = Path(".runs") / "calibration-spotting"
LOGS = Path("benchmarks") / "logs" / "calibration_spotting"
ENVIRONMENT = "layer-environment"
REPRESENTATIONS = {
    "camera": "numbers",
    "top-view": "top-view",
    "top-view-physics": "top-view",
    "top-view-efficientnet-lite0": "numbers",
    "players": "graph",
}
"""Feature sets of the table, and how CALF represents each."""


@dataclass(frozen=True)
class Run:
    """One training.

    Arguments:
        name: of the run and its log; settings: over those of ``assets/training/<base>.toml``; model: over its model's.
        minutes: that it takes on one core of 2.5 GHz, measured.
    """

    name: str
    base: str
    features: tuple[str, ...]
    seed: int
    minutes: float
    real: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}-{self.seed}.json"

    @property
    def folder(self) -> Path:
        return RUNS / f"{self.name}-{self.seed}"

    @property
    def result(self) -> dict[str, Any] | None:
        """What was measured, or None."""
        return kept_result(self.log)


_ON_REAL = {"data": (LEARNING,), "validation": (CHOOSING,)}


def real_runs(seed: int) -> list[Run]:
    """Three systems on the camera's pose of real games."""
    return [
        Run("real-dense-unet", "dense-unet", ("camera",), seed, 6, True, {**_ON_REAL, "choose_by": "loose"}),
        Run("real-netvlad++", "netvlad++", ("camera",), seed, 3, True, {**_ON_REAL, "validate_every": 200}),
        Run("real-calf", "calf", ("camera",), seed, 14, True,
            {**_ON_REAL, "batch": 8, "steps": 6000, "validate_every": 1000}),
    ]  # fmt: skip


SMALL = {"multiplier": 1, "layers": 2, "width": 16}
"""The named small setting of CALF: half of the paper's channels, a graph of two layers of 16."""
_STEPS, _BATCH = {"dense-unet": 400, "calf-calibration": 2000}, 8
_MINUTES = {"dense-unet": 1.5, "calf-calibration": 5.0}
_MOST_SEEDS = 9  # whose logs are looked for, besides those that were asked for
_OF_GRAPHS, _OF_VIEWS = 2.0, 8.0  # times as long, of CALF with a graph, and of what reads whole top views


def simulated_runs(seed: int) -> list[Run]:
    """Every representation alone and with the environment features, and these alone; what takes long comes last."""
    found = []
    for base, steps in _STEPS.items():
        for sets in _sets():
            settings = {"data": ("train",), "validation": ("val",), "choose_by": "loose", "batch": _BATCH,
                        "steps": steps, "warm_up": 20, "averaging": 0.98, "validate_every": steps // 4}  # fmt: skip
            last = sets[-1]
            model = {**SMALL, "representation": REPRESENTATIONS.get(last, "none")} if base == "calf-calibration" else {}
            name = "+".join(one.removeprefix("layer-") for one in sets)
            longer = _OF_VIEWS if last in ("top-view", "top-view-physics") else 1.0
            if (base, last) == ("calf-calibration", "players"):
                longer = _OF_GRAPHS
            minutes = _MINUTES[base] * longer
            found.append(Run(f"{base}-{name}", base, sets, seed, minutes, False, settings, model))
    return sorted(found, key=lambda run: run.minutes)


def _sets() -> list[tuple[str, ...]]:
    alone: list[tuple[str, ...]] = [(name,) for name in REPRESENTATIONS]
    return [(ENVIRONMENT,), *alone, *((ENVIRONMENT, name) for name in REPRESENTATIONS)]


# --- one run --------------------------------------------------------------------------------------------


def measure(run: Run, root: Path) -> None:
    """Train (or go on with) one run and write what was measured to its log."""
    import torch

    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.judge import Judge
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.training.config import as_config, read_config
    from spotting_core.training.system import SystemTrainer, judge_matches
    from spotting_core.training.system_config import SystemTrainingConfig
    from spotting_core.training.training_set import TrainingSet

    torch.set_num_threads(1)
    path = asset("training", f"{run.base}.toml")
    system, settings = read_config(path)
    settings |= {**run.settings, "seed": run.seed, "features": run.features, "matches": 0}
    settings["model"] = {**settings.get("model", {}), **run.model}
    config = as_config(SystemTrainingConfig, {"system": system, **settings}, path)
    data = DataDirectory.default().ensure()
    trainer = SystemTrainer(config, TrainingSet(config, root, run.folder, data, "cpu"), run.folder, "cpu")
    trainer.train()
    judge = Judge(trainer.system, trainer.model_config, trainer.trained)
    split = root / (MEASURED if run.real else "test")
    matches = labelled_matches([split], trainer.reader, data, trainer.task, parts=trainer.table.parts)
    judged = judge_matches(judge, matches, trainer.table, trainer.task)
    result = {
        "system": system,
        "features": run.features,
        "steps": trainer.step,
        "minutes": round(trainer.seconds / 60, 1),
        "parameters": sum(p.numel() for p in trainer.trained.parameters()),
        "learned_from": len(trainer.matches),
        "chosen_on": len(trainer.validation),
        "chosen": round(trainer.best.score or 0.0, 4),
        **trainer.task.card_scores(judged, trainer.table.names, split.name),
    }
    keep_result(run.log, result)


# --- tables ---------------------------------------------------------------------------------------------


def mean_of(result: Mapping[str, Any], metric: str, *, visual: bool) -> float | None:
    """Mean of the visual classes that occur, or of the rest."""
    values = [v[metric] for name, v in result["per_class"].items() if (name in VISUAL) == visual]
    return sum(values) / len(values) if values else None


def _spread(values: Sequence[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "–"
    return f"{sum(known) / len(known):.3f}" + (f" ± {(max(known) - min(known)) / 2:.3f}" if len(known) > 1 else "")


def print_table(console: Console, title: str, runs: Sequence[Run]) -> None:
    """Loose and tight, of the visual classes and of the rest; runs that were not made are named."""
    table = Table(title, "Parameters", "Loose", "95 %", "Visual", "Rest", "Tight", "Visual", "Rest", "Minutes", "Seeds",
                  box=None, header_style="bold", pad_edge=False)  # fmt: skip
    missing = []
    for name in dict.fromkeys(run.name for run in runs):
        results = [r for r in (run.result for run in runs if run.name == name) if r is not None]
        if not results:
            missing.append(name)
            continue
        columns = []
        for metric in ("loose", "tight"):
            columns.append(_spread([r[metric] for r in results]))
            if metric == "loose":
                low, high = results[0]["interval"]["loose"]
                columns.append(f"{low:.3f}–{high:.3f}")
            columns += [_spread([mean_of(r, metric, visual=v) for r in results]) for v in (True, False)]
        minutes = sum(r["minutes"] for r in results) / len(results)
        table.add_row(name, f"{results[0]['parameters']:,}", *columns, f"{minutes:.1f}", str(len(results)))
    console.print(table)
    if missing:
        console.print(f"Not run: {', '.join(missing)}.", highlight=False)


def print_classes(console: Console, runs: Sequence[Run]) -> None:
    """Loose and tight by class, of each run's first seed."""
    known = {run.name: result for run in runs if run.seed == 1 and (result := run.result) is not None}
    table = Table("Class", "Truths", *known, box=None, header_style="bold", pad_edge=False)
    classes = {name: row["truths"] for result in known.values() for name, row in result["per_class"].items()}
    for name, truths in sorted(classes.items(), key=lambda item: -item[1]):
        cells = (f"{r['per_class'][name]['loose']:.2f}, {r['per_class'][name]['tight']:.2f}" for r in known.values())
        table.add_row(name, str(truths), *cells)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--real", type=Path, help="folder of real calibrations with labels")
    parser.add_argument("--retrain", action="store_true", help="make the runs anew whose logs are there")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of runs")
    parser.add_argument("--plan", action="store_true", help="print what is there and how long the rest takes, no more")
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    real = [run for seed in seeds for run in real_runs(seed)] if arguments.real else []
    simulated = [run for seed in seeds for run in simulated_runs(seed)]
    runs = [run for run in [*real, *simulated] if not arguments.only or run.name in arguments.only]
    if arguments.only and (unknown := set(arguments.only) - {run.name for run in runs}):
        parser.error(f"there is no run {sorted(unknown)[0]}")
    console, waiting = Console(width=200), [run for run in runs if arguments.retrain or run.result is None]
    hours = sum(run.minutes for run in waiting) / 60
    console.print(f"{len(waiting)} of {len(runs)} runs to make: about {hours:.1f} hours on one core.", highlight=False)
    for run in waiting if not arguments.plan else ():
        if arguments.retrain:
            shutil.rmtree(run.folder, ignore_errors=True)
        root = published_form(arguments.real, RUNS / "real") if run.real else arguments.data
        console.print(f"{run.name}, seed {run.seed}", highlight=False)
        measure(run, root)
    if real:
        print_table(console, "Real games", real)
        print_classes(console, real)
    kept = [run for seed in range(1, _MOST_SEEDS + 1) for run in simulated_runs(seed) if run.result is not None]
    shown = [*simulated, *(run for run in kept if run.seed not in seeds)]
    print_table(console, "simmatch", shown)
    print_classes(console, shown)


if __name__ == "__main__":
    sys.exit(main())
