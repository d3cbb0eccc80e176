"""Where a transformer's attention goes, over time and over places, and what passes through all of its layers.

Paper: Abnar & Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class AttentionFlow:
    """Attention of all layers in one pass over one window.

    Arguments:
        over_time: of each layer (heads, N, N), how much each token reads of each other.
        over_places: of each layer (N, heads, 1 + P, 1 + P), of the class token (first) and the places of every token;
            none where a network does not attend to single places.
        samples: of the window that a token is of; grid: (rows, columns), of the places.
    """

    over_time: Sequence[Tensor]
    over_places: Sequence[Tensor]
    samples: int
    grid: tuple[int, int]


def rollout(layers: Sequence[Tensor]) -> Tensor:
    """What each token has of each other after all layers: each, averaged over its heads, mixed half and half with what
    passes it by, multiplied through.

    Arguments:
        layers: each (…, heads, N, N). Returns (…, N, N), whose rows add up to 1.
    """
    flow: Tensor | None = None
    for weights in layers:
        itself = torch.eye(weights.shape[-1], device=weights.device)
        mixed = 0.5 * weights.float().mean(-3) + 0.5 * itself
        flow = mixed if flow is None else mixed @ flow
    if flow is None:
        raise ValueError("there are no layers")
    return flow


@contextmanager
def attention_of(layers: Sequence[nn.Module]) -> Iterator[list[Tensor]]:
    """Collect the attention of timm's attention layers while a network runs: (…, heads, N, N) each, in their order."""
    weights: dict[int, Tensor] = {}

    def listen(number: int, layer: Any, inputs: tuple[Tensor, ...]) -> None:
        tokens = inputs[0]
        split = layer.qkv(tokens).unflatten(-1, (3, layer.num_heads, -1)).movedim(-3, 0)  # (3, …, N, heads, d)
        query, key = (one.transpose(-3, -2) for one in split[:2])
        scores = layer.q_norm(query) * layer.scale @ layer.k_norm(key).transpose(-2, -1)
        weights[number] = scores.float().softmax(-1)

    collected: list[Tensor] = []
    hooks = [layer.register_forward_pre_hook(partial(listen, number)) for number, layer in enumerate(layers)]
    try:
        yield collected
    finally:
        for hook in hooks:
            hook.remove()
        collected += [weights[number] for number in sorted(weights)]
