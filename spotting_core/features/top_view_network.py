"""Numbers of a frozen image network over the coloured top view (see ``top_view``).

Paper: Cioppa et al., CVPRW 2021: 512 numbers of ResNet-34, or 1792 of EfficientNet-B4, over the view at 256 pixels, of
which the middle 224 are kept. Here it is efficientnet-lite0, whose weights are a package, or any timm backbone with a
file of its weights. Nothing is cut off: the whole view is enlarged, its pixels kept as they are, to 192 x 96 for
efficientnet-lite0, which halves nothing that 64 x 32 pixels show and takes a fifth of the time, and to the pictures of
the backbone for others. A sample without a calibration is zero.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from spotting_core.features.extractor import (
    LITE,
    Extractor,
    ExtractorSpec,
    extractor_of,
    is_extractor,
    load_extractor,
)

NETWORK = "top-view"
"""Kind of what makes them; beginning of their names."""
PREFIX = f"{NETWORK}-"
_SIZE = (192, 96)
_BATCH = 64


def names_network(name: str) -> bool:
    """Whether a set's name is that of numbers over the top view."""
    return name.startswith(PREFIX) and is_extractor(name.removeprefix(PREFIX))


def network_over_view(name: str, weights: str) -> tuple[str, int, ExtractorSpec]:
    """Name of a set, how many numbers it has, and what makes it.

    Errors:
        BadInputError: see ``load_extractor``.
    """
    inner = name.removeprefix(PREFIX)
    extractor = load_extractor(inner, weights)
    size = _SIZE if inner == LITE else extractor.spec.size
    own = PREFIX + (LITE if inner == LITE else f"{inner}-{extractor.spec.fingerprint[:8]}")
    return own, extractor.dim, replace(extractor.spec, kind=NETWORK, size=size)


def numbers(views: np.ndarray, spec: ExtractorSpec, where: str, device: str) -> np.ndarray:
    """Numbers of coloured views (T, 32, 64, 3), which are from -1 to 1: float32 (T, D).

    Errors:
        BadInputError: the network is not here, or has other weights than those the model was trained with.
    """
    extractor = extractor_of(replace(spec, kind="timm"), where, device)
    known = np.flatnonzero(views.any((1, 2, 3)))
    found = np.zeros((len(views), extractor.dim), np.float32)
    for start in range(0, len(known), _BATCH):
        at = known[start : start + _BATCH]
        found[at] = _of(extractor, views[at], spec.size)
    return found


def _of(extractor: Extractor, views: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    pictures = np.round((views + 1) * 127).astype(np.uint8)
    return extractor.features(np.stack([cv2.resize(p, size, interpolation=cv2.INTER_NEAREST) for p in pictures]))
