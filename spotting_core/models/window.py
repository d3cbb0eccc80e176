"""What a spotting system reads and what it says: the types every system shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from spotting_core.entities.table import EntityTable


@dataclass(frozen=True)
class EntitySet:
    """The entities of each frame, padded to the same number.

    Arguments:
        entity: int64 (B, T, N), index into the prompt set.
        score: float (B, T, N), probability given by the vision-language model.
        box: float (B, T, N, 4), x1, y1, x2, y2 as shares of the picture.
        embedding: float (B, T, N, E), unit length.
        share: float (B, T, N), 1 for an entity, 0 for padding, between when two clips are mixed.
    """

    entity: Tensor
    score: Tensor
    box: Tensor
    embedding: Tensor
    share: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> EntitySet:
        """Apply a function to every tensor."""
        return EntitySet(**{f.name: function(getattr(self, f.name)) for f in fields(self)})

    def with_share(self, share: Tensor) -> EntitySet:
        """The same entities with other shares (0 takes one out)."""
        return replace(self, share=share)

    def mirrored(self) -> EntitySet:
        """The same entities in a picture whose left and right are exchanged."""
        x1, y1, x2, y2 = self.box.unbind(-1)
        return replace(self, box=torch.stack([1 - x2, y1, 1 - x1, y2], -1))

    @classmethod
    def of_table(cls, table: EntityTable, first: int, stop: int, size: tuple[int, int]) -> EntitySet:
        """The entities of samples ``first`` to ``stop`` (exclusive) of a half: batch 1, padded.

        Arguments:
            size: (width, height) of the source picture.
        """
        rows = table.rows(first, stop)
        sample, slot, widest = table.slots(first, stop)
        shape = (1, stop - first, widest)
        entity, share = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
        score, box = np.zeros(shape, np.float32), np.zeros((*shape, 4), np.float32)
        embedding = np.zeros((*shape, table.embedding.shape[1]), np.float32)
        entity[0, sample, slot] = table.entity[rows]
        share[0, sample, slot] = 1
        score[0, sample, slot] = table.score[rows]
        box[0, sample, slot] = table.box[rows] / np.array([*size, *size], np.float32)
        embedding[0, sample, slot] = table.embedding[rows]
        return cls(*(torch.from_numpy(a) for a in (entity, score, box, embedding, share)))

    @classmethod
    def empty(cls, batch: int, frames: int, embed_dim: int) -> EntitySet:
        return cls(
            torch.zeros(batch, frames, 0, dtype=torch.long),
            torch.zeros(batch, frames, 0),
            torch.zeros(batch, frames, 0, 4),
            torch.zeros(batch, frames, 0, embed_dim),
            torch.zeros(batch, frames, 0),
        )


@dataclass(frozen=True)
class Samples:
    """Consecutive samples of one half, as numbers, before a network reads them; of what it does not read there is None.

    Arguments:
        start: sample of the half at which they begin, which may lie before its first.
        valid: bool (T,), False for samples beyond the ends of the half.
        pictures: uint8 (T, H, W, 3) RGB.
        entities: of the samples, as a batch of one.
        features: float32 (T, D).
        teacher: float32 (T, D'), features that a stage of training learns to give.
        second: the samples that these are judged together with, of a system that reads two windows.
    """

    start: int
    valid: np.ndarray
    pictures: np.ndarray | None = None
    entities: EntitySet | None = None
    features: np.ndarray | None = None
    teacher: np.ndarray | None = None
    second: Samples | None = None

    def __len__(self) -> int:
        return len(self.valid)


@dataclass(frozen=True)
class Window:
    """Consecutive samples of one or more halves.

    A system that looks at pictures reads ``pictures`` (normalised), or of the same samples what is known already:
    ``maps`` (the environment's last feature map) or ``features`` (those of its environment). One that reads feature
    sets reads ``features``.

    Arguments:
        pictures: float (B, T, 3, H, W) or None; uint8 as they are, for a system that takes bytes too.
        maps: float (B, T, D, h, w) or None.
        features: float (B, T, D) or None.
        entities: or None for a system without them.
        second: the other window of a system that judges two together, or None.
        valid: bool (B, T), False for samples that only fill it, or None where all are real.
    """

    pictures: Tensor | None = None
    maps: Tensor | None = None
    features: Tensor | None = None
    entities: EntitySet | None = None
    second: Window | None = None
    valid: Tensor | None = None


@dataclass(frozen=True)
class Output:
    """What a system computes for a window, ready for its loss.

    T is 1 for a system that judges a window as a whole.

    Arguments:
        logits: (B, T, C), before the sigmoid.
        displacement: (B, T, C) in seconds, or None.
        frame_logits: (B, T, C), what each frame alone says, or None.
        weight: (B, T, N), attention over the entities, 0 for those not kept, or None.
        kept: bool (B, T, N), or None.
        pooled: (B, T, D), environment features, or None.
        maps: (B, T, D, h, w), the environment's last feature map, or None.
        class_map: (B, T, C, h, w), what each place adds to the logits, where a trained network tells, or None.
        background: (B, T), logit of there being no action, of systems that have a class for it, or None.
        segmentation: (B, T, C), how near in time each sample is to an action, 0 to 1, of systems that say so, or None.
        detections: (B, N, 2 + C), confidence, place in the window (0 to 1) and classes of whole actions, or None.
        replay: (B, T), logit of a replay being shown, of systems that say so, or None.
        change: (B, T), logit of a new shot beginning with the sample, of systems that say so, or None.
        compared: (B, T, E) and (B, E), embeddings of the samples and of the second window, where they are compared.
    """

    logits: Tensor
    displacement: Tensor | None = None
    frame_logits: Tensor | None = None
    weight: Tensor | None = None
    kept: Tensor | None = None
    pooled: Tensor | None = None
    maps: Tensor | None = None
    class_map: Tensor | None = None
    background: Tensor | None = None
    segmentation: Tensor | None = None
    detections: Tensor | None = None
    replay: Tensor | None = None
    change: Tensor | None = None
    compared: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True)
class Scores:
    """What a system says of consecutive samples: numpy, one half, one window.

    Arguments:
        confidence: float32 (T, C), 0 to 1.
        displacement: float32 (T, C), seconds, or None.
        weight: float32 (T, N), kept: bool (T, N), or None.
        features: float32 (T, D), or None.
        class_map: float32 (T, C, h, w), contributions to the logit, or None.
        replay: float32 (T,), confidence that a replay is shown, or None.
    """

    confidence: np.ndarray
    displacement: np.ndarray | None = None
    weight: np.ndarray | None = None
    kept: np.ndarray | None = None
    features: np.ndarray | None = None
    class_map: np.ndarray | None = None
    replay: np.ndarray | None = None


def stack_entities(sets: Sequence[EntitySet]) -> EntitySet:
    """Join the entity sets of several clips (each of batch 1 or more), padding to the largest number."""
    most = max(s.share.shape[2] for s in sets)
    return EntitySet(**{
        f.name: torch.cat([_padded(getattr(s, f.name), most) for s in sets]) for f in fields(EntitySet)
    })  # fmt: skip


def _padded(values: Tensor, most: int) -> Tensor:
    missing = most - values.shape[2]
    if missing == 0:
        return values
    return torch.cat([values, values.new_zeros(*values.shape[:2], missing, *values.shape[3:])], dim=2)
