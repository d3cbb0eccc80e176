"""Runs that are validated as they go: of the averaged weights those that spot best are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from spotting_core.classes import ClassTable
from spotting_core.errors import BadInputError
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.spotting import evaluate_spotting
from spotting_core.files import replacing
from spotting_core.training.trainer import Trainer

_Batch = TypeVar("_Batch")
_BEST_FILE = "best.pt"


class ValidatedTrainer(Trainer[_Batch]):
    """A run of a spotting system. Subclasses set ``table`` and give ``spotted``; their configuration says how often.

    ``chosen_by`` is the metric that decides, ``tight`` or ``loose``.
    """

    table: ClassTable
    chosen_by = "tight"
    best, since_best = -1.0, 0

    def spotted(self) -> Sequence[Game]:
        """What the averaged weights spot in the matches of the validation splits."""
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        return super().ended or self.since_best >= self.config.patience

    def after_step(self) -> None:
        if self.step % self.config.validate_every and self.step != self.config.steps:
            return
        score = evaluate_spotting(
            self.spotted(), self.table.names, metric=self.chosen_by, official=True, occurring_only=True
        )
        value = score.average_map["all"]
        self.run.log(
            step=self.step, seconds=round(self.seconds, 1), **{f"validation_{self.chosen_by}": round(value, 4)}
        )
        if value > self.best:
            self.best, self.since_best = value, 0
            with replacing(self.run.path / _BEST_FILE) as part, part.open("wb") as handle:
                torch.save(self.average.model.state_dict(), handle)
        else:
            self.since_best += 1

    def extra_state(self) -> dict[str, Any]:
        return {"best": self.best, "since_best": self.since_best}

    def restore_extra(self, state: dict[str, Any]) -> None:
        self.best, self.since_best = state["best"], state["since_best"]
        kept = self.run.path / _BEST_FILE
        if self.best >= 0 and not kept.is_file():  # told now, not when the last step is done
            raise BadInputError(
                "this run has a checkpoint, but not the weights that validated best",
                where=kept,
                fix="Copy them beside the checkpoint, or delete the run to start again",
            )

    def best_state(self) -> dict[str, Tensor]:
        """The averaged weights that validated best."""
        return torch.load(self.run.path / _BEST_FILE, map_location="cpu", weights_only=True)
