"""Shapley values of the scene: what every place and every entity that was found adds to the score, from nothing to all.

Integrated gradients bring back the picture and hold the entities fixed, though these carry most of the score. Here
both come back together. At every step of a path from 0 to 1 as large a share of the entities near the anchor is in
the set, which ones by chance, in groups of a name and a sample; and the frames near it have come back from blurred by
the square of that share, for the score bends most where little is to be seen. What a group adds, with and without it
beside whatever else is there, is averaged over the steps, as Owen's multilinear extension has Shapley values; what a
place of the picture adds is summed from slopes along the path, as Aumann and Shapley's values are. All add up to the
change of the score, but for chance, for the few steps, and for the jumps where the model keeps other entities on the
way. Entities are asked with and without, and not by slopes along their shares: those are flat where the score is
sure.

A group's value is divided among its entities by the weights that the model gives them, and each lies in the cell of its
middle, with which the measures of faithfulness take it out.

Papers: Owen, "Multilinear Extensions of Games" (Management Science, 1972); Aumann and Shapley, "Values of Non-Atomic
Games" (1974); Sundararajan et al., "Axiomatic Attribution for Deep Networks" (ICML 2017).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from explain.attribution import SPACE, Attribution
from explain.integrated_gradients import summed_by_cell
from explain.probe import GRID, ChangedPictures, Probe, gradients

NAME = "scene-shapley"
SPAN = 4  # samples to either side of the anchor
STEPS = 6
_SEED = 0
_BATCH = 32  # variants of one group each


def explain(probe: Probe, label: str, *, span: int = SPAN, steps: int = STEPS) -> Attribution:
    """Maps of the frames within ``span`` of the anchor, 0 elsewhere: picture and entities together."""
    began = time.perf_counter()
    window, near = probe.window, probe.window.near(span)
    groups = Groups.of(probe, near)
    picture, entities = scene_values(probe, label, groups, steps)
    values = np.zeros((len(window.times), *GRID), np.float32)
    values[near] = picture + in_cells(groups.divided(entities, probe), probe.cells(near[0], near[-1] + 1))
    reach = float(max(1e-6, np.abs(values).max()))
    nothing = probe.keep(torch.zeros(1, len(near), 1, 1), near[0])
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline=f"the {len(near)} frames around the anchor blurred, their entities taken out",
        score_baseline=float(probe.at_anchor(nothing, label)),
        scale=(-reach, reach),
        began=began,
    )


@dataclass(frozen=True)
class Groups:
    """The entities of consecutive samples by sample and name.

    Arguments:
        first: the first of the samples.
        number: int64 (n, N), of each entity's group, -1 where there is none.
        sample: int64 (G,), of each group, from 0 for ``first``.
    """

    first: int
    number: Tensor
    sample: Tensor

    @classmethod
    def of(cls, probe: Probe, near: list[int]) -> Groups:
        assert probe.entities is not None
        rows = slice(probe.window.before + near[0], probe.window.before + near[-1] + 1)
        names, there = probe.entities.entity[0, rows].cpu(), probe.entities.share[0, rows].cpu() > 0
        samples = torch.arange(len(near))[:, None].expand_as(names)
        pairs = torch.stack([samples[there], names[there]], 1)
        known, inverse = torch.unique(pairs, dim=0, return_inverse=True)
        number = torch.full(names.shape, -1)
        number[there] = inverse
        return cls(near[0], number, known[:, 0])

    def __len__(self) -> int:
        return len(self.sample)

    def stays(self, drawn: Tensor) -> Tensor:
        """Which entities stay, float (n, N), where of the groups those that were drawn, bool (G,), do."""
        return torch.cat([drawn, torch.zeros(1, dtype=torch.bool)])[self.number].float()

    def flipped(self, drawn: Tensor) -> Tensor:
        """Which entities of its own sample stay where each group changes sides: float (G, N)."""
        own = self.number[self.sample]
        flips = own == torch.arange(len(self))[:, None]
        return torch.where(flips, 1 - self.stays(drawn)[self.sample], self.stays(drawn)[self.sample])

    def divided(self, values: np.ndarray, probe: Probe) -> np.ndarray:
        """Values of groups (G,) among their entities, by the weights that the unchanged model gives: float32 (n, N)."""
        shares = np.zeros(self.number.shape, np.float32)
        if not len(self):
            return shares
        weight = probe.output.weight
        assert weight is not None
        start = probe.window.before + self.first
        own = weight[0, start : start + len(shares)].float().cpu().numpy() + 1e-6  # all dropped: in equal parts
        number, there = self.number.numpy(), self.number.numpy() >= 0
        whole = np.bincount(number[there], own[there], len(self))
        shares[there] = values[number[there]] * own[there] / whole[number[there]]
        return shares


def scene_values(probe: Probe, label: str, groups: Groups, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """What every place of the pictures, float32 (n, rows, columns), and every group of entities, (G,), adds."""
    count = len(groups.number)
    size, chance = probe.window.pictures.shape[1:3], torch.Generator().manual_seed(_SEED)
    picture, entities = np.zeros((count, *GRID), np.float32), np.zeros(len(groups), np.float32)
    for step in range(steps):
        probe.between()
        there = (step + 0.5) / steps
        order = torch.randperm(len(groups), generator=chance)
        drawn = order < round(there * len(groups))  # as many as the chance says, which steadies the sums
        presence = torch.full((1, count, *size), there, device=probe.model.device, requires_grad=True)
        changed, slopes = _of_picture(probe, label, presence, groups, drawn)
        picture += summed_by_cell(slopes[0]) / steps
        if len(groups):
            entities += _of_groups(probe, label, changed, groups, drawn) / steps
    return picture, entities


def in_cells(values: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Values of entities (n, N), each in its cell (n, N), summed: float32 (n, rows, columns)."""
    summed = np.zeros((len(values), GRID[0] * GRID[1]), np.float32)
    for sample, (some, at) in enumerate(zip(values, cells, strict=True)):
        np.add.at(summed[sample], at, some)
    return summed.reshape(-1, *GRID)


def _of_picture(
    probe: Probe, label: str, presence: Tensor, groups: Groups, drawn: Tensor
) -> tuple[ChangedPictures, Tensor]:
    """What the environment makes of a half blurred picture, and the score's slopes along its presence, with some
    groups."""
    with gradients(probe):
        changed = probe.with_pictures(probe.mixed(presence.square(), groups.first), groups.first)
        logits = probe.judge(changed, probe.share_where(groups.stays(drawn), groups.first))
        (slopes,) = torch.autograd.grad(probe.at_anchor(logits, label).sum(), presence)
    return replace(changed, pooled=changed.pooled.detach()), slopes.float()


@torch.no_grad()
def _of_groups(probe: Probe, label: str, changed: ChangedPictures, groups: Groups, drawn: Tensor) -> np.ndarray:
    """What every group adds beside those that were drawn: float32 (G,)."""
    share = probe.share_where(groups.stays(drawn), groups.first)
    with probe.number_format():
        score = probe.at_anchor(probe.judge(changed, share), label)
    samples = groups.sample + groups.first
    others = [
        probe.at_anchor(probe.judge_each(changed, share, at, stays), label)
        for at, stays in zip(torch.split(samples, _BATCH), torch.split(groups.flipped(drawn), _BATCH), strict=True)
    ]
    change = (score - torch.cat(others)).cpu()
    added: np.ndarray = torch.where(drawn, change, -change).numpy()
    return added
