"""What the bundled model gains by training further on labelled matches of other looks: ``make bench-further``.

python -m benchmarks.further_training DATA [--matches 5 24] [--steps 300] [--plan]

DATA holds the splits of simmatch. The bundled model has learned from matches of one look. It is trained further, as the
Review view's Train does, on a data set of the first so many matches of ``looks-train``: what reads what the analyses
hold, and everything, the pictures too. Measured are the six matches of ``looks-val``, of whose shirts and score bugs no
other has the pattern, and ``test``, where nothing should be lost; differences are to the bundled model, with the 95 %
interval over matches. Matches are analysed first, where they are not yet. What was measured is kept in
benchmarks/logs/further_training and not measured again.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result
from spotting_core.base.data_directory import DataDirectory

RUNS = Path(".runs") / "further-training"
LOGS = Path("benchmarks") / "logs" / "further_training"
LEARNED, MEASURED = "looks-train", ("looks-val", "test")
METRICS = ("tight", "loose")


@dataclass(frozen=True)
class FurtherRun:
    """One training; everything: whether what looks at pictures learns too."""

    matches: int
    everything: bool
    steps: int

    @property
    def name(self) -> str:
        return f"{self.matches}-{'everything' if self.everything else 'analysed'}-{self.steps}"

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.json"


def measure(run: FurtherRun, root: Path, splits: Path, data: DataDirectory) -> dict[str, Any]:
    """Train a run and measure its model beside the bundled one.

    Arguments:
        root: of all matches; splits: what is learned from and measured, as links to them.
    """
    import torch

    from spotting_core.evaluation.intervals import mean_difference, paired_draws
    from spotting_core.models.load import load_model
    from spotting_core.store.database import open_database
    from spotting_core.training.further import FurtherOrder, train_further

    torch.set_num_threads(1)
    before = load_model()
    data_set = data_set_of(run, (splits, root), data, before)
    out = RUNS / run.name / "model"
    order = FurtherOrder(before.folder, data_set, RUNS / run.name / "run", out, run.steps, everything=run.everything)
    train_further(order, open_database(data), data)
    after = load_model(out)
    result: dict[str, Any] = {
        "matches": run.matches,
        "everything": run.everything,
        "steps": run.steps,
        "labels": sum(count.total() for count in data_set.counts().values()),
        "minutes": round(float(after.card.training["hours"]) * 60, 1),
    }
    for split in MEASURED:
        games = [games_of(model, splits / split, data) for model in (before, after)]
        old, new = paired_draws(games, before.classes.names)
        result[split] = {
            metric: {
                "before": old.mean(metric).value,
                "after": new.mean(metric).value,
                "difference": [(d := mean_difference(new, old, metric)).value, d.low, d.high],
            }
            for metric in METRICS
        }
    return result


def data_set_of(run: FurtherRun, roots: tuple[Path, Path], data: DataDirectory, model: Any) -> Any:
    """The first matches of what is learned from, analysed, as a data set.

    Arguments:
        roots: the splits, and where the files lie that they link to.
    """
    from app.library.library import Library
    from app.settings import Settings
    from spotting_core.data_sets.data_set import DataSets
    from spotting_core.data_sets.freeze import freeze
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.store.database import open_database
    from spotting_core.tasks.spotting import SPOTTING

    name = f"{run.matches} of {LEARNED}"
    if known := next((one for one in DataSets(data).all() if one.name == name), None):
        return known
    games = SPOTTING.labelled_games(roots[0] / LEARNED)[: run.matches]
    database = open_database(data)
    library = Library(Settings(data, roots, secrets.token_bytes(8)), database)
    for game in games:
        analyse_match(library.source(library.add(str(game))), model, data)
    return freeze(name, "labels", database, data, only=games).data_set


def games_of(model: Any, split: Path, data: DataDirectory) -> list[Any]:
    """What a model spots in the matches of a split, beside what is true."""
    from spotting_core.evaluation.games import Game
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.samples.reader import model_reader
    from spotting_core.tasks.spotting import SPOTTING
    from spotting_core.training.system import judge_matches

    matches = labelled_matches(
        [split], model_reader(model), data, SPOTTING, parts=model.classes.parts, classes=model.classes
    )
    judged = judge_matches(model.judge, matches, model.classes, SPOTTING)
    return [Game(one.name, one.truth, one.findings) for one in judged]


def print_table(console: Console, results: Sequence[dict[str, Any]]) -> None:
    """Each run: what it learned from, how long that took, and what it changed."""
    columns = [f"{split}, {metric}" for split in MEASURED for metric in METRICS]
    table = Table("Matches", "Labels", "Learns", "Minutes", *columns, box=None, header_style="bold", pad_edge=False)
    for one in results:
        cells = [one[split][metric] for split in MEASURED for metric in METRICS]
        changes = ["{:.3f} to {:.3f}, {:+.3f} ({:+.3f} to {:+.3f})".format(c["before"], c["after"], *c["difference"])
                   for c in cells]  # fmt: skip
        learns = "everything" if one["everything"] else "on what analyses hold"
        table.add_row(str(one["matches"]), str(one["labels"]), learns, f"{one['minutes']:.0f}", *changes)
    console.print(table)


def main() -> None:
    from spotting_core.training.split_lists import with_split_lists

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--matches", type=int, nargs="+", default=[5, 24])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--plan", action="store_true", help="print what is there, no more")
    arguments = parser.parse_args()
    runs = [FurtherRun(n, everything, arguments.steps) for everything in (False, True) for n in arguments.matches]
    own = DataDirectory.default() if "TOUCHLINE_DATA" in os.environ else DataDirectory(RUNS / "data")
    root = arguments.data.resolve()
    splits = with_split_lists(root, (LEARNED, *MEASURED), RUNS.resolve() / "splits")
    for run in runs if not arguments.plan else ():
        if kept_result(run.log) is None:
            keep_result(run.log, measure(run, root, splits, own.ensure()))
    print_table(Console(width=220), [result for run in runs if (result := kept_result(run.log)) is not None])


if __name__ == "__main__":
    sys.exit(main())
