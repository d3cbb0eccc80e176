"""Proposing regions: where pictures resemble texts."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import nms

from spotting_core.entities.prompts import PromptSet
from spotting_core.entities.pyramid import DenseFeatures, EntityPyramid
from spotting_core.entities.region import Regions, joined

_PERSON_OVERLAP = 0.55
_SAME_OVERLAP = 0.5


@torch.inference_mode()
def regions_of_pyramid(tower: EntityPyramid, dense: DenseFeatures, texts: Tensor, prompts: PromptSet) -> list[Regions]:
    """Regions at the peaks of each entity's similarity map. texts: (K, E). One ``Regions`` per picture."""
    probability = tower.similarity(dense.embedding, texts).sigmoid()  # (B, K, h, w)
    peaks = F.max_pool2d(probability, 3, 1, 1) == probability
    probability = probability * peaks
    regions = []
    for b in range(len(probability)):
        entity, score, cell = _peaks(probability[b], prompts)
        embedding = F.normalize(dense.embedding[b].flatten(1)[:, cell].float(), dim=0).T  # (N, E)
        boxes = dense.boxes[b].flatten(1)[:, cell].T.float()  # (N, 4)
        regions.append(_to_regions(entity, score, boxes, embedding, prompts))
    return regions


def _peaks(probability: Tensor, prompts: PromptSet) -> tuple[Tensor, Tensor, Tensor]:
    """Entity, score and flat cell of every peak above its entity's threshold; probability: (K, h, w)."""
    entity, score, cell = [], [], []
    for k, prompt in enumerate(prompts.entities):
        top = probability[k].flatten().topk(min(4 * prompt.per_frame, probability[k].numel()))
        keep = top.values >= prompt.threshold
        score.append(top.values[keep])
        cell.append(top.indices[keep])
        entity.append(torch.full((int(keep.sum()),), k, dtype=torch.long, device=probability.device))
    return torch.cat(entity), torch.cat(score), torch.cat(cell)


def _to_regions(entity: Tensor, score: Tensor, boxes: Tensor, embedding: Tensor, prompts: PromptSet) -> Regions:
    order = score.argsort(descending=True, stable=True)
    every = Regions(
        entity[order].cpu().numpy(),
        score[order].float().cpu().numpy(),
        boxes[order].float().cpu().numpy(),
        embedding[order].float().cpu().numpy(),
    )
    return keep_best(every, prompts)


def keep_best(regions: Regions, prompts: PromptSet) -> Regions:
    """Of overlapping people, and of overlapping boxes of one name, the best; no more than allowed.

    People of different names compete by their probability in units of their names' thresholds: a referee is rarely
    as sure as a player, and would always lose to one.

    ``regions`` are in falling order of score.
    """
    boxes = torch.from_numpy(regions.boxes)
    keep = np.ones(len(regions), bool)
    people = np.flatnonzero(np.array([p.person for p in prompts.entities])[regions.entity])
    strength = regions.score[people] / np.array([p.threshold for p in prompts.entities])[regions.entity[people]]
    _suppress(keep, boxes, people[np.argsort(-strength, kind="stable")], _PERSON_OVERLAP)
    for k, prompt in enumerate(prompts.entities):
        if not prompt.person:
            _suppress(keep, boxes, np.flatnonzero((regions.entity == k) & keep), _SAME_OVERLAP)
        keep[np.flatnonzero((regions.entity == k) & keep)[prompt.per_frame :]] = False
    return regions.take(np.flatnonzero(keep))


def judged(regions: Regions, probability: np.ndarray, prompts: PromptSet) -> Regions:
    """Regions under the names that fit them best once they were judged: those above the thresholds, as many as allowed.

    Arguments:
        regions: of one picture; probability: (N, K), of every name; only the names of people are exchanged.
    """
    entity, thresholds = regions.entity.copy(), np.array([p.threshold for p in prompts.entities])
    names = np.flatnonzero([p.person for p in prompts.entities])
    people = np.flatnonzero(np.isin(entity, names))
    entity[people] = names[(probability[people][:, names] / thresholds[names]).argmax(1)]
    score = probability[np.arange(len(entity)), entity].astype(np.float32)
    order = np.argsort(-score, kind="stable")
    order = order[score[order] >= thresholds[entity[order]]]
    kept = [order[entity[order] == k][: prompt.per_frame] for k, prompt in enumerate(prompts.entities)]
    order = order[np.isin(order, np.concatenate(kept))]
    return Regions(entity[order], score[order], regions.boxes[order], regions.embedding[order])


def _suppress(keep: np.ndarray, boxes: Tensor, rows: np.ndarray, overlap: float) -> None:
    """Among ``rows`` (the best first) let overlapping boxes keep only the first."""
    if len(rows) < 2:
        return
    ranks = torch.arange(len(rows), 0, -1, dtype=torch.float32)
    gone = np.ones(len(rows), bool)
    gone[nms(boxes[rows], ranks, overlap).numpy()] = False
    keep[rows[gone]] = False


def regions_of_map(
    similarity: np.ndarray, embedding: np.ndarray, prompts: PromptSet, *, cell: tuple[float, float]
) -> Regions:
    """Regions of a model that has only patch similarities: connected cells that stand out.

    The similarity of an ordinary CLIP model to different texts differs by little and has no natural
    threshold, so each entity's map is turned into a probability by a softmax over the entities, and its
    regions are the connected cells above the entity's threshold and above half of the map's peak.

    Arguments:
        similarity: (K, h, w) logits (cosine times the model's scale).
        embedding: (h, w, E), unit length.
        cell: width and height of a cell in picture pixels.
    """
    shifted = np.exp(similarity - similarity.max(0, keepdims=True))
    probability = shifted / shifted.sum(0, keepdims=True)
    parts = [Regions.none(embedding.shape[-1])]
    for k, prompt in enumerate(prompts.entities):
        level = max(prompt.threshold, 0.5 * float(probability[k].max()))
        count, labels, stats, _ = cv2.connectedComponentsWithStats((probability[k] >= level).astype(np.uint8))
        for part in range(1, count):
            parts.append(_component(labels == part, stats[part], k, probability[k], embedding, cell))
    every = joined(parts)
    rows = [row for k, p in enumerate(prompts.entities) for row in np.flatnonzero(every.entity == k)[: p.per_frame]]
    return every.take(np.sort(np.array(rows, np.int64)))


def _component(
    inside: np.ndarray,
    stats: np.ndarray,
    entity: int,
    probability: np.ndarray,
    embedding: np.ndarray,
    cell: tuple[float, float],
) -> Regions:
    x, y, w, h = stats[:4]
    mean = (embedding[inside] * probability[inside][:, None]).sum(0)
    return Regions(
        np.array([entity]),
        np.array([probability[inside].max()], np.float32),
        np.array([[x * cell[0], y * cell[1], (x + w) * cell[0], (y + h) * cell[1]]], np.float32),
        (mean / max(float(np.linalg.norm(mean)), 1e-6))[None].astype(np.float32),
    )
