"""The weights of a run that validated best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.computing.finite_weights import check_weights

_FILE = "best.pt"


class BestWeights:
    """``best.pt`` of a run's folder, and how good it is.

    ``score`` is the validation of the weights that are kept, None before the first; ``since`` counts the validations
    after it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self.score: float | None = None
        self.since = 0

    def offer(self, score: float, weights: Mapping[str, Tensor]) -> None:
        """Keep the weights if they are better than all before.

        Errors:
            BadInputError: a weight or the score is no number; what was kept stays.
        """
        if not math.isfinite(score):
            raise BadInputError(
                "the figure that chooses the weights is no number", where=self._file, fix="Look at the validation split"
            )
        check_weights(weights, self._file)
        if self.score is not None and score <= self.score:
            self.since += 1
            return
        with replacing(self._file) as part, part.open("wb") as handle:
            torch.save(dict(weights), handle)
        self.score, self.since = score, 0

    def state(self) -> dict[str, Any]:
        """What a checkpoint has to keep."""
        return {"best": self.score, "since_best": self.since}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what ``state`` gave.

        Errors:
            BadInputError: the weights are gone, which is told now and not when the last step is done.
        """
        self.score, self.since = state["best"], int(state["since_best"])
        if self.score is not None and not self._file.is_file():
            raise BadInputError(
                "this run has a checkpoint, but not the weights that validated best",
                where=self._file,
                fix="Copy them beside the checkpoint, or delete the run to start again",
            )

    def weights(self) -> dict[str, Tensor]:
        """The weights that are kept.

        Errors:
            BadInputError: the file is damaged.
        """
        try:
            return read_checkpoint(self._file)
        except BadInputError as error:
            fix = "Delete the folder of the run to start again"
            raise BadInputError(error.what, where=self._file, fix=fix) from error
