"""What varies between broadcasts and must not decide: side, framing, light, colours, sharpness, and the score bug.

The score bug is covered in half of the clips: its digits change at a goal, so a model that reads them has learned
nothing about goals. One variation is for all samples of a clip.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2.functional import resized_crop
from torchvision.tv_tensors import BoundingBoxes

from spotting_core.models.window import EntitySet, Samples
from spotting_core.training.picture_changes import FRAMING, MOMENTS, SHARE, changed, framed, unsteady_order

_MID_GREY = 110.0


def vary(
    samples: Samples, scoreboard: Sequence[float] | None, rng: random.Random, changes: Collection[str] = ()
) -> Samples:
    """The same samples as another broadcast might have shown them.

    Arguments:
        scoreboard: (x1, y1, x2, y2) as shares of the picture, or None.
        changes: groups of ``picture_changes``; ``moments`` has some names of entities missing in a whole clip.
    """
    entities = samples.entities
    if entities is not None and MOMENTS in changes and rng.random() < SHARE:
        entities = _without_some(entities, rng)
    if samples.pictures is None:
        return replace(samples, entities=_uncertain(entities, rng)) if entities is not None else samples
    pictures = samples.pictures
    if MOMENTS in changes and rng.random() < SHARE:
        pictures, entities = _unsteady(pictures, entities, rng)
    if FRAMING in changes and rng.random() < SHARE:
        pictures, place = framed(pictures, rng)
        entities = _placed(entities, place) if entities is not None else None
    images = as_images(pictures)
    if scoreboard is not None and rng.random() < 0.5:
        images = _cover(images, scoreboard, rng)
    if rng.random() < 0.3:
        images = _cover(images, _random_box(rng), rng)
    images, entities = _frame_again(images, entities, rng)
    if rng.random() < 0.5:
        images = images.flip(3)
        entities = entities.mirrored() if entities is not None else None
    images = light(images, rng)
    if entities is not None:
        entities = _uncertain(entities, rng)
    return replace(samples, pictures=changed(as_pictures(images), changes, rng), entities=entities)


def _unsteady(
    pictures: np.ndarray, entities: EntitySet | None, rng: random.Random
) -> tuple[np.ndarray, EntitySet | None]:
    """Pictures in an unsteady order, and with each what is found in it; nothing is in the one that is lost."""
    order, lost = unsteady_order(len(pictures), rng)
    pictures, samples = pictures[order], torch.from_numpy(order)
    if entities is not None:
        entities = entities.map(lambda values: values[:, samples])
    if lost is not None:
        pictures[lost] = 0
        if entities is not None:
            entities.share[:, lost] = 0
    return pictures, entities


def _placed(entities: EntitySet, place: tuple[float, float, float, float]) -> EntitySet:
    """Entities of pictures that ``framed`` has moved; those outside go."""
    sx, sy, ox, oy = place
    box = entities.box * torch.tensor([sx, sy, sx, sy]) + torch.tensor([ox, oy, ox, oy])
    return replace(entities, box=box, share=entities.share * _inside(box))


def _inside(box: Tensor) -> Tensor:
    """Whether the centres of boxes (..., 4), in shares of the picture, lie in it."""
    centre = (box[..., :2] + box[..., 2:]) / 2
    return ((centre > 0) & (centre < 1)).all(-1)


def _without_some(entities: EntitySet, rng: random.Random) -> EntitySet:
    """A tenth of the names missing, as where a finder does not know these things in another look."""
    names = sorted(set(entities.entity.flatten().tolist()))
    missing = [name for name in names if rng.random() < 0.1]
    gone = torch.isin(entities.entity, torch.tensor(missing, dtype=entities.entity.dtype))
    return replace(entities, share=entities.share * ~gone)


def as_images(pictures: np.ndarray) -> Tensor:
    """uint8 (T, H, W, 3) to float (T, 3, H, W), 0 to 255."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float()


def as_pictures(images: Tensor) -> np.ndarray:
    """What ``as_images`` gave, changed, as it was."""
    pictures: np.ndarray = images.clamp(0, 255).round_().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return pictures


