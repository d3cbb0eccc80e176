"""One epoch of NetVLAD++ on 300 games of 2048 numbers a sample, and the memory it takes: ``make bench-streaming``.

python -m benchmarks.streaming [--games N] [--folder FOLDER]

The files have the shape of SoccerNet's ResNET features: two halves of 45 minutes a game, two samples a second, 26 GB
in all. A few different ones are generated and hard-linked to the names of the others, for what is shown is memory,
not disk. Anonymous memory is what no file backs; the pages of mapped files come and go with what the system has room
for. Games are cut into clips of 15 s that follow one another, each is taken once.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.machine import PeakMemory
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.features.files import feature_file, write_features
from spotting_core.formats.labels_v2 import FILE_NAME, write_labels
from spotting_core.training.system import SystemTrainer
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.training_set import TrainingSet

_SET, _DIM, _SAMPLES = "ResNET_TF2", 2048, 5400
_DIFFERENT, _ACTIONS = 8, 60
_WINDOW, _BATCH = 30, 256


def write_games(root: Path, games: int) -> None:
    """Games with labels and features in a split of their own, and one game to validate on."""
    rng = np.random.default_rng(0)
    sources = []
    for number in range(_DIFFERENT):
        values = np.abs(rng.standard_normal((_SAMPLES, _DIM), dtype=np.float32))
        sources.append(write_features(root / "made" / str(number), 1, _SET, values))
    names = load_classes().names
    for split, count in (("train", games), ("val", 1)):
        for game in range(count):
            folder = root / split / "league" / "season" / f"game {game:03d}"
            folder.mkdir(parents=True)
            for half in (1, 2):
                os.link(sources[(2 * game + half) % _DIFFERENT], feature_file(folder, half, _SET))
            spots = [
                Spot(half, int(rng.integers(0, _SAMPLES * 500_000)), names[int(rng.integers(len(names)))])
                for half in (1, 2)
                for _ in range(_ACTIONS)
            ]
            write_labels(folder / FILE_NAME, sorted(spots))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--games", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=None, help="where to make the files; a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        root = Path(folder)
        write_games(root, arguments.games)
        clips = 2 * arguments.games * -(-_SAMPLES // _WINDOW)
        steps = -(-clips // _BATCH)
        config = SystemTrainingConfig(
            system="netvlad++",
            features=(_SET,),
            sampling="grid",
            steps=steps,
            batch=_BATCH,
            warm_up=10,
            validate_every=steps,
            checkpoint_every=steps,
        )
        memory, began, processor = PeakMemory(), time.perf_counter(), time.process_time()
        training_set = TrainingSet(config, root, root / "run", DataDirectory(root / "data"), "cpu")
        trainer = SystemTrainer(config, training_set, root / "run", "cpu")
        last: dict[str, float] = {}

        def report(step: int, _steps: int, losses: Mapping[str, float]) -> bool:
            last.update(losses, step=step)
            return True

        trainer.train(report)
        Console().print(
            f"{arguments.games} games, {clips:,} clips in {steps} steps of {_BATCH}: "
            f"{memory.stop() / 1e9:.2f} GB of anonymous memory at most, {time.perf_counter() - began:.0f} s, "
            f"{time.process_time() - processor:.0f} s of CPU time, last loss {last['spotting']:.4f}",
            highlight=False,
            soft_wrap=True,
        )


if __name__ == "__main__":
    main()
