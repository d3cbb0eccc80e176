"""How well entities are found: precision and recall per entity and size against true boxes.

A region hits a true box of its name if they overlap by half (intersection over union), by a quarter where
the box is smaller than 12 pixels: one pixel of error there moves more than half of it. Each true box is hit
once, by the most probable region. Frames under a wipe are left out; boxes less than 1 pixel wide or tall
count neither way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision.ops import box_iou

from spotting_core.base.report_done import ReportDone
from spotting_core.entities.finder import Finder
from spotting_core.entities.region import Regions
from spotting_core.entities.truth import TrueFrame, TrueMatch, games_with_boxes
from spotting_core.media.decode import ahead, decode_samples
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table

SIZES = {"under 6 px": (0.0, 6.0), "6 to 16 px": (6.0, 16.0), "over 16 px": (16.0, np.inf)}
_SMALL = 12.0
_OVERLAP, _SMALL_OVERLAP = 0.5, 0.25
_LEAST = 1.0
_BATCH = 16


@dataclass
class _Tally:
    """Outcomes for one entity: score and hit of every region, size and hit of every true box."""

    scores: list[float] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    reached: list[bool] = field(default_factory=list)


def measure_entities(
    folder: Path, finder: Finder, *, rate: float = 2.0, report: ReportDone | None = None
) -> dict[str, Any]:
    """Measure a finder on all rendered matches below a folder.

    Returns, per entity name: truths, average_precision, precision and recall at the prompt's threshold,
    and recall by size.

    Errors:
        BadInputError: there is none.
    """
    tallies = {name: _Tally() for name in finder.prompts.names}
    games = games_with_boxes(folder)
    for done, game in enumerate(games):
        if report:
            report(done, len(games))
        for half in open_match(game).halves:
            _measure_half(half.path, TrueMatch(game, half.half), finder, rate, tallies)
    return {name: _summary(tally) for name, tally in tallies.items()}


def _measure_half(video: Path, truth: TrueMatch, finder: Finder, rate: float, tallies: dict[str, _Tally]) -> None:
    table = read_time_table(video)
    frames = table.samples(rate)
    names = finder.prompts.names
    for batch in ahead(decode_samples(video, table, frames, batch=_BATCH)):
        regions_of_batch, _ = finder.find(batch.images)
        for sample, regions in zip(batch.samples, regions_of_batch, strict=True):
            true = truth[int(frames[sample])]
            if not true.wipe:
                _count(regions, true, names, truth.size, tallies)


def _count(
    regions: Regions, true: TrueFrame, names: Sequence[str], size: tuple[int, int], tallies: dict[str, _Tally]
) -> None:
    """Compare one frame's regions with its truth."""
    shown = true.boxes.clip(0, [*size, *size])
    for k, name in enumerate(names):
        boxes = shown[[i for i, n in enumerate(true.names) if n == name]].reshape(-1, 4)
        rows = regions.entity == k
        hit, reached, counts = match_boxes(regions.boxes[rows], boxes)
        tally = tallies[name]
        tally.scores += regions.score[rows][counts].tolist()
        tally.hits += hit[counts].tolist()
        extent = np.sqrt((boxes[:, 2] - boxes[:, 0]).clip(0) * (boxes[:, 3] - boxes[:, 1]).clip(0))
        visible = _visible(boxes)
        tally.sizes += extent[visible].tolist()
        tally.reached += reached[visible].tolist()


def _visible(boxes: np.ndarray) -> np.ndarray:
    return ((boxes[:, 2:] - boxes[:, :2]) >= _LEAST).all(1)


def match_boxes(regions: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match regions (in falling order of score) to true boxes, each once.

    Returns which regions hit, which true boxes are reached, and which regions count (those that only
    overlap boxes too small to see do not).
    """
    hit, reached = np.zeros(len(regions), bool), np.zeros(len(true), bool)
    counts = np.ones(len(regions), bool)
    if not len(regions) or not len(true):
        return hit, reached, counts
    overlap = box_iou(torch.from_numpy(regions).float(), torch.from_numpy(true).float()).numpy()
    small = (true[:, 2:] - true[:, :2]).min(1) < _SMALL
    enough = overlap >= np.where(small, _SMALL_OVERLAP, _OVERLAP)
    visible = _visible(true)
    for i in range(len(regions)):
        free = np.flatnonzero(enough[i] & ~reached)
        if len(free):
            best = free[int(overlap[i, free].argmax())]
            reached[best] = True
            hit[i] = visible[best]
            counts[i] = visible[best]
    return hit, reached, counts


def average_precision(scores: Sequence[float] | np.ndarray, hits: Sequence[bool] | np.ndarray, truths: int) -> float:
    """Area under the precision-recall curve, precision made monotone (all-point interpolation)."""
    if truths == 0 or not len(scores):
        return 0.0
    order = np.argsort(-np.asarray(scores), kind="stable")
    good = np.cumsum(np.asarray(hits)[order])
    precision = good / np.arange(1, len(good) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((precision * np.asarray(hits)[order]).sum() / truths)


def _summary(tally: _Tally) -> dict[str, Any]:
    truths, sizes, reached = len(tally.sizes), np.array(tally.sizes), np.array(tally.reached, bool)
    by_size = {}
    for name, (low, high) in SIZES.items():
        rows = (sizes >= low) & (sizes < high)
        by_size[name] = {
            "truths": int(rows.sum()),
            "recall": round(float(reached[rows].mean()), 3) if rows.any() else None,
        }
    return {
        "truths": truths,
        "average_precision": round(average_precision(tally.scores, tally.hits, truths), 3),
        "precision": round(float(np.mean(tally.hits)), 3) if tally.hits else None,
        "recall": round(float(reached.mean()), 3) if truths else None,
        "recall_by_size": by_size,
    }
