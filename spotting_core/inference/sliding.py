"""Running a system that reads features over a whole half.

* A system that judges a window as a whole is slid sample by sample, its window laid around each; beyond the ends of
  the half the first and last samples are repeated.
* Any other is moved on by the samples it keeps; scores near a window's ends are dropped, but the first window keeps
  its beginning and the last its end. A half shorter than a window is filled with zeros.

What is in memory is one batch of windows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from spotting_core.features.half import FeatureHalf
from spotting_core.models.registry import FeatureConfig, predict
from spotting_core.models.window import Scores, Window

_BATCH = 64
_STRIDE = 2048  # samples that a sliding system encodes at once


@dataclass(frozen=True)
class Frame:
    """One window over a half: samples ``start`` to ``start`` + window, and which scores of it are kept.

    Arguments:
        first, stop: samples of the half (exclusive) whose scores come from this window.
    """

    start: int
    first: int
    stop: int


def frames_over(samples: int, config: FeatureConfig) -> list[Frame]:
    """The windows over a half, every sample in exactly one window's kept part."""
    if config.whole:
        return [Frame(k - config.before, k, k + 1) for k in range(samples)]
    last = max(0, samples - config.window)
    starts = [*range(0, last, config.kept), last]
    kept, done = [], 0
    for start in starts:
        stop = samples if start == last else min(samples, start + config.window - config.after)
        kept.append(Frame(start, done, stop))
        done = stop
    return kept


def frame_at(samples: int, config: FeatureConfig, sample: int) -> Frame:
    """The window whose scores of a sample are the ones that count; the row of the sample in its output is
    ``sample - start``, or 0 for a system that judges a window as a whole."""
    return next(f for f in frames_over(samples, config) if f.first <= sample < f.stop)


def window_features(features: FeatureHalf, config: FeatureConfig, start: int) -> np.ndarray:
    """What a window beginning at ``start`` reads: float32 (window, D), the ends of the half as the module says."""
    stop = start + config.window
    if not config.whole:
        return features.rows(start, stop)
    low, high = max(0, start), min(len(features), stop)
    inside = features.rows(low, high)
    return np.pad(inside, ((low - start, stop - high), (0, 0)), mode="edge")


@torch.inference_mode()
def score_features(
    network: nn.Module,
    config: FeatureConfig,
    features: FeatureHalf,
    device: torch.device,
    tell: Callable[[int], None] | None = None,
) -> Scores:
    """Scores of every sample of a half.

    Arguments:
        tell: called with the samples done; raises to stop.
    """
    network.eval()
    slide = _slide if config.whole else _step
    confidence = np.zeros((len(features), len(config.classes)), np.float32)
    displacement: np.ndarray | None = None
    for first, scores in slide(network, config, features, device):
        stop = first + len(scores.confidence)
        confidence[first:stop] = scores.confidence
        if scores.displacement is not None:
            displacement = np.zeros_like(confidence) if displacement is None else displacement
            displacement[first:stop] = scores.displacement
        if tell:
            tell(stop)
    return Scores(confidence, displacement)


def _step(network: nn.Module, config: FeatureConfig, features: FeatureHalf, device: torch.device):  # type: ignore[no-untyped-def]
    frames = frames_over(len(features), config)
    for at in range(0, len(frames), _BATCH):
        batch = frames[at : at + _BATCH]
        read = torch.from_numpy(np.stack([window_features(features, config, f.start) for f in batch]))
        judged = predict(network, Window(features=read.to(device)))
        for frame, scores in zip(batch, judged, strict=True):
            rows = slice(frame.first - frame.start, frame.stop - frame.start)
            moved = None if scores.displacement is None else scores.displacement[rows]
            yield frame.first, Scores(scores.confidence[rows], moved)


def _slide(network: Any, config: FeatureConfig, features: FeatureHalf, device: torch.device):  # type: ignore[no-untyped-def]
    """Each sample is encoded once, though it lies in many windows."""
    for first in range(0, len(features), _STRIDE):
        stop = min(first + _STRIDE, len(features))
        low, high = first - config.before, stop + config.after
        read = features.rows(max(0, low), min(len(features), high))
        read = np.pad(read, ((max(0, -low), max(0, high - len(features))), (0, 0)), mode="edge")
        encoded = network.encode(torch.from_numpy(read).to(device))  # (stop - first + window - 1, E)
        windows = encoded.unfold(0, config.window, 1).transpose(1, 2)  # (stop - first, window, E), a view
        for at in range(0, len(windows), _BATCH):
            logits = network.from_encoded(windows[at : at + _BATCH]).logits[:, 0]
            yield first + at, Scores(logits.float().sigmoid().cpu().numpy())
