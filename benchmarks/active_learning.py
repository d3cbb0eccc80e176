"""How many labels are enough, by system, flaw of the public code, and data: ``make bench-active``.

python -m benchmarks.active_learning DATA [--real FOLDER] [--only NAME …] [--seeds N] [--plan] [--figure FILE]

DATA holds the splits of simmatch. The experiments of ``assets/active`` are run as ``touchline active`` runs them, and:

* ``max++`` with one flaw of the public code at a time, for those strategies that it can change;
* headers, and passes, each a class table of its own as in the paper, written here: their labels are those of
  ``Labels-ball.json``. Windows are 15 s for headers and 3 s for passes, of which one follows another within seconds.
  What a rate of two samples a second costs is the share of actions that lie in one sample with an earlier one;
* real games (--real, the folder of real calibrations): 44 of its 50 training games are the pool, the last six of them
  choose the weights, its ten validation games are measured. Nothing is known of them but nineteen numbers a sample of
  where the camera looks.

It says its hours first, an experiment at a time. What is done is kept curve by curve in .runs/active-NAME, and a
finished experiment in benchmarks/logs/active; it is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result
from benchmarks.real_calibrations import CHOOSING, LEARNING, MEASURED, published_form
from spotting_core.base.assets import asset

if TYPE_CHECKING:
    from spotting_core.active.config import ActiveOrder
    from spotting_core.active.experiment import Curve

RUNS = Path(".runs")
LOGS = Path("benchmarks") / "logs" / "active"
SPLITS = ("train", "val", "test")
FIGURES = ("loose", "tight")
LABELS = "Labels-v2.json"
BALL_LABELS = "Labels-ball.json"
_FEW = 3
"""Seeds of the experiments that are beside the two main ones."""
_PLAIN = ("random", "uncertainty", "entropy")


@dataclass(frozen=True)
class Case:
    """One experiment.

    Arguments:
        base: file in ``assets/active``; strategies, seeds: some of its own where given.
        flaw: of the public code; label: in ``Labels-ball.json``, the only class; real: on real games.
    """

    name: str
    base: str = "max++"
    strategies: tuple[str, ...] = ()
    seeds: int = 0
    flaw: str = ""
    label: str = ""
    real: bool = False

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.json"

    @property
    def run(self) -> Path:
        return RUNS / f"active-{self.name}"


CASES = (
    Case("max++"),
    Case("netvlad++", "netvlad++"),
    Case("dense-unet", "dense-unet"),
    Case("max++-official", "max++-official"),
    Case("max++-dropout", strategies=("uncertainty", "entropy"), seeds=_FEW, flaw="dropout"),
    Case("max++-batch-entropy", strategies=("entropy",), seeds=_FEW, flaw="batch-entropy"),
    Case("max++-duplicates", strategies=_PLAIN, seeds=_FEW, flaw="duplicates"),
    Case("max++-random-rate", strategies=("random",), seeds=_FEW, flaw="random-rate"),
    Case("headers", strategies=_PLAIN, seeds=_FEW, label="HEADER"),
    Case("passes", strategies=_PLAIN, seeds=_FEW, label="PASS"),
    Case("real", strategies=_PLAIN, seeds=_FEW, real=True),
)
DRAWN = CASES[:3]
"""The systems, whose curves are drawn."""
_PASS_WINDOW = {"window": 6, "before": 3, "after": 2, "suppression": 1.0}
_REAL_STEPS = 900  # the pool is twenty times as long


def order_of(case: Case, root: Path) -> ActiveOrder:
    """What ``touchline active`` would read of a file that says the same.

    Arguments:
        root: where the case's matches lie.
    """
    from spotting_core.active.config import read_active

    order = read_active(asset("active", f"{case.base}.toml"))
    active, training = order.active, order.training
    active = replace(
        active,
        strategies=case.strategies or active.strategies,
        seeds=case.seeds or active.seeds,
        flaws=(case.flaw,) if case.flaw else (),
    )
    if case.label:
        training = replace(training, classes=str(root / "classes.csv"))
    if case.label == "PASS":
        training = replace(training, model=_PASS_WINDOW)
    if case.real:
        active = replace(active, report=MEASURED)
        training = replace(training, data=(LEARNING,), validation=(CHOOSING,), features=("camera",), reduction=0)
        training = replace(training, steps=_REAL_STEPS, validate_every=_REAL_STEPS // 10, patience=_REAL_STEPS)
    return replace(order, active=active, training=training)


# --- labels of the ball ---------------------------------------------------------------------------------


def ball_matches(source: Path, label: str, out: Path) -> Path:
    """The matches of simmatch with one ball action for labels, and the table of that class; returns ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    name = label.capitalize()
    columns = "index,name,short,group,glyph,colour_light,colour_dark,suppression,lead,lag"
    row = f"0,{name},{name},ball,goal,#167859,#62D19B,1,5,5"
    (out / "classes.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    for split in SPLITS:
        for labels in (source / split).rglob(BALL_LABELS):
            game = out / split / labels.parent.relative_to(source / split)
            game.mkdir(parents=True, exist_ok=True)
            for video in labels.parent.glob("1_*.m*"):
                link = game / video.name
                if not link.exists():
                    link.symlink_to(video.resolve())
            content = json.loads(labels.read_text(encoding="utf-8"))
            content["annotations"] = [{**a, "label": name} for a in content["annotations"] if a["label"] == label]
            (game / LABELS).write_text(json.dumps(content), encoding="utf-8")
    return out


def lost_at_rate(root: Path, rate: float) -> float:
    """Share of the true actions of all matches that lie in the same sample as an earlier one, and so cannot be spotted
    apart from it."""
    from spotting_core.tasks.spotting import SPOTTING

    truth = [(game, spot) for split in SPLITS for game in SPOTTING.labelled_games(root / split)
             for spot in SPOTTING.read_truth(game)]  # fmt: skip
    samples = {(game, spot.half, spot.label, round(spot.time * rate / 1e6)) for game, spot in truth}
    return round(1 - len(samples) / len(truth), 4)


# --- running --------------------------------------------------------------------------------------------


def matches_of(case: Case, root: Path, real: Path | None) -> Path:
    """The folder with the splits of a case, made where it has its own."""
    if case.real:
        assert real is not None
        return published_form(real, RUNS / "active-real-games").resolve()
    if case.label:
        return ball_matches(root, case.label, RUNS / f"active-{case.name}-matches").resolve()
    return root


def run_case(case: Case, matches: Path, seeds: int, notice: Callable[[str], None]) -> list[Curve]:
    """The curves of a case; all of them are kept in its log."""
    import torch

    from spotting_core.active.experiment import Experiment
    from spotting_core.base.data_directory import DataDirectory

    torch.set_num_threads(1)
    order = order_of(case, matches)
    experiment = Experiment(order, matches, case.run, DataDirectory.default().ensure(), notice=notice)
    curves = experiment.curves(seeds=min(seeds, order.active.seeds))
    if not seeds or seeds >= order.active.seeds:
        result: dict[str, Any] = {"curves": [asdict(curve) for curve in curves]}
        if case.label:
            result["lost_at_rate"] = lost_at_rate(matches, order.training.rate)
        keep_result(case.log, result)
    return curves


def read_curves(case: Case) -> list[Curve]:
    """The curves of a case that are kept."""
    from spotting_core.active.experiment import Curve
    from spotting_core.base.validation import validated

    return [validated(Curve, content) for content in (kept_result(case.log) or {"curves": []})["curves"]]


def print_case(console: Console, case: Case, curves: Sequence[Curve]) -> None:
    """What ``touchline active`` prints of the curves, loose and tight."""
    from app.command_line.active import curve_tables
    from spotting_core.active.summary import summaries

    seeds = len({curve.seed for curve in curves})
    console.print(f"[bold]{case.name}[/], {seeds} seeds", highlight=False)
    for table in curve_tables({figure: summaries(curves, figure) for figure in FIGURES}):
        console.print(table)
    if case.flaw or case.base.endswith("-official"):
        console.print(flaw_table(curves, read_curves(CASES[0])))
    if (lost := (kept_result(case.log) or {}).get("lost_at_rate")) is not None:
        console.print(f"In a sample with an earlier one: {lost:.1%} of the actions", highlight=False)


def flaw_table(curves: Sequence[Curve], corrected: Sequence[Curve]) -> Table:
    """What flaws of the public code change of the area, by strategy, on the seeds that both have.

    Arguments:
        corrected: curves of the same experiment without them.
    """
    from app.command_line.active import difference, with_bounds
    from spotting_core.active.summary import areas, more_area

    table = Table("beside the same seeds without it", *FIGURES, box=None)
    for name in dict.fromkeys(curve.strategy for curve in curves):
        cells = []
        for figure in FIGURES:
            flawed, sound = (areas([c for c in some if c.strategy == name], figure) for some in (curves, corrected))
            more = more_area(flawed, sound)
            cells.append("–" if more is None else with_bounds(more, difference))
        table.add_row(name, *cells)
    return table


def write_figure(path: Path, curves: Sequence[Curve]) -> None:
    from app.comparing.label_curves import label_curves
    from spotting_core.active.summary import summaries

    by_figure = {figure: summaries(curves, figure) for figure in FIGURES}
    path.write_bytes(label_curves(by_figure, path.suffix[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--real", type=Path, help="folder of real calibrations with labels")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of experiments")
    parser.add_argument("--seeds", type=int, default=0, help="the first so many, all where 0")
    parser.add_argument("--plan", action="store_true", help="print what is there, no more")
    parser.add_argument(
        "--figure", type=Path, help="write the curves of the systems, each to a file named after this one"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.only or ()) - {case.name for case in CASES}:
        parser.error(f"there is no experiment {sorted(unknown)[0]}")
    cases = [case for case in CASES if not arguments.only or case.name in arguments.only]
    console = Console(width=220)
    for case in cases:
        curves = read_curves(case)
        if not curves and not arguments.plan and (arguments.real is not None or not case.real):
            matches = matches_of(case, arguments.data, arguments.real)
            curves = run_case(case, matches, arguments.seeds, lambda sentence: console.print(sentence, highlight=False))
        if curves:
            print_case(console, case, curves)
            if arguments.figure is not None and case in DRAWN:
                path = arguments.figure
                write_figure(path if case is CASES[0] else path.with_stem(f"{path.stem}-{case.name}"), curves)
        else:
            console.print(f"{case.name} was not run", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
