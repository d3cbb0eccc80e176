"""Checkpoints of a training run, and its log: a killed run goes on where it was, to the same end."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import replacing

_Model = TypeVar("_Model", bound=nn.Module)


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
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            told = state["fingerprint"]
        except Exception as error:  # a damaged file fails wherever its reader happens to stumble
            raise BadInputError(
                "this checkpoint cannot be read", where=self.checkpoint, fix="Delete it to start the run over"
            ) from error
        if told != fingerprint:
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
    except (ValueError, KeyError):  # written when the run was killed
        return math.inf


class AveragedWeights(Generic[_Model]):
    """Exponential moving average of a model's weights; short runs score better with it."""

    def __init__(self, model: _Model, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self.decay = decay
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the model; the first steps move faster so that the random start is forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, new in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(new.detach(), 1 - decay)
            else:
                mean.copy_(new)


def learning_rate_share(step: int, *, warm_up: int, total: int) -> float:
    """Linear warm-up, then a cosine down to a hundredth: the share of the peak rate at a step."""
    if step < warm_up:
        return (step + 1) / warm_up
    progress = min(1.0, (step - warm_up) / max(1, total - warm_up))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))
