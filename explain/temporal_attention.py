"""Temporal attention: which moments the model's own attention over time reads for the anchor.

For models whose temporal part is a transformer. The attention of all layers is joined by rollout: each layer's,
averaged over its heads, mixed half and half with what passes it by, multiplied through.

Paper: Abnar & Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020).
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import torch
from torch import Tensor, nn

from explain.attribution import TIME, Attribution
from explain.probe import Probe
from spotting_core.models.attention_flow import AttentionFlow, rollout
from spotting_core.models.network import AttentiveNetwork

NAME = "temporal-attention"
_Call = tuple[tuple[Tensor, ...], dict[str, object]]


def encoder_of(network: nn.Module) -> nn.TransformerEncoder | None:
    """The encoder that looks over time, if a network has one."""
    return next((m for m in network.modules() if isinstance(m, nn.TransformerEncoder)), None)


def explain(probe: Probe, label: str) -> Attribution:
    """Share of the anchor's reading that comes from each sample of the window; they add up to 1."""
    began = time.perf_counter()
    if isinstance(probe.network, AttentiveNetwork):
        shares = over_samples(probe.attention(), probe.row)
    else:
        encoder = encoder_of(probe.network)
        assert encoder is not None, "Method.supports tells which models have none"
        shares = rollout([weights[0] for weights in _attention(probe, encoder)])[probe.row]
    values = shares[probe.inside].cpu().numpy()
    return probe.attribution(
        NAME,
        label,
        TIME,
        values,
        baseline="none: read from the model",
        score_baseline=float("nan"),
        scale=(0.0, float(values.max())),
        began=began,
    )


def over_samples(flow: AttentionFlow, row: int) -> Tensor:
    """How much of each sample of a window one of them has after all layers; the samples of a token alike: (W,)."""
    tokens = rollout(flow.over_time)[row // flow.samples]
    return tokens.repeat_interleave(flow.samples) / flow.samples


def _attention(probe: Probe, encoder: nn.TransformerEncoder) -> list[Tensor]:
    """Attention of each layer in one pass over the window: each (1, heads, W, W)."""
    weights_by_layer: list[Tensor] = []

    def ask(_module: nn.Module, inputs: tuple[Tensor, ...], options: dict[str, object]) -> _Call:
        return inputs, {**options, "need_weights": True, "average_attn_weights": False}

    def note(_module: nn.Module, _inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> None:
        weights_by_layer.append(output[1])

    with ExitStack() as stack, torch.no_grad():
        for layer in encoder.layers:
            attention = layer.self_attn
            for handle in (
                attention.register_forward_pre_hook(ask, with_kwargs=True),
                attention.register_forward_hook(note),
            ):
                stack.callback(handle.remove)
        # With gradients on and hooks set, torch takes the plain path instead of its fused one.
        with torch.enable_grad():
            probe.again()
    return [weights.detach() for weights in weights_by_layer]
