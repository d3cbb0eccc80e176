"""From pictures to what a network reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalised(
    images: np.ndarray | Tensor,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    device: torch.device | str = "cpu",
) -> Tensor:
    """uint8 (B, H, W, 3) RGB pictures as a float (B, 3, H, W), channels last, of about unit spread."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)) if isinstance(images, np.ndarray) else images
    pixels = pixels.to(device).permute(0, 3, 1, 2)  # a view: already channels last
    scale = torch.tensor([1 / (255 * s) for s in std], device=pixels.device).view(1, 3, 1, 1)
    shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=pixels.device).view(1, 3, 1, 1)
    numbers = pixels.to(torch.float32, copy=True)  # filled in place: pictures may be large
    return torch.addcmul(shift, numbers, scale, out=numbers).contiguous(memory_format=torch.channels_last)


def clip_pixels(
    images: np.ndarray | Tensor,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    device: torch.device | str = "cpu",
) -> Tensor:
    """``normalised`` for clips: uint8 (B, T, H, W, 3) to float (B, T, 3, H, W)."""
    flat = normalised(images.reshape(-1, *images.shape[2:]), mean, std, device)
    return flat.view(*images.shape[:2], *flat.shape[1:])
