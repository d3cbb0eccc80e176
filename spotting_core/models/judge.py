"""A network with all that is needed to ask it: what a loaded model and a run in training have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from spotting_core.computing.number_format import in_bfloat16
from spotting_core.media.pixels import clip_pixels
from spotting_core.models.inputs import Inputs
from spotting_core.models.network import Network
from spotting_core.models.registry import AnySystem, SystemConfig
from spotting_core.models.window import Output, Samples, Scores, Window, stack_entities
from spotting_core.models.window_plan import BLANK, WindowPlan

_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


def valid_samples(samples: Sequence[Samples]) -> Tensor:
    """Which samples of some windows are real: bool (B, T)."""
    return torch.from_numpy(np.stack([s.valid for s in samples]))


def blank_outside(pictures: Tensor, valid: Tensor) -> Tensor:
    """Normalised pictures (…, T, 3, H, W) with those beyond the half as zeros. valid: bool (…, T)."""
    return pictures if bool(valid.all()) else pictures * valid[..., None, None, None]


def _stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures (T, H, W, 3) of some windows as a batch; those of one are not copied, for they may be large."""
    return pictures[0][None] if len(pictures) == 1 else np.stack(pictures)


@dataclass(frozen=True)
class Judge:
    """A system's network, in the precision of an analysis.

    Arguments:
        mean, std: by which pixels are normalised; those of the system where empty.
    """

    system: AnySystem
    config: SystemConfig
    network: Network
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    @property
    def inputs(self) -> Inputs:
        return self.system.inputs(self.config)

    @property
    def plan(self) -> WindowPlan:
        return self.system.plan(self.config)

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation by which pixels are normalised."""
        mean, std = self.inputs.normalisation
        return self.mean or mean, self.std or std

    def window(self, samples: Sequence[Samples]) -> Window:
        """What the network reads of some windows of one length: a batch of them on its device."""
        pictures = [s.pictures for s in samples if s.pictures is not None]
        entities = [s.entities for s in samples if s.entities is not None]
        features = [s.features for s in samples if s.features is not None]
        second = [s.second for s in samples if s.second is not None]
        shown = self._shown(pictures) if pictures else None
        if shown is not None and self.plan.outside == BLANK:
            shown = blank_outside(shown, valid_samples(samples).to(self.device))
        return Window(
            pictures=shown,
            features=torch.from_numpy(np.stack(features)).to(self.device) if features else None,
            entities=stack_entities(entities).map(lambda v: v.to(self.device)) if entities else None,
            second=self.second_window(second) if second else None,
        )

    def _shown(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """Pictures (T, H, W, 3) of some windows as the network reads them: (B, T, 3, H, W)."""
        mean, std = self.normalisation
        stacked = _stacked(pictures)
        if self.inputs.bytes_too and not any(mean) and set(std) == {1.0}:
            return torch.from_numpy(stacked).to(self.device).permute(0, 1, 4, 2, 3)
        return clip_pixels(stacked, mean, std, self.device)

    def second_window(self, samples: Sequence[Samples]) -> Window:
        """What the network reads of the replays that it judges some stretches with."""
        return replace(self.window(samples), valid=valid_samples(samples).to(self.device))

    @torch.inference_mode()
    def scores(self, samples: Sequence[Samples]) -> list[Scores]:
        """What is said of each of some windows of one length."""
        with self.number_format():
            return self.system.decoding.scores(self.network(self.window(samples)))

    @torch.inference_mode()
    def sliding_scores(self, stretch: np.ndarray, batch: int) -> np.ndarray:
        """What is said of every window that lies in a stretch of features, one sample after the last.

        Arguments:
            stretch: float32 (n + window - 1, D); batch: windows at once. Returns confidence (n, C).
        """
        sliding = self.system.sliding
        assert sliding is not None
        with self.number_format():
            encoded = sliding.encode(self.network, torch.from_numpy(stretch).to(self.device))
            windows = encoded.unfold(0, self.config.window, 1).transpose(1, 2)  # (n, window, E), a view
            confidences = [
                self._confidence(sliding.judge(self.network, windows[at : at + batch]))
                for at in range(0, len(windows), batch)
            ]
        return np.concatenate(confidences)

    @contextmanager
    def evaluating(self, *, dropout: bool = False) -> Iterator[None]:
        """The network as it judges, and as it was before afterwards; dropout: with its dropout."""
        training = self.network.training
        self.network.eval()
        for part in self.network.modules() if dropout else ():
            if isinstance(part, _DROPOUTS):
                part.train()
        try:
            yield
        finally:
            self.network.train(training)

    def number_format(self, *, precise: bool = False) -> torch.autocast:
        """The precision in which the network computes; single where it is to be ``precise``."""
        return in_bfloat16(self.device, wanted=self.system.bfloat16 and not precise)

    def _confidence(self, output: Output) -> np.ndarray:
        array: np.ndarray = self.system.decoding.confidence(output)[:, 0].cpu().numpy()
        return array
