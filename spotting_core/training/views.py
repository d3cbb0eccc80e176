"""A view of a clip: as another camera in another light might have shown the moment.

What two views share is what a network learns that compares them, so they differ in more than a clip to learn labels
from does (``variation``): framing, side, light, colour and sharpness, all samples of a view alike.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur, resized_crop

from spotting_core.models.window import Samples
from spotting_core.training.variation import as_images, as_pictures, light

_LEAST_AREA = 0.25  # of the picture: a smaller part may hold nothing of the play
_NARROWEST = 3 / 4  # and its inverse: the shape of the part against that of the picture
_GREY, _BLURRED = 0.2, 0.5


def view(samples: Samples, rng: random.Random) -> Samples:
    """The same samples seen otherwise; what is read beside pictures stays.

    Errors:
        ValueError: there are no pictures.
    """
    if samples.pictures is None:
        raise ValueError("views are of pictures; the clip has none")
    images = _part(as_images(samples.pictures), rng)
    if rng.random() < 0.5:
        images = images.flip(3)
    images = light(images, rng, grey=_GREY)
    if rng.random() < _BLURRED:
        spread = rng.uniform(0.1, 2.0) * images.shape[2] / 224
        images = gaussian_blur(images, kernel_size=[2 * math.ceil(2 * spread) + 1] * 2, sigma=[spread] * 2)
    return replace(samples, pictures=as_pictures(images))


def _part(images: Tensor, rng: random.Random) -> Tensor:
    """A part of the picture, enlarged to all of it."""
    height, width = images.shape[2:]
    area = rng.uniform(_LEAST_AREA, 1.0)
    shape = math.exp(rng.uniform(math.log(_NARROWEST), -math.log(_NARROWEST)))
    high, wide = (max(1, min(side, round(side * share))) for side, share in (
        (height, math.sqrt(area / shape)), (width, math.sqrt(area * shape))
    ))  # fmt: skip
    top, left = rng.randint(0, height - high), rng.randint(0, width - wide)
    part: Tensor = resized_crop(images, top, left, high, wide, size=[height, width], antialias=False)
    return part
