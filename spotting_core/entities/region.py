"""A region: a box with a name, a score and an embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Regions:
    """The regions of one picture, the most probable first.

    Arguments:
        entity: int64 (N,), index into the prompt set.
        score: float32 (N,), probability that the region is what the name says.
        boxes: float32 (N, 4), x1, y1, x2, y2 in picture pixels.
        embedding: float32 (N, E), unit length.
    """

    entity: np.ndarray
    score: np.ndarray
    boxes: np.ndarray
    embedding: np.ndarray

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: np.ndarray) -> Regions:
        return Regions(self.entity[rows], self.score[rows], self.boxes[rows], self.embedding[rows])

    @classmethod
    def none(cls, embed_dim: int) -> Regions:
        entity, score = np.zeros(0, np.int64), np.zeros(0, np.float32)
        return cls(entity, score, np.zeros((0, 4), np.float32), np.zeros((0, embed_dim), np.float32))


def joined(parts: list[Regions]) -> Regions:
    """All regions of several pictures or tiles, the most probable first."""
    entity, score, boxes, embedding = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("entity", "score", "boxes", "embedding")
    )
    order = np.argsort(-score, kind="stable")
    return Regions(entity, score, boxes, embedding).take(order)
