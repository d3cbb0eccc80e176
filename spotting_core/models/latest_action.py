"""The rule of replay grounding: a replay shows the latest action of some classes before it.

No network, and hard to beat: directors replay what has just happened. It reads which actions were spotted when, and
has one number to learn, which is how often the rule is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Positive, Share
from spotting_core.models.grounding import (
    NEVER,
    GroundingConfig,
    GroundingTargets,
    grounding_targets,
    one_stretch,
    reads_pairs,
)
from spotting_core.models.network import Network
from spotting_core.models.registry import System, register
from spotting_core.models.window import Output, Window


@dataclass(frozen=True)
class LatestActionConfig(GroundingConfig):
    """The rule.

    Arguments:
        actions: classes that are replayed, those of the classes that the model has.
        least: confidence from which an action counts.
    """

    replay: Positive = 40
    ends_with_replay: bool = True
    repeated: bool = False
    actions: tuple[str, ...] = ("Goal", "Foul", "Shots on target")
    least: Share = 0.3


class LatestAction(Network):
    """The rule. ``forward`` takes a ``Window`` whose features are the confidence of each class (``layer-spots``)."""

    def __init__(self, config: LatestActionConfig) -> None:
        super().__init__()
        self.config = config
        self.columns = [k for k, name in enumerate(config.classes) if name in config.actions]
        self.right = nn.Parameter(torch.zeros(1))  # logit of how often the rule is right

    def forward(self, window: Window) -> Output:
        spots = self.config.features_of(window)
        before = self.config.before_replay(window)
        there = (spots[..., self.columns].amax(-1) >= self.config.least) & before  # (B, T)
        later = there.flip(1).cumsum(1).flip(1) - there.long()
        latest = there & (later == 0)
        never = torch.full_like(latest, torch.logit(torch.tensor(NEVER)).item(), dtype=spots.dtype)
        return Output(logits=torch.where(latest, self.right.expand_as(never), never).unsqueeze(-1))


def latest_action_loss(_model: LatestAction, output: Output, targets: GroundingTargets) -> Tensor:
    """Binary cross entropy of the one sample that the rule names: whether the action lies within a second of it."""
    named = output.logits.squeeze(-1) > output.logits.squeeze(-1).amin(1, keepdim=True)
    near = F.max_pool1d(targets.at.unsqueeze(1), 5, stride=1, padding=2).squeeze(1)
    losses = F.binary_cross_entropy_with_logits(output.logits.squeeze(-1), near, reduction="none")
    return (losses * named).sum() / named.sum().clamp_min(1)


register(
    System(
        name="latest-action",
        paper="ours: the latest action before a replay",
        config=LatestActionConfig,
        build=LatestAction,
        loss=latest_action_loss,
        inputs=reads_pairs,
        plan=one_stretch,
        targets=grounding_targets,
        task="replays",
    )
)
