"""Checkpoints of a training run, and its log: a killed run goes on where it was, to the same end."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import replacing
from spotting_core.computing.checkpoint_file import load_tensors


class RunFolder:
    """The folder of one run: ``checkpoint.pt`` (the latest state), ``log.jsonl`` and ``config.json``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(error, path) from error

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    def save(self, state: dict[str, Any]) -> None:
        with replacing(self.checkpoint) as part, part.open("wb") as handle:
            torch.save(state, handle)

    def load(self, fingerprint: str) -> dict[str, Any] | None:
        """The latest state, or None for a new run.

        Errors:
            BadInputError: the folder holds a run of another configuration, or its checkpoint is damaged.
        """
        if not self.checkpoint.is_file():
            return None
        try:
            state: dict[str, Any] = load_tensors(self.checkpoint)
            stored = state["fingerprint"]
        except Exception as error:  # a damaged file fails wherever its reader happens to stumble
            raise BadInputError(
                "this checkpoint cannot be read", where=self.checkpoint, fix="Delete it to start the run over"
            ) from error
        if stored != fingerprint:
            raise BadInputError(
                "this folder holds a run of another configuration",
                where=self.path,
                fix="Give another --run folder, or delete this one to start over",
            )
        return state

    def log(self, **values: Any) -> None:
        """Append one line to the log."""
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(values) + "\n")

    def cut_log(self, step: int) -> None:
        """Drop what was logged after a step, and a line cut short, so that a resumed run logs every step once."""
        path = self.path / "log.jsonl"
        if not path.is_file():
            return
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if _step_of(line) <= step]
        with replacing(path) as part:
            part.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):  # written when the run was killed
        return math.inf


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """Exponential moving average of a model's weights and buffers; short runs score better with it.

    The first steps move faster, so that the random start is forgotten.
    """

    def nearer(mean: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        if not mean.is_floating_point():
            return new
        step = int(count) - 1
        return mean.lerp(new, 1 - min(decay, (1 + step) / (10 + step)))

    average = AveragedModel(model, avg_fn=nearer, use_buffers=True)
    average.requires_grad_(False).eval()
    average.n_averaged += 1  # the start counts as one: torch would take the first weights in its place
    return average


def learning_rate_share(step: int, *, warm_up: int, total: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth: the share of the peak rate at a step."""
    if step < warm_up:
        return (step + 1) / warm_up
    progress = min(1.0, (step - warm_up) / max(1, total - warm_up))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))
