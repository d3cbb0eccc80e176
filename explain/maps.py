"""Explanations on one grid: places of frames, whatever the method gave."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from explain.attribution import ENTITY, SPACE, Attribution
from explain.probe import GRID, Probe


def to_grid(maps: Tensor, share: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Maps (W, h, w) of any size on the common grid, bilinearly.

    Arguments:
        share: of the picture's height and width, in its middle, that the maps are of; around it the grid is 0.
    """
    rows, columns = (_middles(cells, part).to(maps.device) for cells, part in zip(GRID, share, strict=True))
    places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).expand(len(maps), -1, -1, -1)
    spread = F.grid_sample(maps[:, None], places, mode="bilinear", padding_mode="border", align_corners=False)[:, 0]
    return spread * ((rows.abs() <= 1)[:, None] & (columns.abs() <= 1))


def _middles(cells: int, share: float) -> Tensor:
    """Where the middles of a line of cells lie from -1 to 1 of the share of it in its middle."""
    return ((torch.arange(cells) + 0.5) * 2 / cells - 1) / share


def place_map(attribution: Attribution, probe: Probe, samples: list[int]) -> np.ndarray | None:
    """What an explanation says of every place of some samples: float32 (n, rows, columns), or None if nothing.

    Entities are drawn as their boxes, with the weight or the fall of the score without them; where boxes
    overlap the strongest counts.
    """
    if attribution.kind == SPACE:
        return np.asarray(attribution.values[samples])
    if attribution.kind != ENTITY:
        return None
    return _drawn(region_values(attribution, probe, samples), probe, samples)


def region_values(attribution: Attribution, probe: Probe, samples: list[int]) -> np.ndarray:
    """Value of every region of some samples: float32 (n, N), NaN where there is none.

    For a method that gives one value per name, every region of the name has it.
    """
    assert probe.entities is not None
    values = np.full((len(samples), probe.entities.share.shape[2]), np.nan, np.float32)
    names = probe.entities.entity[0, probe.inside].cpu().numpy()
    there = probe.entities.share[0, probe.inside].cpu().numpy() > 0
    rows = attribution.values
    measure = rows["weight"] if np.isnan(rows["effect"]).all() else -rows["effect"]
    if attribution.method == "entity-ablation":
        by_name = dict(zip(rows["entity"].tolist(), measure.tolist(), strict=True))
        for i, at in enumerate(samples):
            for column in np.flatnonzero(there[at]):
                values[i, column] = by_name.get(int(names[at, column]), 0.0)
        return values
    window = probe.window
    assert window.table is not None
    sample, slot, _ = window.table.slots(window.first, window.first + len(window.times))
    whole = np.full((len(window.times), values.shape[1]), np.nan, np.float32)
    whole[sample, slot] = measure
    return whole[samples]


def _drawn(values: np.ndarray, probe: Probe, samples: list[int]) -> np.ndarray:
    assert probe.entities is not None
    boxes = probe.entities.box[0, probe.inside][samples].cpu().numpy()
    return np.stack([boxes_on_grid(*of_sample) for of_sample in zip(np.nan_to_num(values), boxes, strict=True)])


def boxes_on_grid(values: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Boxes on the common grid, each with its value, the greatest where they overlap: float32 (rows, columns).

    Arguments:
        values: (N,), those of 0 and less are not drawn; boxes: (N, 4), x1, y1, x2, y2, shares of the picture.
    """
    drawn = np.zeros(GRID, np.float32)
    for value, box in zip(values, boxes * np.array([GRID[1], GRID[0]] * 2), strict=True):
        if value > 0:
            x1, y1, x2, y2 = box
            columns = slice(max(0, int(x1)), max(0, int(x1)) + 1 if x2 <= x1 + 1e-6 else int(np.ceil(x2)))
            rows = slice(max(0, int(y1)), int(np.ceil(y2)))
            drawn[rows, columns] = np.maximum(drawn[rows, columns], value)
    return drawn


def upsampled(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """One map (rows, columns) at the size of a picture, for showing."""
    tensor = torch.from_numpy(np.ascontiguousarray(values, np.float32))[None, None]
    return F.interpolate(tensor, size=(height, width), mode="bilinear", align_corners=False)[0, 0].numpy()
