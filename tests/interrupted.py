"""Work that is done once, and killed again and again: ``python -m tests.interrupted KIND WHOLE KILLED SEED KILLS``.

Everything is imported once; every attempt is a fork of this process, which has computed nothing. The work in the folder
``WHOLE`` nobody disturbs; that in ``KILLED`` is killed without warning at a random moment within the time that the first
took. Work that ends before it is killed begins anew. Says in JSON how many attempts were killed at work, and how those
ended that nobody disturbed: the whole one, and the last in ``KILLED``.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.store.database import Database
from spotting_core.training.system import SystemTrainer
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.training_set import TrainingSet

_PATIENCE = 6  # attempts for every kill that is to hit work
TRAINING = {
    "system": "e2e-spot",
    "model": {"width": 64, "height": 36, "dim": 32, "hidden": 16, "feed_forward": 32, "window": 20},
    "steps": 24, "batch": 2, "clip": 6, "warm_up": 2, "checkpoint_every": 1, "validate_every": 100, "mixup": 0.3, "mixup_displacement": True,
}  # fmt: skip


def analysis(folder: Path) -> None:
    data = DataDirectory(folder / "data").ensure()
    analyse_match(open_match(folder / "match"), load_model(folder / "model"), data, out=folder / "out")


def training(folder: Path) -> None:
    config = SystemTrainingConfig(**TRAINING)  # type: ignore[arg-type]
    trainer = SystemTrainer(
        config,
        TrainingSet(config, folder / "splits", folder / "run", DataDirectory(folder / "data"), "cpu"),
        folder / "run",
        "cpu",
    )
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


def begin_anew(folder: Path) -> None:
    """Remove what finished work has made."""
    for name in ("out", "run"):
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
    for path in folder.glob("touchline.db*"):
        path.unlink()


def main(kind: str, whole: Path, folder: Path, seed: int, kills: int) -> None:
    work, rng = {"analysis": analysis, "training": training, "migration": migration}[kind], random.Random(seed)
    began = time.monotonic()
    ends = [attempt(work, whole, None)]
    seconds, killed = time.monotonic() - began, 0
    for _ in range(_PATIENCE * kills):
        attempt(work, folder, rng.uniform(0, seconds))
        if (folder / "out").exists():
            begin_anew(folder)
        else:
            killed += 1
        if killed == kills:
            break
    ends.append(attempt(work, folder, None))
    outcome = {"killed": killed, "ends": [os.waitstatus_to_exitcode(status) for status in ends]}
    sys.stdout.write(json.dumps(outcome) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
