"""Shots and replays: every system trained alike and measured on the same matches: ``make bench-cameras``.

python -m benchmarks.cameras DATA [--real FOLDER] [--retrain] [--seeds N] [--systems NAME …]

DATA holds the splits of simmatch. Training is that of assets/training/<system>.toml with its seed replaced; validation
on ``val`` chooses the weights, ``test`` is measured by analysing its matches as a user would. Runs are kept in
.runs/cameras; without --retrain those that are there are used, and the table says which are not.

Beside each system stands what its paper claims, on SoccerNet's test split; claims that nobody here has verified say so.
Figures are the corrected ones with the spread of the seeds, or, of one seed, the 95 % interval over matches; the
official ones stand beside them.

--real adds replay grounding on real labels (50 games to train, 10 to measure): the actions are those of the labels, and
what stands in for pictures are numbers of where the camera looks. It says how often a rule is right on real broadcasts,
not how good a model is that has to find the actions first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import interval_over_matches
from benchmarks.real_calibrations import TRAINING, published_form
from spotting_core.base.assets import asset
from spotting_core.tasks.task import Judged

RUNS = Path(".runs") / "cameras"
SHOTS = ("basic-shots", "calf-shots", "whole-shots")
REPLAYS = (
    "latest-action",
    "netvlad-grounding",
    "netvlad-grounding-negatives",
    "calf-grounding",
    "calf-grounding-negatives",
    "grounding-transformer",
    "grounding-transformer-contrast",
)
REAL = ("latest-action", "grounding-transformer")
CLAIMS = {
    "basic-shots": "mIoU .358, F1 .395",
    "calf-shots": "mIoU .473, unverified",
    "netvlad-grounding": "average-AP .243, unverified",
    "calf-grounding": "average-AP .400, unverified",
    "calf-grounding-negatives": "average-AP .418, unverified",
    "grounding-transformer": "average-AP .719, unverified",
}
_RESULT = "bench.json"
_KNOWS_NOTHING = 0.3  # how likely any shot is a replay to who has not looked at it


@dataclass(frozen=True)
class Run:
    """One training: a configuration, a seed, and which data."""

    name: str
    seed: int
    real: bool = False

    @property
    def folder(self) -> Path:
        return RUNS / f"{self.name}{'-real' if self.real else ''}-{self.seed}"

    @property
    def result(self) -> dict[str, Any] | None:
        """What was measured, or None."""
        path = self.folder / _RESULT
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def measure(run: Run, root: Path) -> None:
    """Train one configuration and write what was measured beside its model."""
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.card import read_card
    from spotting_core.models.load import load_model
    from spotting_core.tasks.registry import layer_task
    from spotting_core.training.train import TrainingOrder, judged_split, train

    text = re.sub(r"(?m)^seed = \d+$", f"seed = {run.seed}", asset("training", f"{run.name}.toml").read_text())
    if run.real:
        text = _on_real_labels(text)
    run.folder.mkdir(parents=True, exist_ok=True)
    config = run.folder / f"{run.name}.toml"
    config.write_text(text, encoding="utf-8")
    data = DataDirectory.default().ensure()
    order = TrainingOrder(config, root, run.folder / "run", run.folder / "model", measured=True)
    folder = train(replace(order, report_split="val") if run.real else order, data)
    model = load_model(folder)
    task = layer_task(model.system.task)
    judged = judged_split(model, root / ("val" if run.real else "test"), data, task)
    figures = _figures(model.card.classes, task)
    card = read_card(folder)
    intervals = {name: interval_over_matches(judged, figure) for name, figure in figures.items()}
    values = {name: figure(judged) for name, figure in figures.items()}
    result = {
        "values": values,
        "intervals": intervals,
        "official": card.scores["official"],
        "per_class": card.scores.get("per_class", {}),
        "minutes": round(60 * card.training["hours"], 1),
        "parameters": sum(p.numel() for p in model.network.parameters()),
    }
    (run.folder / _RESULT).write_text(json.dumps(result), encoding="utf-8")


def _figures(classes: Sequence[str], task: Any) -> dict[str, Callable[..., float]]:
    """The figures of a task's table, each of some judged matches."""
    from spotting_core.tasks.replays import share_right

    if task.name == "replays":
        return {
            "loose": lambda m: task.figure(m, classes, "loose"),
            "tight": lambda m: task.figure(m, classes, "tight"),
            "right": share_right,
        }
    return {
        "mIoU": lambda m: task.figure(m, classes, "miou"),
        "F1": lambda m: float(task.report(m, classes).others["F1, macro"]),
        "replay F1": replay_f1,
    }


