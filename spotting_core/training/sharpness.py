"""Sharpness-aware minimisation around any optimiser.

Paper: Foret et al., "Sharpness-Aware Minimization for Efficiently Improving Generalization" (ICLR 2021), used by
Soares et al. for dense anchors. A step climbs by ``radius`` along the gradient, takes the gradient there, and lets
the optimiser go down from where it was with that gradient. It costs two passes.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class SharpnessAware:
    """Wrapper of an optimiser whose parameters have their gradient already.

    Arguments:
        radius: ρ, how far to climb; 0 is the optimiser alone.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, radius: float) -> None:
        self.optimiser, self.radius = optimiser, radius

    def step(self, again: Callable[[], object]) -> None:
        """One step; ``again`` computes the gradient anew and is called only where ρ is not 0."""
        if self.radius:
            moved = self._climb()
            self.optimiser.zero_grad(set_to_none=True)
            again()
            for parameter, start in moved:
                parameter.data.copy_(start)
        self.optimiser.step()

    @torch.no_grad()
    def _climb(self) -> list[tuple[Tensor, Tensor]]:
        """Move by ρ along the gradient; returns the parameters with their values from before."""
        live = [p for group in self.optimiser.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.stack([p.grad.norm() for p in live]).norm().clamp_min(1e-12)
        before = [(p, p.detach().clone()) for p in live]
        for p in live:
            p.add_(p.grad * (self.radius / norm))
        return before
