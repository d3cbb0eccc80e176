"""Work that is killed again and again: ``python -m tests.interrupted KIND FOLDER SEED KILLS``.

Everything is imported once; every attempt is a fork of this process, which has computed nothing, and is killed
without warning at a random moment. Says in JSON how many attempts were killed at work and what the last one did.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from spotting_core.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.store.database import Database
from spotting_core.training.spotting import SpottingTrainer, SpottingTrainingConfig

TRAINING = {
    "system": "e2e-spot",
    "model": {"width": 64, "height": 36, "dim": 32, "hidden": 16, "feed_forward": 32, "window": 20},
    "steps": 24, "batch": 2, "clip": 12, "warm_up": 2, "checkpoint_every": 1, "validate_every": 100,
}  # fmt: skip


def analysis(folder: Path) -> None:
    data = DataDirectory(folder / "data").ensure()
    analyse_match(open_match(folder / "match"), load_model(folder / "model"), data, out=folder / "out")


def training(folder: Path) -> None:
    config = SpottingTrainingConfig(**TRAINING)  # type: ignore[arg-type]
    trainer = SpottingTrainer(config, folder / "splits", folder / "run", DataDirectory(folder / "data"), "cpu")
    trainer.train()
    torch.save(trainer.model.state_dict(), folder / "out.part")
    (folder / "out.part").rename(folder / "out")


def migration(folder: Path) -> None:
    Database(f"sqlite:///{folder / 'touchline.db'}")
    (folder / "out").touch()


def attempt(work: Callable[[Path], None], folder: Path, wait: float | None) -> int:
    """Fork, work, and be killed after ``wait`` seconds (None: not at all); the wait status."""
    child = os.fork()
    if child == 0:
        try:
            torch.set_num_threads(1)
            work(folder)
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)
    if wait is not None:
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main(kind: str, folder: Path, seed: int, kills: int) -> None:
    work, rng = {"analysis": analysis, "training": training, "migration": migration}[kind], random.Random(seed)
    longest = {"analysis": 0.8, "training": 1.2, "migration": 0.12}[kind]
    killed = 0
    for _ in range(kills):
        status = attempt(work, folder, rng.uniform(0, longest))
        killed += os.WIFSIGNALED(status) and not (folder / "out").exists()
    last = attempt(work, folder, None)
    sys.stdout.write(json.dumps({"killed": killed, "last": os.waitstatus_to_exitcode(last)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
