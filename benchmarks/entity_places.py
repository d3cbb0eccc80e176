"""``make bench-entity-places``: whether entity attention gains from where on the pitch each entity stands.

python -m benchmarks.entity_places DATA [--seeds N] [--arms NAME …] [--plan]

DATA holds the splits of simmatch. The entity branch, the time layers and the heads of the bundled model learn anew, as
``assets/training/entity-attention-local.toml`` says, in half of its steps, on the features and entities that its
analyses of ``train`` hold; its environment stays as it is. ``val`` chooses the weights, ``test`` is measured. Matches
that were not analysed yet are analysed first.

The arms differ in what a token knows of its entity: its look and box alone, or also where its foot stands in metres, by
the exact calibrations (``exact``) or by those of the bundled network (``network``). A place is two numbers in shares of
half the pitch, their waves at four scales, and whether it is known: entities that do not stand on the ground, feet that
may be off by more than ``_SURE`` metres or that lie beside the pitch, and pictures without calibration have none.

Each arm less the one without places, with the 95 % interval over matches of the same seed. Runs with a log in
benchmarks/logs/entity_places are not made again, and one that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result, spread
from spotting_core.base.assets import asset
from spotting_core.domain.homography import Calibration
from spotting_core.domain.spots import Spot
from spotting_core.entities.table import EntityTable
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import mean_difference, paired_draws
from spotting_core.players.feet import feet

if TYPE_CHECKING:
    from torch import Tensor

    from spotting_core.analyses.analysis import Analysis
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.domain.findings import Finding
    from spotting_core.media.source import MatchSource
    from spotting_core.models.load import LoadedModel
    from spotting_core.samples.labelled import LabelledMatch
    from spotting_core.tasks.task import Judged

RUNS = Path(".runs") / "entity-places"
LOGS = Path("benchmarks") / "logs" / "entity_places"
WITHOUT, EXACT, NETWORK = "without", "exact", "network"
METRICS = ("tight", "loose")
GAIN = ("Offside", "Corner", "Penalty", "Clearance", "Throw-in")
"""Classes that a place should help most."""
ON_GROUND = ("ball", "referee", "assistant referee", "player", "goalkeeper", "goal", "corner flag")
"""Entities whose lowest point stands on the ground; a ball in the air is placed too far away."""
_SURE = 3.0  # metres that a place may be off
_BESIDE = 5.0  # metres beside the pitch, where assistants and substitutes stand
_BANDS = 4
PLACE = 3 + 4 * _BANDS
"""Numbers of a place."""
_CONFIGURATION = "entity-attention-local.toml"
_STEPS = 800
_MINUTES = 20.0  # of a run on half a core of 2.5 GHz, as it was measured


def place_numbers(table: EntityTable, size: tuple[int, int], calibrations: Mapping[int, Calibration]) -> np.ndarray:
    """Where each entity of a table stands: float32 (N, ``PLACE``), zeros where that is not known.

    Arguments:
        size: width and height of the pictures; calibrations: by sample.
    """
    numbers = np.zeros((len(table), PLACE), np.float32)
    standing = np.isin(table.entity, [i for i, name in enumerate(table.names) if name in ON_GROUND])
    for sample, calibration in calibrations.items():
        rows = np.arange(len(table))[table.rows(sample, sample + 1)]
        rows = rows[standing[rows]]
        if not len(rows):
            continue
        own = feet(table.box[rows].astype(float), table.score[rows].astype(float), size, calibration)
        half = np.array([calibration.pitch.length, calibration.pitch.width]) / 2
        sure = (own.errors <= _SURE) & (np.abs(own.places) <= half + _BESIDE).all(1)
        numbers[rows[sure]] = _waves(own.places[sure] / half)
    return numbers


def _waves(place: np.ndarray) -> np.ndarray:
    """A place (N, 2) in shares of half the pitch as numbers."""
    angles = [(place + 1) / 2 * math.pi * 2**k for k in range(_BANDS)]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.concatenate([np.ones((len(place), 1)), place, *waves], 1)


def with_places(table: EntityTable, numbers: np.ndarray) -> EntityTable:
    """A table whose entities look as they did, and where they stand besides.

    A token multiplies what its entity looks like by the root of how many numbers that has, for looks have unit length.
    """
    width = table.embedding.shape[1] + PLACE
    joined = np.concatenate([table.embedding.astype(np.float32), numbers / math.sqrt(width)], 1)
    return replace(table, embedding=joined)


# --- matches --------------------------------------------------------------------------------------------


def _calibrations(arm: str, source: MatchSource, layer: Analysis, data: DataDirectory) -> Sequence[Calibration]:
    from spotting_core.analyses.match_calibrations import match_calibrations
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.tasks.calibration import CALIBRATION

    if arm == WITHOUT:
        return ()
    if arm == EXACT:
        return match_calibrations(source, [layer])
    return analyse_match(source, _model(CALIBRATION.default_model), data, thumbnails=False).findings(CALIBRATION)


@cache
def _model(name: str) -> LoadedModel:
    from spotting_core.models.load import load_model

    return load_model(name)


def matches_of(arm: str, split: Path, model: LoadedModel, data: DataDirectory) -> list[LabelledMatch]:
    """The labelled matches of a split as an arm reads them."""
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.media.source import open_match
    from spotting_core.players.calibrated_samples import calibrated_samples
    from spotting_core.samples.labelled import LabelledHalf, LabelledMatch
    from spotting_core.tasks.spotting import SPOTTING
    from spotting_core.training.further import analysed_half

    matches = []
    for game in SPOTTING.labelled_games(split):
        source = open_match(game)
        layer = analyse_match(source, model, data)
        known, truth, halves = _calibrations(arm, source, layer, data), SPOTTING.read_truth(game), []
        for half in layer.halves:
            samples = analysed_half(half, model)
            if arm != WITHOUT and samples.entities is not None:
                own = calibrated_samples(half.half, samples.times, known, None)
                numbers = place_numbers(samples.entities, samples.size, own)
                samples = replace(samples, entities=with_places(samples.entities, numbers))
            spots = [spot for spot in truth if spot.half == half.half]
            halves.append(LabelledHalf(samples, spots, [s.time for s in spots], half.record.duration))
        matches.append(LabelledMatch(game.name, halves, truth))
    return matches


# --- one run --------------------------------------------------------------------------------------------


def log_of(arm: str, seed: int) -> Path:
    """Where it is kept what an arm and the one without places reached with a seed."""
    return LOGS / f"{arm}-{seed}.json"


def make(arm: str, seed: int, root: Path) -> None:
    """Train (or go on with) an arm and the one without places, and keep how they compare."""
    judged = {name: train_arm(name, seed, root) for name in (WITHOUT, arm)}
    classes = judged[arm].classes
    without, placed = paired_draws([judged[name].games for name in (WITHOUT, arm)], classes, official=False)
    result = {
        "arm": arm,
        "seed": seed,
        "minutes": {name: one.minutes for name, one in judged.items()},
        "scores": {name: one.scores for name, one in judged.items()},
        "difference": {metric: asdict(mean_difference(placed, without, metric)) for metric in METRICS},
    }
    keep_result(log_of(arm, seed), result)


@dataclass(frozen=True)
class Measured:
    """What an arm reached: its spots of the test matches, their scores, and minutes of training."""

    games: list[Game]
    scores: Mapping[str, Any]
    minutes: float
    classes: Sequence[str]


def train_arm(arm: str, seed: int, root: Path) -> Measured:
    """Train (or go on with) one arm, and measure it."""
    import torch

    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.card import BUNDLED
    from spotting_core.models.judge import Judge
    from spotting_core.samples.reader import SampleReader
    from spotting_core.training.config import as_config, read_config
    from spotting_core.training.system import SystemTrainer, judge_matches
    from spotting_core.training.system_config import SystemTrainingConfig
    from spotting_core.training.training_set import TrainingSet

    torch.set_num_threads(1)
    data, model = DataDirectory.default().ensure(), _model(BUNDLED)
    path = asset("training", _CONFIGURATION)
    system, settings = read_config(path)
    settings |= {"data": ("train",), "seed": seed, "start_from": "", "steps": _STEPS, "validate_every": _STEPS // 4}
    config = as_config(SystemTrainingConfig, {"system": system, **settings}, path)
    learned, chosen, measured = (matches_of(arm, root / split, model, data) for split in ("train", "val", "test"))
    other = _widened(model, 0 if arm == WITHOUT else PLACE)
    reader = SampleReader(other.inputs, float(model.config.rate))
    training_set = TrainingSet.of_model(config, other, reader, learned, chosen)
    trainer = SystemTrainer(config, training_set, RUNS / f"{arm}-{seed}", "cpu", begin_with=_begun(other, seed))
    trainer.train()
    judge = Judge(trainer.system, trainer.model_config, trainer.trained)
    judged = judge_matches(judge, measured, trainer.table, trainer.task)
    return Measured(
        [_game(match) for match in judged],
        trainer.task.card_scores(judged, trainer.table.names, "test"),
        round(trainer.seconds / 60, 1),
        trainer.table.names,
    )


def _game(match: Judged[Finding]) -> Game:
    truth, spots = ([one for one in some if isinstance(one, Spot)] for some in (match.truth, match.findings))
    return Game(match.name, truth, spots)


def _widened(model: LoadedModel, more: int) -> LoadedModel:
    """The model, its entities of so many numbers more; its network stays as it is."""
    from spotting_core.models.entity_attention import EntityAttentionConfig

    assert isinstance(model.config, EntityAttentionConfig)
    return replace(model, config=replace(model.config, embed_dim=model.config.embed_dim + more))


def _begun(model: LoadedModel, seed: int) -> dict[str, Tensor]:
    """Drawn weights of a network as the model's configuration says, but for what reads the environment's features.

    The trunk is never run: what it makes of the pictures is in the analyses.
    """
    import torch

    torch.manual_seed(seed)
    drawn: dict[str, Tensor] = model.system.build(model.config).state_dict()
    known = model.network.state_dict()
    kept = (n for n in known if n.startswith("environment.") and n in drawn and known[n].shape == drawn[n].shape)
    return drawn | {name: known[name] for name in kept}


# --- the table ------------------------------------------------------------------------------------------


def print_table(console: Console, results: Sequence[Mapping[str, Any]]) -> None:
    """A row for each arm, then its differences by seed and by class."""
    table = Table("Tokens know", "Tight", "Loose", *GAIN, "Minutes", "Seeds", box=None, header_style="bold",
                  pad_edge=False)  # fmt: skip
    rows: dict[str, dict[int, tuple[Mapping[str, Any], float]]] = {}
    for result in results:
        for arm, scores in result["scores"].items():
            rows.setdefault(arm, {})[result["seed"]] = (scores, result["minutes"][arm])
    for arm, own in rows.items():
        scores = [one for one, _ in own.values()]
        by_class = (spread([s["per_class"][name]["tight"] for s in scores], 2) for name in GAIN)
        minutes = f"{np.mean([m for _, m in own.values()]):.0f}"
        table.add_row(
            _TITLES[arm], *(spread([s[m] for s in scores]) for m in METRICS), *by_class, minutes, str(len(own))
        )
    console.print(table)
    for result in results:
        differences = ", ".join(
            f"{metric} {d['value']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f})"
            for metric, d in result["difference"].items()
        )
        console.print(f"{_TITLES[result['arm']]}, less without, seed {result['seed']}: {differences}", highlight=False)


_TITLES = {WITHOUT: "look and box", EXACT: "and exact places", NETWORK: "and the network's places"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", choices=(EXACT, NETWORK), default=[EXACT, NETWORK])
    parser.add_argument("--plan", action="store_true", help="print what is there and how long the rest takes, no more")
    arguments = parser.parse_args()
    runs = [(arm, seed) for arm in arguments.arms for seed in range(1, arguments.seeds + 1)]
    waiting = [run for run in runs if kept_result(log_of(*run)) is None]
    console = Console(width=180)
    trainings = len(waiting) + len({seed for _, seed in waiting if not (RUNS / f"{WITHOUT}-{seed}").is_dir()})
    console.print(
        f"{len(waiting)} of {len(runs)} comparisons to make: about {trainings * _MINUTES / 60:.1f} hours on one core, "
        "besides analysing what was not analysed.",
        highlight=False,
    )
    for arm, seed in waiting if not arguments.plan else ():
        console.print(f"{arm}, seed {seed}", highlight=False)
        make(arm, seed, arguments.data)
    print_table(console, [result for run in runs if (result := kept_result(log_of(*run))) is not None])


if __name__ == "__main__":
    sys.exit(main())
