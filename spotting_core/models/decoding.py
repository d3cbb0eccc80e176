"""How what a network computes becomes scores: activation, background, displacement, smoothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from spotting_core.domain.suppression import spoken_samples
from spotting_core.models.window import Output, Scores

SIGMOID, SOFTMAX, EXCLUSIVE = "sigmoid", "softmax", "exclusive"
VOTES, MOVED = "votes", "moved"


@dataclass(frozen=True)
class Decoding:
    """How a system's output is read.

    Arguments:
        activation: ``SIGMOID``, each class by itself; ``SOFTMAX`` over all classes and ``Output.background``; or
            ``EXCLUSIVE``, over the classes alone, of which each sample has one.
        displacement: ``VOTES``: a score keeps its sample and its displacement, and votes are moved when spots are
            made (``suppression``); ``MOVED``: scores are moved to the nearest sample, where the greatest
            that arrives stays, as in spivak and T-DEED.
        smoothing: samples; standard deviation of the Gaussian over which the confidences of a half are averaged, as in
            ball-action-spotting; 0 for none.
    """

    activation: str = SIGMOID
    displacement: str = VOTES
    smoothing: float = 0.0

    def confidence(self, output: Output) -> Tensor:
        """Confidence of every class: (B, T, C), 0 to 1.

        Errors:
            ValueError: a softmax without a background.
        """
        logits = output.logits.float()
        if self.activation == SIGMOID:
            return logits.sigmoid()
        if self.activation == EXCLUSIVE:
            return logits.softmax(-1)
        if output.background is None:
            raise ValueError("a softmax over classes needs the logit of the background")
        every = torch.cat([output.background.float().unsqueeze(-1), logits], dim=-1)
        return every.softmax(-1)[..., 1:]

    def scores(self, output: Output) -> list[Scores]:
        """Scores of each window of a batch, on the CPU."""
        confidence = self.confidence(output).cpu().numpy()
        parts = {
            "displacement": output.displacement,
            "weight": output.weight,
            "kept": output.kept,
            "features": output.pooled,
            "class_map": output.class_map,
            "replay": output.replay.sigmoid() if output.replay is not None else None,
        }
        arrays = {name: _array(values) for name, values in parts.items() if values is not None}
        return [
            Scores(confidence=confidence[b], **{name: values[b] for name, values in arrays.items()})
            for b in range(len(confidence))
        ]

    def settled(self, scores: Scores, rate: float) -> Scores:
        """The scores of a whole half as they are stored: moved or smoothed, where this says so.

        Arguments:
            rate: samples a second.
        """
        if self.smoothing:
            scores = replace(scores, confidence=smoothed_scores(scores.confidence, self.smoothing))
        if self.displacement == VOTES or scores.displacement is None:
            return scores
        return Scores(moved_scores(scores.confidence, scores.displacement * rate), replay=scores.replay)


def moved_scores(confidence: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Scores at the samples that their shift names; of several that arrive the greatest stays.

    Arguments:
        confidence: (T, C); shift: (T, C), in samples; what is moved beyond the ends stays at them.
    """
    samples, classes = confidence.shape
    target = np.clip(np.arange(samples)[:, None] + np.rint(shift).astype(np.int64), 0, samples - 1)
    moved = np.zeros_like(confidence)
    np.maximum.at(moved, (target, np.broadcast_to(np.arange(classes), target.shape)), confidence)
    return moved


def smoothed_scores(confidence: np.ndarray, deviation: float) -> np.ndarray:
    """Scores averaged over time, those of the samples alone of which something is said (``spoken_samples``): as if
    these were mirrored at their ends.

    Arguments:
        confidence: float32 (T, C); deviation: of the Gaussian, in samples.
    """
    from scipy.ndimage import gaussian_filter1d  # takes long to import

    spoken, smoothed = spoken_samples(confidence), confidence.copy()
    if spoken.stop > spoken.start:
        smoothed[spoken] = gaussian_filter1d(confidence[spoken].astype(np.float64), deviation, axis=0, mode="reflect")
    return smoothed


def _array(values: Tensor) -> np.ndarray:
    array: np.ndarray = (values if values.dtype == torch.bool else values.float()).cpu().numpy()
    return array
