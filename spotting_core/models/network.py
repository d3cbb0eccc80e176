"""What every network of a system is: a window in, an output out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from spotting_core.models.attention_flow import AttentionFlow
from spotting_core.models.window import EntitySet, Output, Window

if TYPE_CHECKING:
    from spotting_core.models.environment import ShiftedTrunk


class Network(nn.Module):
    """Base of the networks of all systems, for their types."""

    def __call__(self, window: Window) -> Output:
        """Judge a batch of windows."""
        output: Output = super().__call__(window)
        return output

    def forward(self, window: Window) -> Output:
        """What ``__call__`` does."""
        raise NotImplementedError

    def recompute(self) -> None:
        """Keep less in memory while it learns, by computing activations twice.

        Errors:
            NotImplementedError: it cannot.
        """
        raise NotImplementedError


class AttentiveNetwork(Network):
    """A network of transformers that tells where its attention goes."""

    def attention(self, window: Window) -> AttentionFlow:
        """Attention of all layers in one pass over a window."""
        raise NotImplementedError

    @property
    def sees_places(self) -> bool:
        """Whether it attends to single places of a picture."""
        raise NotImplementedError


class StagedNetwork(Network):
    """What a stage of training trains where that is more than the system's network."""

    network: Network

    def recompute(self) -> None:
        self.network.recompute()

    def begin(self) -> None:
        """Called once, when ``network`` has the weights that the stage starts from."""

    def advance(self, done: float) -> None:
        """Called after each step, with the share of the steps that are done: what moves without a gradient moves."""


class EnvironmentNetwork(Network):
    """A network in three parts that can be asked apart: what looks at pictures, what joins each frame's environment
    with its entities, and what looks over the window."""

    environment: ShiftedTrunk

    @property
    def among_entities(self) -> nn.MultiheadAttention | None:
        """The attention of the kept entities to one another, or None of a network without entities."""
        return None

    def fuse(self, pooled: Tensor, entities: EntitySet | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Environment features (B, T, D) and entities of each frame by itself: fused (B, T, d), and the weights and
        selection of the entities."""
        raise NotImplementedError

    def judge(self, fused: Tensor, pooled: Tensor) -> Output:
        """What is said of the frames of a window. fused: (B, T, d); pooled: (B, T, D)."""
        raise NotImplementedError