def replay_f1(matches: Sequence[Judged[Any]]) -> float:
    """F1 of time in replays: seconds that truth and findings agree are replayed."""
    both = true = found = 0
    for match in matches:
        for half in {s.half for s in match.truth}:
            end = max(s.end for s in match.truth if s.half == half)
            masks = [_replayed(shots, half, end) for shots in (match.truth, match.findings)]
            both += int((masks[0] & masks[1]).sum())
            true, found = true + int(masks[0].sum()), found + int(masks[1].sum())
    return 2 * both / (true + found) if true + found else 0.0


def _replayed(shots: Sequence[Any], half: int, end: int) -> np.ndarray:
    """Which tenths of a second of a half are replayed: bool (n,)."""
    mask = np.zeros(end // 100_000 + 1, bool)
    for shot in shots:
        if shot.half == half and shot.replay:
            mask[shot.start // 100_000 : shot.end // 100_000] = True
    return mask


def _on_real_labels(text: str) -> str:
    """A configuration that reads the actions of labels and where the camera looks; all 50 training games are learned
    from, as before, and the games that are measured choose the weights."""
    text = re.sub(r"(?m)^data = .*$", f"data = {list(TRAINING)}".replace("'", '"'), text)
    text = re.sub(r'(?m)^features = .*"layer-environment".*$', 'features = ["layer-spots", "camera"]', text)
    return re.sub(r"(?m)^window = \d+$", "window = 240", text)  # what is replayed there is up to two minutes old


# --- real labels as features ----------------------------------------------------------------------------


def real_features(source: Path, out: Path) -> Path:
    """The games of real calibrations in their published form, with the actions of their labels as feature files.

    Where the camera looks is the feature set ``camera``, which is made of the calibrations.
    """
    from spotting_core.domain.classes import load_classes
    from spotting_core.features.files import feature_file, write_features
    from spotting_core.formats import field_calibration, labels_v2

    names = load_classes().names
    root = published_form(source, out)
    for labels in root.rglob(labels_v2.FILE_NAME):
        game = labels.parent
        for half in field_calibration.published_files(game):
            if feature_file(game, half, "layer-spots").is_file():
                continue
            spots = np.zeros((len(field_calibration.read_beside(game, half)), len(names)), np.float32)
            for spot in labels_v2.read_labels(labels):
                if spot.half == half:
                    spots[min(round(spot.seconds * 2), len(spots) - 1), names.index(spot.label)] = 1
            write_features(game, half, "layer-spots", spots)
    return root


# --- spots in replays -----------------------------------------------------------------------------------


def print_replayed(console: Console, root: Path) -> None:
    """How many spots of the bundled model lie in replays of the test matches, and what leaving them out does."""
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.inference.default_models import default_models
    from spotting_core.media.source import open_match
    from spotting_core.models.load import load_model
    from spotting_core.tasks.spotting import SPOTTING

    data = DataDirectory.default().ensure()
    models = [load_model(name) for task, name in default_models().items() if task in ("spotting", "shots")]
    matches = []
    for game in SPOTTING.labelled_games(root / "test"):
        source = open_match(game)
        layers = [analyse_match(source, model, data) for model in models]
        matches.append((source, SPOTTING.read_truth(game), layers))
    table = Table("Cameras", "Spots", "In replays", "Double", "Only there", "Loose, all", "Loose, live", "Tight, all",
                  "Tight, live", box=None, header_style="bold", pad_edge=False)  # fmt: skip
    for labelled in (True, False):
        table.add_row("labels" if labelled else "models", *_replayed_row(matches, labelled))
    console.print(table)


def _replayed_row(matches: Sequence[tuple[Any, list[Any], list[Any]]], labelled: bool) -> list[str]:
    """Counts at the default thresholds, and loose and tight of all spots and without those that are double."""
    from spotting_core.analyses.match_cameras import match_cameras
    from spotting_core.analyses.replayed_spots import ONLY_REPLAYED, REPLAYED, replay_marks
    from spotting_core.evaluation.games import Game
    from spotting_core.evaluation.spotting import evaluate_spotting
    from spotting_core.inference.replay_run import labels_beside
    from spotting_core.tasks.spotting import SPOTTING

    counted: list[str] = []
    every, live = [], []
    for source, truth, layers in matches:
        spotted = next(layer for layer in layers if layer.record.task == SPOTTING.name)
        cameras = match_cameras(labels_beside(source) if labelled else None, layers)
        standing = spotted.spots()
        counted += replay_marks(standing, cameras, standing)
        spots = spotted.findings(SPOTTING, least=SPOTTING.least_evaluated)
        marks = replay_marks(spots, cameras, standing)
        every.append(Game(source.path.name, truth, spots))
        left = [spot for spot, mark in zip(spots, marks, strict=True) if mark != REPLAYED]
        live.append(Game(source.path.name, truth, left))
    classes = matches[0][2][0].classes.names
    scores = [
        evaluate_spotting(some, classes, metric=metric, official=True, occurring_only=True).average_map["all"]
        for metric in ("loose", "tight")
        for some in (every, live)
    ]
    double, alone = counted.count(REPLAYED), counted.count(ONLY_REPLAYED)
    counts = (len(counted), double + alone, double, alone)
    return [*map(str, counts), *(f"{score:.3f}" for score in scores)]


# --- what says which shots are replays ------------------------------------------------------------------


def print_evidence(console: Console, root: Path) -> None:
    """Time in replays by the model of shots, with the wipes and the clock of the broadcast, and by these alone.

    The test matches have no boundaries to the frame, so no wipes; clip25 and the demo match have.
    """
    from app.settings import DEMO
    from spotting_core.tasks.shots import SHOTS as TASK

    sets = {
        "test": TASK.labelled_games(root / "test"),
        "clip25, demo": [*TASK.labelled_games(root / "clip25"), DEMO],
    }
    table = Table("Replay F1", *_EVIDENCE, box=None, header_style="bold", pad_edge=False)
    for name, games in sets.items():
        judged: dict[str, list[Judged[Any]]] = {column: [] for column in _EVIDENCE}
        for game in games:
            for column, shots in _by_evidence(game, with_boundaries=name != "test").items():
                judged[column].append(Judged(game.name, TASK.read_truth(game), shots))
        table.add_row(name, *(f"{replay_f1(own):.3f}" for own in judged.values()))
    console.print(table)


_EVIDENCE = ("Model", "with wipes", "with the clock", "with both", "wipes and clock alone")


def _by_evidence(game: Path, *, with_boundaries: bool) -> dict[str, list[Any]]:
    """Shots of a match as each of ``_EVIDENCE`` has them."""
    from spotting_core.analyses.match_cameras import match_cameras
    from spotting_core.analyses.replayed_shots import clock_odds, replayed_shots
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.inference.default_models import default_models
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match
    from spotting_core.models.load import load_model
    from spotting_core.score_bug.readings import bug_readings
    from spotting_core.tasks.shots import SHOTS as TASK

    data, source = DataDirectory.default().ensure(), open_match(game)
    tasks = ("shots", "boundaries") if with_boundaries else ("shots",)
    layers = [analyse_match(source, load_model(default_models()[task]), data) for task in tasks]
    readings = {half.half: bug_readings(ingest(half.path, data)) for half in source.halves}
    joined = [
        match_cameras(None, own, read) for own, read in ((layers, None), (layers[:1], readings), (layers, readings))
    ]
    known = [list(cameras.shots) for cameras in joined if cameras is not None]
    halves = {number: [s for s in known[-1] if s.half == number] for number in readings}
    alone = [
        shot
        for number, own in halves.items()
        for shot in replayed_shots(own, [_KNOWS_NOTHING] * len(own), clock_odds(own, readings[number]))
    ]
    return dict(zip(_EVIDENCE, [layers[0].findings(TASK), *known, alone], strict=True))


def print_reach(console: Console, source: Path) -> None:
    """How many links of real labels lead to the stretch that is judged, and to the minute before a replay's end."""
    from spotting_core.formats import labels_cameras

    shown = [g for path in source.rglob(labels_cameras.FILE_NAME) for g in labels_cameras.read_groundings(path)]
    ages = [(g.end - g.candidates[0].link.time) / 1e6 for g in shown if g.candidates[0].link.half == g.half]
    shares = ", ".join(f"{np.mean([0 <= a <= t for a in ages]):.1%} within {t} s" for t in (60, 120))
    console.print(f"{len(shown)} replays with a link; of those to their own half {shares} before their end.")


# --- running and printing -------------------------------------------------------------------------------


def run_all(runs: Sequence[Run], arguments: argparse.Namespace) -> list[str]:
    """Train some configurations anew, one after the other; returns those that failed, in words."""
    failed = []
    for run in runs:
        shutil.rmtree(run.folder, ignore_errors=True)
        command = [sys.executable, "-m", "benchmarks.cameras", str(arguments.data), "--one", run.name, str(run.seed)]
        command += ["--real", str(arguments.real)] if run.real else []
        if subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False).returncode:
            failed.append(f"{run.name} with seed {run.seed}{' on real labels' if run.real else ''}")
    return failed


def spread(results: Sequence[dict[str, Any]], figure: str) -> str:
    """Mean of the seeds and half of their range, or of one seed the interval over matches."""
    values = [r["values"][figure] for r in results]
    low, high = results[0]["intervals"][figure]
    if len(values) == 1:
        return f"{values[0]:.3f} ({low:.3f}–{high:.3f})"
    return f"{np.mean(values):.3f} ± {(max(values) - min(values)) / 2:.3f} ({low:.3f}–{high:.3f})"


def print_table(console: Console, title: str, runs: Sequence[Run], figures: Sequence[str]) -> None:
    """One task's systems; those that were not trained say so."""
    table = Table(title, "Parameters", *figures, "Official", "Minutes", "Seeds", "Paper (SoccerNet test)", box=None,
                  header_style="bold", pad_edge=False)  # fmt: skip
    for name in dict.fromkeys(run.name for run in runs):
        results = [r for r in (run.result for run in runs if run.name == name) if r is not None]
        if not results:
            table.add_row(name, "not trained: --retrain")
            continue
        first = results[0]
        official = ", ".join(f"{value:.3f}" for value in first["official"].values())
        table.add_row(
            name,
            f"{first['parameters']:,}",
            *(spread(results, figure) for figure in figures),
            official,
            f"{np.mean([r['minutes'] for r in results]):.1f}",
            str(len(results)),
            CLAIMS.get(name, "–"),
        )
    console.print(table)


def print_classes(console: Console, runs: Sequence[Run]) -> None:
    """Intersection over union by camera, first seed of each system."""
    rows = {run.name: run.result["per_class"] for run in runs if run.seed == 1 and run.result is not None}
    table = Table("Camera", "Seconds", *rows, box=None, header_style="bold", pad_edge=False)
    for camera in dict.fromkeys(name for values in rows.values() for name in values):
        seconds = next(values[camera]["seconds"] for values in rows.values() if camera in values)
        overlaps = (f"{v[camera]['miou']:.2f}" if camera in v else "–" for v in rows.values())
        table.add_row(camera, f"{seconds:.0f}", *overlaps)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--real", type=Path, help="folder of real calibrations with labels")
    parser.add_argument("--retrain", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--systems", nargs="*", default=[*SHOTS, *REPLAYS], metavar="NAME")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        real = arguments.real is not None
        root = real_features(arguments.real, RUNS / "real") if real else arguments.data
        measure(Run(arguments.one[0], int(arguments.one[1]), real), root)
        return
    seeds = range(1, arguments.seeds + 1)
    own = [Run(name, seed) for name in arguments.systems for seed in seeds]
    real_runs = [Run(name, seed, real=True) for name in REAL for seed in seeds] if arguments.real else []
    failed = run_all([*own, *real_runs], arguments) if arguments.retrain else []
    console = Console(width=200)
    shots, replays = ([run for run in own if run.name in names] for names in (SHOTS, REPLAYS))
    print_table(console, "Shots", shots, ("mIoU", "F1", "replay F1"))
    print_classes(console, shots)
    print_table(console, "Replay grounding", replays, ("loose", "tight", "right"))
    if arguments.real:
        print_reach(console, arguments.real)
        print_table(console, "Real labels", real_runs, ("loose", "tight", "right"))
    print_replayed(console, arguments.data)
    print_evidence(console, arguments.data)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
