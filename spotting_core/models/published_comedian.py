"""COMEDIAN as its authors published it, so that their weights say here what they say there.

Paper: Denize et al., "COMEDIAN: Self-Supervised Learning and Knowledge Distillation for Action Spotting using
Transformers" (WACVW 2024). Original code: juliendenize/eztorch.

The networks are those of ``comedian``. What differs: a token of two samples speaks of the first of them, so of whole
seconds, which the second is displaced to; windows begin at whole seconds; a spot makes what lies within five seconds
less sure, and its time is its own; everything is computed in single precision.

Differences from the published code: it looks at whole seconds of a half alone and leaves out twelve seconds at the very
end of each half, where here the last window keeps its end; and pictures are scaled by our decoder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.domain.spots import Spot
from spotting_core.models.comedian import (
    Comedian,
    ComedianConfig,
    ViSwinConfig,
    ViViTConfig,
    inputs_of,
    swin_transformer,
    vision_transformer,
    windows_of,
)
from spotting_core.models.registry import System, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import Output

SUPPRESSED = 5.0
"""Seconds to either side of a spot within which others are made less sure."""


@dataclass(frozen=True)
class PublishedViViTConfig(ViViTConfig):
    """With a vision transformer. ``suppression`` reaches as far as it says to either side (see ``suppression``)."""

    suppression: float = SUPPRESSED
    queue: int = 0


@dataclass(frozen=True)
class PublishedViSwinConfig(ViSwinConfig):
    """With a Swin transformer."""

    suppression: float = SUPPRESSED
    queue: int = 0


class PublishedComedian(Comedian):
    """The network; see the module."""

    def of_samples(self, logits: Tensor) -> Output:
        """Each sample of a token says what the token says, of its first sample."""
        tube = self.config.tube
        late = torch.arange(tube, dtype=torch.float32, device=logits.device) / self.config.rate
        late = late.repeat(logits.shape[1])[None, :, None].expand(len(logits), -1, logits.shape[2])
        return Output(logits=logits.repeat_interleave(tube, 1), displacement=-late)


def first_samples_loss(model: PublishedComedian, output: Output, targets: AnchorTargets) -> Tensor:
    """Binary cross entropy, mean over classes and the valid samples of which tokens speak."""
    logits, wanted, valid = (one[:, :: model.config.tube] for one in (output.logits, targets.confidence, targets.valid))
    loss = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(-1)
    return (loss * valid).sum() / valid.sum().clamp_min(1)


def _system(
    name: str, config: type[ComedianConfig], trunk: Callable[..., nn.Module]
) -> System[Spot, ComedianConfig, PublishedComedian, AnchorTargets]:
    return System[Spot, ComedianConfig, PublishedComedian, AnchorTargets](
        name=name,
        paper="Denize et al., COMEDIAN, WACVW 2024, as published",
        config=config,
        build=lambda settings: PublishedComedian(settings, trunk(settings)),
        loss=first_samples_loss,
        inputs=inputs_of,
        plan=lambda settings: replace(windows_of(settings), grid=settings.tube),
    )


register(_system("published-comedian-vivit", PublishedViViTConfig, vision_transformer))
register(_system("published-comedian-viswin", PublishedViSwinConfig, swin_transformer))
