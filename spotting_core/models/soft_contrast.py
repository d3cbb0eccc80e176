"""Soft contrastive learning: a query should be as near to each of many keys as its own key is to them.

Paper: Denize et al., "Similarity Contrastive Estimation for Self-Supervised Soft Contrastive Learning" (SCE,
WACV 2023). Contrastive learning calls all other clips of a batch wrong answers, though of a match many show the same;
here the own key gives a share of the answer and its likeness to the others gives the rest.

Keys are compared with those of the batch and with a queue of earlier ones (He et al., "Momentum Contrast", CVPR 2020).
No key is compared with itself, for that likeness is always the greatest and says nothing.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.computing.processes import gathered


def soft_contrastive_loss(
    query: Tensor,
    key: Tensor,
    queue: Tensor,
    *,
    temperature: float,
    target_temperature: float,
    coefficient: float,
    excluded: Tensor | None = None,
) -> Tensor:
    """Cross entropy between the likeness of queries to all keys and what it should be, mean over the queries.

    The target of a query is ``coefficient`` for its own key, and the rest is the softmax over the likenesses of that
    key to all others.

    Arguments:
        query, key: (N, E), of unit length; row i of one belongs to row i of the other.
        queue: (M, E), earlier keys, M may be 0.
        temperature: of the queries; target_temperature: of the keys: lower is sharper.
        coefficient: 1 is plain contrastive learning, 0 relations alone.
        excluded: bool (N, N + M), candidates that a query is not compared with; its own key is none of them.

    Errors:
        ValueError: a coefficient below 1 where a key has no other to be compared with.
    """
    own = torch.eye(len(query), len(key) + len(queue), dtype=torch.bool, device=query.device)
    candidates = torch.cat([key, queue]).float()
    out = torch.zeros_like(own) if excluded is None else excluded & ~own
    others = (own | out).logical_not()
    if coefficient < 1 and not bool(others.any(1).all()):
        raise ValueError("a key has no other to be compared with: make the batch or the queue larger")
    likeness = (query.float() @ candidates.T / temperature).masked_fill(out, -torch.inf)
    told_apart = F.log_softmax(likeness, 1).masked_fill(out, 0.0)
    target = coefficient * own
    if coefficient < 1:
        relations = (key.float() @ candidates.T / target_temperature).masked_fill(~others, -torch.inf)
        target = target + (1 - coefficient) * relations.softmax(1)
    return -(target * told_apart).sum(1).mean()


class KeyQueue(nn.Module):
    """Keys of earlier batches, the newest in place of the oldest. Weights hold it, so that a run goes on with it.

    Arguments:
        size: keys that it holds, 0 for none; width: numbers of each.
    """

    keys: Tensor
    pushed: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(size, width))
        self.register_buffer("pushed", torch.zeros((), dtype=torch.int64))

    def filled(self) -> Tensor:
        """The keys that are in it: (M, E)."""
        return self.keys[: min(int(self.pushed), len(self.keys))]

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Add keys (N, E); of more than it holds the last ones stay."""
        size = len(self.keys)
        if not size:
            return
        newest = keys[-size:].to(self.keys.dtype)
        first = int(self.pushed) + len(keys) - len(newest)
        self.keys[(first + torch.arange(len(newest), device=keys.device)) % size] = newest
        self.pushed += len(keys)

    def push_all(self, waiting: list[Tensor]) -> None:
        """Add the keys of a step, of all processes that train together, and forget them."""
        if waiting:
            self.push(gathered(torch.cat(waiting)))
            waiting.clear()


def momentum_at(done: float, start: float) -> float:
    """Momentum when a share of the training is done: from ``start`` to 1 in a cosine."""
    return 1 - (1 - start) * (math.cos(math.pi * min(1.0, done)) + 1) / 2


class Follower(nn.Module):
    """A network that follows another one slowly, by its own momentum; no gradient reaches it.

    Arguments:
        leader: is copied; what it has learned so far is where the follower begins.
    """

    def __init__(self, leader: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(leader).requires_grad_(False)

    @torch.no_grad()
    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = self.network(values)
        return result

    @torch.no_grad()
    def follow(self, leader: nn.Module, momentum: float) -> None:
        """Come nearer to the leader: own weights by ``momentum``, the leader's by the rest."""
        for own, other in zip(self.network.parameters(), leader.parameters(), strict=True):
            own.lerp_(other.to(own.dtype), 1 - momentum)