def _cover(images: Tensor, box: Sequence[float], rng: random.Random) -> Tensor:
    """Fill a box (shares of the picture) with the picture's mean colour and noise."""
    h, w = images.shape[2:]
    margin = rng.uniform(0, 0.01)
    x1, y1 = max(0, int((box[0] - margin) * w)), max(0, int((box[1] - margin) * h))
    x2, y2 = min(w, int((box[2] + margin) * w) + 1), min(h, int((box[3] + margin) * h) + 1)
    if x2 <= x1 or y2 <= y1:
        return images
    images = images.clone()
    generator = torch.Generator().manual_seed(rng.getrandbits(32))
    fill = images.mean((0, 2, 3)).view(1, 3, 1, 1) * rng.uniform(0.4, 1.4)
    images[:, :, y1:y2, x1:x2] = fill + 20 * torch.randn(1, 3, y2 - y1, x2 - x1, generator=generator)
    return images


def _random_box(rng: random.Random) -> tuple[float, ...]:
    w, h = rng.uniform(0.05, 0.25), rng.uniform(0.05, 0.25)
    x, y = rng.uniform(0, 1 - w), rng.uniform(0, 1 - h)
    return x, y, x + w, y + h


def _frame_again(images: Tensor, entities: EntitySet | None, rng: random.Random) -> tuple[Tensor, EntitySet | None]:
    """Cut out a part of the same shape and enlarge it; entities outside it go.

    Not by one of torchvision's random transforms: they draw from one generator of the whole process, and batches are
    made in several threads.
    """
    if rng.random() < 0.3:
        return images, entities
    size = rng.uniform(0.82, 1.0)
    x, y = rng.uniform(0, 1 - size), rng.uniform(0, 1 - size)
    h, w = images.shape[2:]
    top, left = int(y * h), int(x * w)
    part = (top, left, int((y + size) * h) - top, int((x + size) * w) - left)
    images = resized_crop(images, *part, size=[h, w], antialias=False)
    if entities is not None:
        scale = torch.tensor([w, h, w, h])
        box = _boxes(entities.box * scale, (h, w))
        box = resized_crop(box, *part, size=[h, w]).as_subclass(Tensor).reshape(entities.box.shape) / scale
        entities = replace(entities, box=box, share=entities.share * _inside(box))
    return images, entities


def _boxes(box: Tensor, size: tuple[int, int]) -> BoundingBoxes:
    """Boxes (..., 4) in pixels of a picture of a size (height, width); what lies beyond it stays beyond it."""
    return BoundingBoxes(box.reshape(-1, 4), format="XYXY", canvas_size=size, clamping_mode=None)


def light(images: Tensor, rng: random.Random, *, grey: float = 0.0) -> Tensor:
    """Saturation, contrast, brightness and tint as one matrix on the colours; sometimes a little blur.

    Arguments:
        grey: share of the clips that lose their colours.
    """
    saturation, contrast, brightness = rng.uniform(0.6, 1.4), rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.25)
    if grey and rng.random() < grey:
        saturation = 0.0
    tint = torch.diag(torch.tensor([rng.uniform(0.9, 1.1) for _ in range(3)]))
    mix = torch.full((3, 3), (1 - saturation) / 3) + torch.eye(3) * saturation
    matrix = tint @ mix * contrast
    shift = tint @ torch.full((3,), _MID_GREY * (brightness - contrast))
    images = F.conv2d(images, matrix[:, :, None, None], shift)
    if rng.random() < 0.2:
        small = F.interpolate(images, scale_factor=rng.uniform(0.5, 0.9), mode="bilinear", align_corners=False)
        images = F.interpolate(small, size=images.shape[2:], mode="bilinear", align_corners=False)
    return images


def _uncertain(entities: EntitySet, rng: random.Random) -> EntitySet:
    """Entities as a less sure finder gives them: some missing, boxes and scores a little off."""
    generator = torch.Generator().manual_seed(rng.getrandbits(32))

    def noise(like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=generator)

    size = (entities.box[..., 2:] - entities.box[..., :2]).repeat(1, 1, 1, 2)
    stay = torch.rand(entities.share.shape, generator=generator) > rng.uniform(0, 0.1)
    return replace(
        entities,
        box=entities.box + 0.05 * size * noise(entities.box),
        score=(entities.score + 0.04 * noise(entities.score)).clamp(0, 1),
        share=entities.share * stay,
    )
