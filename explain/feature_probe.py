"""Asking a model that reads features again, with parts of a window changed.

What takes the place of a sample's features is the mean over the half: a sample that says nothing of its own. The
surface is that of ``Probe``, as far as it makes sense without pictures and entities.

A system that places whole actions (CALF) says something of single samples alone. Another place a little beside it is
the same action, so its score is the greatest near the anchor; else every change of the place would seem decisive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explain.given import Given
from explain.window_probe import WindowProbe
from spotting_core.analysis import Analysis
from spotting_core.errors import BadInputError
from spotting_core.inference.sliding import frame_at
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import Window

PLACED = 2.5
"""Seconds up to which an action that is placed elsewhere is the same one: half the loose metric's narrowest window."""

_BATCH = 16


@dataclass(frozen=True)
class FeatureGiven:
    """A window of features around an anchor.

    Arguments:
        given: its samples that lie in the half; ``pictures`` are none.
        features: float32 (window, D) as the model reads them; mean: float32 (D,) over the half.
        before: rows of ``features`` before the first sample of ``given``.
        row: of the output that speaks of the anchor.
    """

    given: Given
    features: np.ndarray
    mean: np.ndarray
    before: int
    row: int


def features_around(analysis: Analysis, model: LoadedModel, half: int, time: int) -> FeatureGiven:
    """The window whose scores of a moment (microseconds) count.

    Errors:
        BadInputError: the analysis does not hold what the model read.
    """
    part, config = analysis.half(half), model.config
    if not part.has("features"):
        raise BadInputError("this analysis holds no features", where=part.folder, fix="Analyse the match again")
    known = np.asarray(part.array("features"), np.float32)
    samples, sample = len(known), part.nearest_sample(time)
    frame = frame_at(samples, config, sample)
    at = np.arange(frame.start, frame.start + config.window)
    inside = (at >= 0) & (at < samples)
    read = known[at.clip(0, samples - 1)]
    if not config.whole:
        read = np.where(inside[:, None], read, 0)
    first = int(at[inside][0])
    times, frames = np.asarray(part.times)[at[inside]], np.asarray(part.frames)[at[inside]]
    size = (part.record.width, part.record.height)
    none = np.zeros((0, 0, 0, 3), np.uint8)
    given = Given(half, first, times, none, None, None, sample - first, size, None, frames)
    row = 0 if config.whole else sample - frame.start
    return FeatureGiven(given, read.astype(np.float32), known.mean(0), first - frame.start, row)


class FeatureProbe(WindowProbe):
    """A model on a window of features."""

    taken_out = "the sample's features as the mean of the half"

    def __init__(self, model: LoadedModel, window: FeatureGiven) -> None:
        super().__init__(model, window.given)
        self.window = window
        self.features = torch.from_numpy(window.features).to(model.device)  # (window, D)
        self.mean = torch.from_numpy(window.mean).to(model.device)
        with torch.no_grad():
            self.output = self.network(Window(features=self.features[None]))

    def at_anchor(self, logits: Tensor, label: str) -> Tensor:
        if self.output.detections is None:
            return super().at_anchor(logits, label)
        beside = round(PLACED * self.model.config.rate)
        near = logits[:, max(0, self.row - beside) : self.row + beside + 1, self.model.classes.index(label)]
        return near.float().amax(1).sigmoid()

    @property
    def row(self) -> int:
        """Row of the output that speaks of the anchor."""
        return self.window.row

    @property
    def inside(self) -> slice:
        """Rows of the window that are samples of the half."""
        return slice(self.window.before, self.window.before + len(self.given.times))

    def again(self) -> Tensor:
        """The window computed once more, for whoever listens to its layers."""
        return self.judge(self.features[None])

    def judge(self, features: Tensor) -> Tensor:
        """Logits (B, rows, C) of windows (B, window, D)."""
        logits: Tensor = self.network(Window(features=features)).logits
        return logits

    @torch.no_grad()
    def keep(self, presence: Tensor, first: int) -> Tensor:
        """What the model says where only some samples say something of their own: (B, rows, C).

        Arguments:
            presence: (B, n, …), of which the mean counts: 1 where samples ``first`` to ``first + n`` stay, 0 where not.
        """
        share = presence.flatten(2).mean(2).to(self.model.device)
        start = self.window.before + first
        found = []
        for part in share.split(_BATCH):
            features = self.features.repeat(len(part), 1, 1)
            near = features[:, start : start + part.shape[1]]
            features[:, start : start + part.shape[1]] = self.mean + (near - self.mean) * part[..., None]
            found.append(self.judge(features))
        return torch.cat(found)

    def with_noise(self, share: float, seed: int) -> FeatureProbe:
        """The same window under noise of a share of the features' own spread."""
        rng = np.random.default_rng(seed)
        spread = self.window.features.std(0, keepdims=True)
        noise = rng.normal(0, 1, self.window.features.shape) * spread * share
        w = self.window
        noisy = FeatureGiven(w.given, (w.features + noise).astype(np.float32), w.mean, w.before, w.row)
        return FeatureProbe(self.model, noisy)
