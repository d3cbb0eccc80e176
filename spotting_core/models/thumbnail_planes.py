"""Thumbnails as networks take them: planes of luma and chroma, or pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.base.errors import BadInputError
from spotting_core.base.validation import PositiveNumber
from spotting_core.media.thumbnail import CHROMA, LUMA, NUMBERS
from spotting_core.models.registry import FeatureConfig
from spotting_core.models.window_plan import MIDDLE, REPEATED, WindowPlan

_TO_RGB = np.array([[1.164, 0.0, 1.596], [1.164, -0.392, -0.813], [1.164, 2.017, 0.0]], np.float32)  # BT.601
_BLACK, _GREY = 16.0, 128.0


@dataclass(frozen=True)
class ThumbnailConfig(FeatureConfig):
    """What the configuration of a system that reads thumbnails has besides.

    Arguments:
        luma, chroma: width and height of the planes.
    """

    rate: PositiveNumber = 25.0
    dim: int = NUMBERS
    luma: tuple[int, int] = LUMA
    chroma: tuple[int, int] = CHROMA

    def with_sets(self, widths: tuple[int, ...]) -> FeatureConfig:
        if widths != (self.dim,):
            raise BadInputError(
                f"this system reads thumbnails of {self.dim} numbers, not features of {' and '.join(map(str, widths))}",
                fix='Set features = ["thumbnails"]',
            )
        return self

    def planes(self, features: Tensor) -> Tensor:
        """Thumbnails (B, T, D) of 0 to 255 as planes of one size: (B, T, 3, height, width), 0 to 1."""
        (width, height), (wide, tall) = self.luma, self.chroma
        b, t = features.shape[:2]
        luma = features[..., : width * height].reshape(b * t, 1, height, width)
        chroma = features[..., width * height :].reshape(b * t, 2, tall, wide)
        planes = [luma, F.interpolate(chroma, size=(height, width), mode="nearest")]
        stacked: Tensor = torch.cat(planes, 1).reshape(b, t, 3, height, width) / 255
        return stacked

    def pictures(self, features: np.ndarray) -> np.ndarray:
        """Thumbnails (T, D) of 0 to 255 as pictures: uint8 (T, height, width, 3), RGB."""
        (width, height), (wide, tall) = self.luma, self.chroma
        luma = features[:, : width * height].reshape(-1, height, width)
        chroma = features[:, width * height :].reshape(-1, 2, tall, wide)
        size = (width, height)
        planes = [
            np.stack([y - _BLACK, *(cv2.resize(c, size, interpolation=cv2.INTER_NEAREST) - _GREY for c in both)], -1)
            for y, both in zip(luma.astype(np.float32), chroma.astype(np.float32), strict=True)
        ]
        return np.clip(np.stack(planes) @ _TO_RGB.T, 0, 255).round().astype(np.uint8)


def kept_frames(config: FeatureConfig) -> WindowPlan:
    """Windows that move on by what they keep; beyond the ends of a half its first and last frame stand."""
    return WindowPlan(config.window, config.kept, config.before, config.after, MIDDLE, REPEATED)
