"""Whether learning without labels first makes spotting better and faster: ``make bench-comedian``.

python -m benchmarks.comedian DATA [--seeds N] [--only NAME …] [--plan] [--figure FILE]

DATA holds the splits of simmatch. At the small setting of ``assets/training/comedian*.toml`` the vision transformer is
trained with a tenth, three tenths and all of the labelled matches: from nothing, from the first stage, and from the
first two. The stages without labels learn from all video but that of ``val``, of which their loss chooses the weights,
and of ``test``. The bank of the second stage is efficientnet-lite0's, and in one more row the environment of
``environment.toml``, trained on the labelled share alone. ``val`` chooses the weights, ``test`` is measured. What
comes before the labels is made once, of the first seed, and every seed begins with it: the seeds say how much chance
changes in the stages with labels. All stages take fewer steps than in their configurations, those with labels in
smaller batches, so that all of it ends within an afternoon.

A validation after every fiftieth step gives the curve of a run, and the steps after which it has nine tenths of its
best. It says its hours first. Runs with a log in benchmarks/logs/comedian are not made again, and one that was stopped
goes on where it was. The figure has the curves, mean of the seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result, spread
from spotting_core.base.assets import asset

RUNS = Path(".runs") / "comedian"
LOGS = Path("benchmarks") / "logs" / "comedian"
SHARES = {"10": 3, "30": 10, "100": 34}
"""Per cent of the labelled matches of ``train``, and how many these are."""
NOTHING, FIRST, BOTH = "nothing", "initialise", "initialise+distil"
OWN_BANK = "initialise+distil, bank of the share's environment"
_FIRST_SEED = 1
_STEPS = {"initialise": 2000, "distil": 600, "environment": 170, "head": 100, "spotting": 300}
_BATCH = 6  # clips, of the stages with labels
_BETWEEN_VALIDATIONS = 50  # steps of the last stage
_MINUTES = {"initialise": 23.0, "distil": 25.0, "head": 1.0, "spotting": 5.5, "environment": 10.0}
"""Of a stage on one core with bfloat16, features of the bank included; the same for all shares, for steps are."""
_ENOUGH = 0.9
_VALIDATED = "validation_tight"


@dataclass(frozen=True)
class StageRun:
    """One stage of one run.

    Arguments:
        name: of its folder; base: configuration in assets/training; kind: whose minutes it takes.
        start: the stage that it begins from, or None; settings: over those of the configuration.
        measured: name of its row and share where it is one that is measured.
    """

    name: str
    base: str
    kind: str
    seed: int
    start: StageRun | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    teacher: StageRun | None = None
    measured: tuple[str, str] | None = None

    @property
    def folder(self) -> Path:
        return RUNS / f"{self.name}-{self.seed}"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}-{self.seed}.json"

    @property
    def result(self) -> dict[str, Any] | None:
        """What was measured of it, or None."""
        return kept_result(self.log)

    @property
    def waiting(self) -> bool:
        """Whether it has to be made, for itself or for another."""
        if self.measured is not None:
            return self.result is None
        return not (self.model / "card.json").is_file()

    @property
    def earlier(self) -> list[StageRun]:
        """All stages that it needs, in order."""
        own = [one for one in (self.teacher, self.start) if one is not None]
        return [stage for one in own for stage in (*one.earlier, one)]


def measured_runs(seed: int) -> list[StageRun]:
    """Every row at every share; what they begin with is shared, by all seeds too."""
    first = StageRun("initialise", "comedian-initialise", "initialise", _FIRST_SEED, settings=_steps("initialise"))
    second = StageRun("distil", "comedian-distil", "distil", _FIRST_SEED, first, _steps("distil"))
    runs = [
        _spotting(row, share, seed, start)
        for share in SHARES
        for row, start in ((NOTHING, None), (FIRST, first), (BOTH, second))
    ]
    share = "30"
    shown = {**_labelled(share), **_steps("environment")}
    bank = StageRun(f"environment-{share}", "environment", "environment", _FIRST_SEED, settings=shown)
    name = f"distil-own-bank-{share}"
    taught = StageRun(name, "comedian-distil", "distil", _FIRST_SEED, first, _steps("distil"), teacher=bank)
    return [*runs, _spotting(OWN_BANK, share, seed, taught)]


def _spotting(row: str, share: str, seed: int, start: StageRun | None) -> StageRun:
    """The stages with labels: the last layer alone where something was learned before, then everything."""
    name = f"{row.split(',')[0]}{'-own-bank' if row == OWN_BANK else ''}-{share}"
    if start is not None:
        settings = {**_labelled(share), **_steps("head"), "batch": _BATCH}
        start = StageRun(f"{name}-head", "comedian-head", "head", seed, start, settings)
    settings = {**_labelled(share), **_steps("spotting"), "batch": _BATCH, "validate_every": _BETWEEN_VALIDATIONS}
    return StageRun(name, "comedian", "spotting", seed, start, settings, measured=(row, share))


def _labelled(share: str) -> dict[str, Any]:
    return {"matches": SHARES[share], "data": ("train",)}


def _steps(kind: str) -> dict[str, int]:
    return {"steps": _STEPS[kind]}


# --- one stage ------------------------------------------------------------------------------------------


def make(run: StageRun, root: Path) -> None:
    """Train (or go on with) one stage, write its model, and what was measured of one that is measured."""
    import torch

    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.load import load_model
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.samples.reader import model_reader
    from spotting_core.tasks.registry import layer_task
    from spotting_core.training.system import judge_matches
    from spotting_core.training.train import TrainingOrder, train

    torch.set_num_threads(1)
    configuration = asset("training", f"{run.base}.toml")
    data = DataDirectory.default().ensure()
    train(TrainingOrder(configuration, root, run.folder, run.model, measured=False, settings=changed(run)), data)
    if run.measured is None:
        return
    model = load_model(run.model, "cpu")
    task = layer_task(model.system.task)
    matches = labelled_matches([root / "test"], model_reader(model), data, task, parts=model.classes.parts)
    judged = judge_matches(model.judge, matches, model.classes, task)
    lines = [json.loads(line) for line in (run.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    result = {
        "row": run.measured[0],
        "share": run.measured[1],
        "seed": run.seed,
        "steps": lines[-1]["step"],
        "minutes": round(lines[-1]["seconds"] / 60, 1),
        "device": model.card.training["device"],
        "curve": [[line["step"], line[_VALIDATED]] for line in lines if _VALIDATED in line],
        **task.card_scores(judged, model.card.classes, "test"),
    }
    keep_result(run.log, result)


def changed(run: StageRun) -> dict[str, Any]:
    """The run's settings over those of its configuration."""
    settings: dict[str, Any] = {**run.settings, "seed": run.seed}
    if run.base != "environment":
        settings["start_from"] = str(run.start.model) if run.start is not None else ""
    if run.teacher is not None:
        settings["teacher"] = (str(run.teacher.model),)
    return settings


