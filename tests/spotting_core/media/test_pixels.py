"""Pixels as networks read them, against their formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD, clip_pixels, normalised


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_pixels_are_normalised_and_what_is_given_stays(kind: type) -> None:
    """Also where they are numbers of the kind already that a network reads."""
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3)).astype(kind)
    before = pictures.copy()
    expected = ((pictures / 255 - IMAGENET_MEAN) / IMAGENET_STD).transpose(0, 3, 1, 2)
    pixels = normalised(pictures)
    assert np.abs(pixels.numpy() - expected).max() < 1e-5
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    assert np.array_equal(pictures, before)


def test_without_mean_and_deviation_they_are_shares_of_255() -> None:
    clips = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 6, 3)).astype(np.uint8)
    pixels = clip_pixels(clips, (0.0,) * 3, (1.0,) * 3)
    assert np.abs(pixels.numpy() - clips.transpose(0, 1, 4, 2, 3) / 255).max() < 1e-7
