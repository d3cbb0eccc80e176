"""``make bench-adapted``: whether batch statistics of the match itself help on matches of another look.

python -m benchmarks.adapted_statistics DATA

DATA holds the splits of simmatch. The bundled model has learned from ``train``, ``hires`` and the other looks of
``looks-train``. Mean and variance of every batch normalisation of its environment are estimated anew from the pictures
of the match that is analysed, without labels (Li et al., "Adaptive Batch Normalization for practical domain
adaptation", 2018), and joined with those of the training by a share; the entities are those that it found. Measured
are ``looks-val``, whose looks it has not learned from, though it was chosen on them, and ``test``, where nothing may
be lost.

Prints tight and loose average-mAP over the classes that occur by share, each less that of the training's own
statistics with the 95 % interval over matches.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import mean_difference, paired_draws
from spotting_core.inference.adapted import estimated, join, statistics_of, stretches
from spotting_core.media.pixels import normalised
from spotting_core.models.judge import Judge
from spotting_core.models.load import LoadedModel, load_model, trained_network
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.samples.labelled import LabelledMatch, labelled_matches
from spotting_core.samples.reader import model_reader
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.split_lists import with_split_lists
from spotting_core.training.system import judge_matches

RUNS = Path(".runs") / "adapted-statistics"
SPLITS = ("looks-val", "test")
SHARES = (0.0, 0.5, 1.0)
METRICS = ("tight", "loose")


def clips_of(match: LabelledMatch, judge: Judge) -> Iterator[Tensor]:
    """The stretches of a match that a model is adapted by."""
    mean, std = judge.normalisation
    samples = {half.samples.half: half.samples for half in match.halves}
    for number, start, stop in stretches({n: len(half) for n, half in samples.items()}, judge.plan.length):
        pictures = samples[number].read(start, stop - start).pictures
        assert pictures is not None
        yield normalised(pictures, mean, std)[None]


def judged_by_shares(model: LoadedModel, match: LabelledMatch) -> list[Game]:
    """A match with the spots of a model whose statistics are the match's own by each of ``SHARES``."""
    network = trained_network(model)
    assert isinstance(network, EnvironmentNetwork)
    trunk, judge, games = network.environment, Judge(model.system, model.config, network), []
    trained = statistics_of(trunk)
    own = estimated(trunk, clips_of(match, judge))
    for share in SHARES:
        join(trunk, trained, own, share)
        (judged,) = judge_matches(judge, [match], model.classes, SPOTTING)
        truth, spots = ([one for one in some if isinstance(one, Spot)] for some in (judged.truth, judged.findings))
        games.append(Game(judged.name, truth, spots))
    return games


def print_table(console: Console, split: str, systems: Sequence[Sequence[Game]], classes: Sequence[str]) -> None:
    """A row for each share."""
    draws = paired_draws(systems, classes)
    table = Table(f"{split}, {len(systems[0])} matches", *METRICS, *(f"{m}, less that of none" for m in METRICS),
                  box=None, header_style="bold", pad_edge=False)  # fmt: skip
    for share, own in zip(SHARES, draws, strict=True):
        values = [f"{own.mean(metric).value:.3f}" for metric in METRICS]
        apart = (mean_difference(own, draws[0], metric) for metric in METRICS)
        differences = (f"{d.value:+.3f} ({d.low:+.3f} to {d.high:+.3f})" for d in apart)
        table.add_row(f"{share:g} of the match's", *values, *differences)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console, data, model = Console(width=160), DataDirectory.default().ensure(), load_model()
    splits = with_split_lists(arguments.data, SPLITS, RUNS / "splits")
    for split in SPLITS:
        matches = labelled_matches(
            [splits / split], model_reader(model), data, SPOTTING, parts=model.classes.parts, classes=model.classes
        )
        judged = [judged_by_shares(model, match) for match in track(matches, split, console=console)]
        systems = list(zip(*judged, strict=True))
        print_table(console, split, systems, model.classes.names)


if __name__ == "__main__":
    sys.exit(main())
