"""Clips to train on: which, and what varies in them.

Actions are rare and unequally so. Most clips are laid around an action of a class drawn with a power of its
frequency, the rest anywhere. What varies is what differs between broadcasts and must not
decide: side, framing, light, colours, sharpness, and the score bug, which is covered in half of the clips
(its digits change at a goal, so a model that reads them has learned nothing about goals).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.entities.table import EntityTable
from spotting_core.media.frame_store import FrameStore
from spotting_core.models.targets import AnchorTargets, anchor_targets
from spotting_core.models.window import EntitySet
from spotting_core.spots import Spot

_SCOREBOARD = "scoreboard"
_MID_GREY = 110.0


@dataclass(frozen=True)
class TrainingHalf:
    """Half 1 or 2 with its true spots.

    Arguments:
        entities: found in its pixels; size: (width, height) of the picture they were found in.
        features: float16 (2, T, D), environment features of its frames as filmed and mirrored, where they are known.
    """

    half: int
    frames: FrameStore
    spots: Sequence[Spot]
    entities: EntityTable | None = None
    size: tuple[int, int] = (1, 1)
    features: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Clip:
    """Consecutive samples of one half.

    Arguments:
        images: uint8 (T, H, W, 3) RGB, or None where the features are known.
        features: float (2, T, D), as filmed and mirrored; (1, T, D) once varied; or None.
        entities: batch of 1, or None.
        scoreboard: (x1, y1, x2, y2) as shares of the picture where it was found most often, or None.
    """

    images: Tensor | None
    entities: EntitySet | None
    targets: AnchorTargets
    scoreboard: tuple[float, ...] | None = None
    features: Tensor | None = None


@dataclass
class ClipSource:
    """Draws clips of ``length`` samples.

    Arguments:
        radii: seconds, of confidence and displacement (see ``anchor_targets``).
        rarity: power of a class's frequency with which it is drawn: 1 as often as it occurs, 0 all alike.
        action_share: of the clips that are laid around an action.
    """

    halves: Sequence[TrainingHalf]
    classes: Sequence[str]
    length: int
    radii: tuple[float, float]
    rarity: float = 0.5
    action_share: float = 0.6
    _lengths: np.ndarray = field(init=False)
    _actions: dict[str, list[tuple[int, int]]] = field(init=False)
    _chance: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._lengths = np.array([len(h) for h in self.halves], np.float64)
        self._actions = {}
        for number, half in enumerate(self.halves):
            for spot in half.spots:
                if spot.label in self.classes:
                    sample = int(np.searchsorted(half.frames.times, spot.time))
                    self._actions.setdefault(spot.label, []).append((number, sample))
        counts = Counter({label: len(places) for label, places in self._actions.items()})
        self._chance = [counts[label] ** self.rarity for label in self._actions]

    def draw(self, rng: random.Random) -> Clip:
        """One random clip, unvaried."""
        if self._actions and rng.random() < self.action_share:
            label = rng.choices(list(self._actions), self._chance)[0]
            number, sample = rng.choice(self._actions[label])
            start = sample - rng.randrange(self.length)
        else:
            number = rng.choices(range(len(self.halves)), self._lengths.tolist())[0]
            start = rng.randrange(-self.length // 4, max(1, len(self.halves[number]) - 3 * self.length // 4))
        return self.clip(number, start)

    def clip(self, number: int, start: int) -> Clip:
        """The clip of a half that begins at a sample; what lies beyond its ends is black and not valid."""
        half = self.halves[number]
        at = np.arange(start, start + self.length)
        valid = (at >= 0) & (at < len(half))
        inside = at[valid]
        times = np.full(self.length, -(10**12), np.int64)
        times[valid] = half.frames.times[inside]
        targets = anchor_targets(
            half.spots,
            times,
            self.classes,
            confidence_radius=self.radii[0],
            displacement_radius=self.radii[1],
            valid=valid,
        )
        entities = scoreboard = None
        if half.entities is not None:
            found = EntitySet.of_table(half.entities, int(inside[0]), int(inside[-1]) + 1, half.size)
            before, after = int(np.flatnonzero(valid)[0]), self.length - 1 - int(np.flatnonzero(valid)[-1])
            entities = found.map(lambda v: _pad_time(v, before, after))
            scoreboard = _scoreboard(half.entities, found)
        if half.features is not None:
            features = np.zeros((2, self.length, half.features.shape[2]), np.float32)
            features[:, valid] = half.features[:, inside]
            return Clip(None, entities, targets, scoreboard, torch.from_numpy(features))
        return Clip(self._pictures(half, valid, inside), entities, targets, scoreboard)

    def _pictures(self, half: TrainingHalf, valid: np.ndarray, inside: np.ndarray) -> Tensor:
        first = half.frames[int(inside[0])]
        images = np.zeros((self.length, *first.shape), np.uint8)
        for row, sample in zip(np.flatnonzero(valid), inside, strict=True):
            images[row] = half.frames[int(sample)]
        return torch.from_numpy(images)


def _pad_time(values: Tensor, before: int, after: int) -> Tensor:
    if not before and not after:
        return values
    shape = values.shape
    return torch.cat([values.new_zeros(1, before, *shape[2:]), values, values.new_zeros(1, after, *shape[2:])], dim=1)


def _scoreboard(table: EntityTable, found: EntitySet) -> tuple[float, ...] | None:
    """Median box of the scoreboards of a clip."""
    if _SCOREBOARD not in table.names:
        return None
    rows = (found.entity == table.names.index(_SCOREBOARD)) & (found.share > 0)
    boxes = found.box[rows]
    return tuple(boxes.median(0).values.tolist()) if len(boxes) else None


# --- variation ----------------------------------------------------------------------------------------


def vary(clip: Clip, rng: random.Random) -> Clip:
    """The same clip as another broadcast might have shown it; one variation for all of its frames."""
    if clip.images is None:
        return _vary_known(clip, rng)
    images = clip.images.permute(0, 3, 1, 2).float()  # (T, 3, H, W), 0 to 255
    entities = clip.entities
    if clip.scoreboard is not None and rng.random() < 0.5:
        images = _cover(images, clip.scoreboard, rng)
    if rng.random() < 0.3:
        images = _cover(images, _random_box(rng), rng)
    images, entities = _frame_again(images, entities, rng)
    if rng.random() < 0.5:
        images = images.flip(3)
        entities = _mirrored(entities)
    images = _light(images, rng)
    if entities is not None:
        entities = _uncertain(entities, rng)
    final = images.clamp_(0, 255).round_().to(torch.uint8).permute(0, 2, 3, 1)
    return replace(clip, images=final, entities=entities)


def _vary_known(clip: Clip, rng: random.Random) -> Clip:
    """What can vary where pictures are no longer looked at: the side, and how sure the finder is."""
    assert clip.features is not None
    mirrored = rng.random() < 0.5
    entities = _mirrored(clip.entities) if mirrored else clip.entities
    if entities is not None:
        entities = _uncertain(entities, rng)
    return replace(clip, features=clip.features[int(mirrored)][None], entities=entities)


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
    """Cut out a part of the same shape and enlarge it; entities outside it go."""
    if rng.random() < 0.3:
        return images, entities
    size = rng.uniform(0.82, 1.0)
    x, y = rng.uniform(0, 1 - size), rng.uniform(0, 1 - size)
    h, w = images.shape[2:]
    cut = images[:, :, int(y * h) : int((y + size) * h), int(x * w) : int((x + size) * w)]
    images = F.interpolate(cut, size=(h, w), mode="bilinear", align_corners=False)
    if entities is not None:
        box = (entities.box - torch.tensor([x, y, x, y])) / size
        centre = (box[..., :2] + box[..., 2:]) / 2
        inside = ((centre > 0) & (centre < 1)).all(-1)
        entities = replace(entities, box=box, share=entities.share * inside)
    return images, entities


def _mirrored(entities: EntitySet | None) -> EntitySet | None:
    if entities is None:
        return None
    x1, y1, x2, y2 = entities.box.unbind(-1)
    return replace(entities, box=torch.stack([1 - x2, y1, 1 - x1, y2], -1))


def _light(images: Tensor, rng: random.Random) -> Tensor:
    """Saturation, contrast, brightness and tint as one matrix on the colours; sometimes a little blur."""
    saturation, contrast, brightness = rng.uniform(0.6, 1.4), rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.25)
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
