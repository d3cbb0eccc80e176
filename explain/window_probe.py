"""What every probe is: a model on one window, whose parts can be taken out and whose score is then read again.

``Probe`` asks a model that reads frames, ``FeatureProbe`` one that reads features.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.attribution import Attribution
from explain.given import Given
from spotting_core.models.load import LoadedModel

Report = Callable[[float], bool]
"""``report(share_done)``; False asks to stop early."""


class WindowProbe:
    """A model on a window.

    ``output`` is what it says of the window as it is; ``taken_out`` says in words what takes the place of a sample.
    """

    taken_out: str
    output: Any

    def __init__(self, model: LoadedModel, given: Given) -> None:
        self.model, self.given = model, given
        self.network: Any = model.network

    @property
    def row(self) -> int:
        """Row of the output that speaks of the anchor."""
        return self.given.anchor

    @property
    def inside(self) -> slice:
        """Rows of the output that are samples of the half."""
        return slice(None)

    def keep(self, presence: Tensor, first: int) -> Tensor:
        """What the model says where only parts of some samples are left: (B, W, C).

        Arguments:
            presence: (B, n, h, w), 1 where a place of samples ``first`` to ``first + n`` stays, 0 where it goes.
        """
        raise NotImplementedError

    def again(self) -> object:
        """The window computed once more, for whoever listens to the layers."""
        raise NotImplementedError

    def without_samples(self, samples: list[int]) -> Tensor:
        """What the model says without some samples: (1, W, C)."""
        first, stop = min(samples), max(samples) + 1
        presence = torch.ones(1, stop - first, 1, 1)
        presence[:, [i - first for i in samples]] = 0
        return self.keep(presence, first)

    def score(self, label: str) -> float:
        """Confidence of a class at the anchor."""
        return float(self.at_anchor(self.output.logits, label)[0])

    def at_anchor(self, logits: Tensor, label: str) -> Tensor:
        """Confidence of a class at the anchor: (B, W, C) logits to (B,)."""
        return logits[:, self.row, self.model.classes.index(label)].float().sigmoid()

    def curve(self, logits: Tensor, label: str) -> np.ndarray:
        """Confidence of a class in every sample of the window: (1, W, C) logits to float32 (W,).

        A model that judges a window as a whole says it of the anchor alone: (1,).
        """
        said = logits[0, :, self.model.classes.index(label)].float().sigmoid().cpu().numpy()
        return said if len(said) == 1 else said[self.inside]

    def attribution(
        self,
        method: str,
        label: str,
        kind: str,
        values: np.ndarray,
        *,
        baseline: str,
        score_baseline: float,
        scale: tuple[float, float],
        began: float,
        held_fixed: str = "",
    ) -> Attribution:
        """The answer of a method for a class at this window's anchor; ``began`` by ``time.perf_counter``."""
        given = self.given
        return Attribution(
            method=method,
            model=self.model.card.name,
            half=given.half,
            label=label,
            anchor=int(given.times[given.anchor]),
            baseline=baseline,
            held_fixed=held_fixed,
            kind=kind,
            values=values,
            times=given.times,
            score=self.score(label),
            score_baseline=score_baseline,
            scale=scale,
            seconds=time.perf_counter() - began,
            entities=given.table.names if given.table else (),
        )