# --- tables and curves ----------------------------------------------------------------------------------


def steps_to_enough(curve: Sequence[Sequence[float]]) -> int:
    """The first step whose validation has nine tenths of the curve's best."""
    best = max(value for _, value in curve)
    return int(next(step for step, value in curve if value >= _ENOUGH * best))


def print_table(console: Console, results: Sequence[Mapping[str, Any]]) -> None:
    """Loose and tight on test, with the interval that a run has on average, and the steps to nine tenths, by share and
    row."""
    table = Table("Labels", "Begins with", "Loose", "95 %", "Tight", "95 %", "Steps to .9", "Minutes", "Seeds",
                  box=None, header_style="bold", pad_edge=False)  # fmt: skip
    for share in SHARES:
        for row in (NOTHING, FIRST, BOTH, OWN_BANK):
            own = [r for r in results if (r["row"], r["share"]) == (row, share)]
            if not own:
                continue
            columns = []
            for metric in ("loose", "tight"):
                low, high = (mean(r["interval"][metric][end] for r in own) for end in (0, 1))
                columns += [spread([r[metric] for r in own]), f"{low:.3f} to {high:.3f}"]
            steps = spread([steps_to_enough(r["curve"]) for r in own], 0)
            minutes = spread([r["minutes"] for r in own], 0)
            table.add_row(f"{share} %", row, *columns, steps, minutes, str(len(own)))
    console.print(table)


def write_figure(path: Path, results: Sequence[Mapping[str, Any]]) -> None:
    """Validation by step, mean of the seeds: one picture for each share, one line for each row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.subplots(1, len(SHARES), sharey=True)
    lines = {}
    for axis, share in zip(axes, SHARES, strict=True):
        for colour, row in enumerate((NOTHING, FIRST, BOTH, OWN_BANK)):  # some rows have no curve of a share
            curves = [dict(r["curve"]) for r in results if (r["row"], r["share"]) == (row, share)]
            if not curves:
                continue
            steps = sorted(set.intersection(*(set(curve) for curve in curves)))
            means = [mean(curve[step] for curve in curves) for step in steps]
            [lines[row]] = axis.plot(steps, means, color=f"C{colour}")
        axis.set_title(f"{share} % of the labels", fontsize=9)
        axis.set_xlabel("step", fontsize=8)
        axis.tick_params(labelsize=8)
    axes[0].set_ylabel("tight, validation matches", fontsize=8)
    figure.legend(lines.values(), lines, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of measured runs")
    parser.add_argument("--plan", action="store_true", help="print what is there and how long the rest takes, no more")
    parser.add_argument("--figure", type=Path, help="write the curves")
    arguments = parser.parse_args()
    runs = [run for seed in range(1, arguments.seeds + 1) for run in measured_runs(seed)]
    if arguments.only:
        if unknown := set(arguments.only) - {run.name for run in runs}:
            parser.error(f"there is no run {sorted(unknown)[0]}")
        runs = [run for run in runs if run.name in arguments.only]
    measured = [run for run in runs if run.waiting]
    needed = list({one.folder: one for run in measured for one in (*run.earlier, run) if one.waiting}.values())
    hours = sum(_MINUTES[run.kind] for run in needed) / 60
    console = Console(width=160)
    console.print(
        f"{len(measured)} of {len(runs)} runs to measure, {len(needed)} stages: about {hours:.0f} hours on one core.",
        highlight=False,
    )
    for run in needed if not arguments.plan else ():
        console.print(f"{run.name}, seed {run.seed}", highlight=False)
        make(run, arguments.data)
    results = [result for run in runs if (result := run.result) is not None]
    print_table(console, results)
    if arguments.figure is not None and results:
        write_figure(arguments.figure, results)


if __name__ == "__main__":
    sys.exit(main())
