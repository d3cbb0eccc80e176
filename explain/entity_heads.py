"""Attention heads: what each head of the attention among the kept entities looks at, frame by frame.

Read from the model in one more pass: the share of a head's attention that each entity receives, averaged over the
entities that ask. It says what is read, not what decides (see ``entity_ablation``).

Paper: Vaswani et al., "Attention Is All You Need" (NeurIPS 2017), for heads; Zhu et al. (UGLF) for the attention.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from explain.attribution import ENTITY, ENTITY_ROW, Attribution
from explain.entity_attention import entity_rows
from explain.probe import Probe
from spotting_core.base.errors import BadInputError
from spotting_core.models.network import EnvironmentNetwork

NAME = "entity-heads"
_Call = tuple[tuple[Tensor, ...], dict[str, object]]


def explain(probe: Probe, label: str, *, head: int = 0) -> Attribution:
    """One row per entity of the window, whose weight is its share of the attention of a head; 0 for those dropped.

    Arguments:
        head: 1 and up; 0 for the mean of all.

    Errors:
        BadInputError: the model has no such head.
    """
    began = time.perf_counter()
    rows = entity_rows(probe)
    if len(rows):
        received = received_by_entity(probe)  # (W, heads, N)
        if not 0 <= head <= received.shape[1]:
            raise BadInputError(f"this model has no head {head}", fix=f"Heads go from 1 to {received.shape[1]}")
        share = received.mean(1) if head == 0 else received[:, head - 1]
        assert probe.window.table is not None
        first = probe.window.first
        sample, slot, _ = probe.window.table.slots(first, first + len(probe.window.times))
        rows["weight"] = share.cpu().numpy()[probe.inside][sample, slot]
    return probe.attribution(
        NAME,
        label,
        ENTITY,
        np.asarray(rows, ENTITY_ROW),
        baseline=f"none: read from {f'head {head}' if head else 'all heads'} of the model",
        score_baseline=float("nan"),
        scale=(0.0, 1.0),
        began=began,
    )


def received_by_entity(probe: Probe) -> Tensor:
    """Attention that every entity receives from the kept ones, mean over those that ask: (W, heads, N)."""
    kept = probe.output.kept
    assert kept is not None
    asks = kept[0].float()  # (W, N)
    weights = _attention(probe)  # (W, heads, N, N), asking by asked
    count = asks.sum(-1).clamp_min(1)[:, None, None]
    return torch.einsum("wq,whqk->whk", asks, weights.float()) / count * (asks.sum(-1) > 0)[:, None, None]


def _attention(probe: Probe) -> Tensor:
    assert isinstance(probe.network, EnvironmentNetwork), "others read no entities"
    attention = probe.network.among_entities
    assert attention is not None, "Method.supports tells which models read none"
    weights: list[Tensor] = []

    def ask(_module: nn.Module, inputs: tuple[Tensor, ...], options: dict[str, object]) -> _Call:
        return inputs, {**options, "need_weights": True, "average_attn_weights": False}

    with ExitStack() as stack:
        for handle in (
            attention.register_forward_pre_hook(ask, with_kwargs=True),
            attention.register_forward_hook(lambda _m, _g, output: weights.append(output[1].detach())),
        ):
            stack.callback(handle.remove)
        # With gradients on and hooks set, torch takes the plain path instead of its fused one.
        with torch.enable_grad():
            probe.again()
    return weights[-1]
