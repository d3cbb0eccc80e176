"""How well entities are found: average precision, precision and recall per entity and size against true boxes.

By **overlap**, a region hits a true box of its name if they overlap by half (intersection over union), by a quarter
where the box is smaller than 12 pixels: one pixel of error there moves more than half of it. By **distance**, it hits
if its centre lies within 5 pixels of the true centre, or within .35 of the box's size (the root of its area) where that
is more. Each true box is hit once, by the most probable region. Frames under a wipe are left out; boxes less than 1
pixel wide or tall count neither way.

The **ceiling** of the first is the share of true boxes that a box at their centre, of the size that is usual for their
name and camera, would hit: the rest cannot be had by finding things, only by knowing how large they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision.ops import box_iou

from spotting_core.base.report_done import ReportDone
from spotting_core.entities.finder import Finder
from spotting_core.entities.prompts import PromptSet
from spotting_core.entities.region import Regions
from spotting_core.entities.truth import TrueFrame, TrueMatch, games_with_boxes
from spotting_core.media.decode import decode_samples
from spotting_core.media.read_ahead import ahead
from spotting_core.media.source import open_match
from spotting_core.media.stretches import stretch_count
from spotting_core.media.times import read_time_table

SIZES = {"under 6 px": (0.0, 6.0), "6 to 16 px": (6.0, 16.0), "over 16 px": (16.0, np.inf)}
OVERLAP, DISTANCE = "overlap", "distance"
_SMALL = 12.0
_OVERLAP, _SMALL_OVERLAP = 0.5, 0.25
_NEAR, _NEAR_SHARE = 5.0, 0.35
_LEAST = 1.0
_BATCH = 16
_RESAMPLES = 400
_CONFIDENCE = (2.5, 97.5)  # percentiles of a 95 % interval


@dataclass
class _Outcomes:
    """By one rule, of one entity in one match: score and hit of every region."""

    scores: list[float] = field(default_factory=list)
    hits: list[bool] = field(default_factory=list)


@dataclass
class _Tally:
    """Of one entity in one match: outcomes by rule, and of every true box (width, height), camera, and whether a region
    at or above the threshold overlaps it enough."""

    threshold: float
    by: dict[str, _Outcomes] = field(default_factory=lambda: {rule: _Outcomes() for rule in MATCHING})
    boxes: list[tuple[float, float]] = field(default_factory=list)
    cameras: list[str] = field(default_factory=list)
    reached: list[bool] = field(default_factory=list)


def measure_entities(
    folder: Path,
    finder: Finder,
    *,
    prompts: PromptSet | None = None,
    rate: float = 2.0,
    report: ReportDone | None = None,
) -> dict[str, Any]:
    """Measure a finder on all rendered matches below a folder.

    Arguments:
        prompts: at whose thresholds precision and recall are told; the finder's own where not given. A finder that also
            proposes what is below them shows the whole of the curve that average precision is the area of.

    Returns, per entity name: truths; ``average_precision`` and ``interval`` (95 %, matches drawn again) by overlap, its
    ``ceiling``, precision and recall, and ``balance``, the threshold that has the greatest harmonic mean of the two;
    recall by size; and under ``by_distance`` average precision, interval, precision, recall and balance by that.

    Errors:
        BadInputError: there is none.
    """
    prompts = prompts or finder.prompts
    games = games_with_boxes(folder)
    matches: list[dict[str, _Tally]] = []
    for done, game in enumerate(games):
        if report:
            report(done, len(games))
        matches.append({e.name: _Tally(e.threshold) for e in prompts.entities})
        for half in open_match(game).halves:
            _measure_half(half.path, TrueMatch(game, half.half), finder, rate, matches[-1])
    return {name: _summary([tallies[name] for tallies in matches]) for name in prompts.names}


def _measure_half(video: Path, truth: TrueMatch, finder: Finder, rate: float, tallies: Mapping[str, _Tally]) -> None:
    table = read_time_table(video)
    frames = table.samples(rate)
    names, following = finder.prompts.names, finder.following()
    for batch in ahead(decode_samples(video, table, frames, batch=_BATCH, stretches=stretch_count())):
        regions_of_batch, _ = following.find(batch.images)
        for sample, regions in zip(batch.samples, regions_of_batch, strict=True):
            true = truth[int(frames[sample])]
            if not true.wipe:
                _count(regions, true, names, truth.size, tallies)


def _count(
    regions: Regions, true: TrueFrame, names: Sequence[str], size: tuple[int, int], tallies: Mapping[str, _Tally]
) -> None:
    """Compare one frame's regions with its truth."""
    shown = true.boxes.clip(0, [*size, *size])
    for k, name in enumerate(names):
        boxes = shown[[i for i, n in enumerate(true.names) if n == name]].reshape(-1, 4)
        rows, visible, tally = regions.entity == k, visible_boxes(boxes), tallies[name]
        for rule, outcomes in tally.by.items():
            hit, _, counts = match_boxes(regions.boxes[rows], boxes, MATCHING[rule])
            outcomes.scores += regions.score[rows][counts].tolist()
            outcomes.hits += hit[counts].tolist()
        _, reached, _ = match_boxes(regions.boxes[rows & (regions.score >= tally.threshold)], boxes)
        tally.reached += reached[visible].tolist()
        tally.boxes += [(x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes[visible].tolist()]
        tally.cameras += [true.camera] * int(visible.sum())


def visible_boxes(boxes: np.ndarray) -> np.ndarray:
    """Which boxes (N, 4), cut to the picture, are large enough to be seen: bool (N,)."""
    return ((boxes[:, 2:] - boxes[:, :2]) >= _LEAST).all(1)


def by_overlap(regions: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How near each region (R, 4) is to each true box (N, 4), more is nearer, and whether it is near enough."""
    overlap = box_iou(torch.from_numpy(regions).float(), torch.from_numpy(true).float()).numpy()
    small = (true[:, 2:] - true[:, :2]).min(1) < _SMALL
    return overlap, overlap >= np.where(small, _SMALL_OVERLAP, _OVERLAP)


def by_distance(regions: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same by the distance of their centres, in pixels."""
    centres, true_centres = ((boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (regions, true))
    distance = np.linalg.norm(centres[:, None] - true_centres[None], axis=2)
    size = np.sqrt((true[:, 2:] - true[:, :2]).clip(0).prod(1))
    return -distance, distance <= np.maximum(_NEAR, _NEAR_SHARE * size)


Matching = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
MATCHING: Mapping[str, Matching] = {OVERLAP: by_overlap, DISTANCE: by_distance}


def match_boxes(
    regions: np.ndarray, true: np.ndarray, matching: Matching = by_overlap
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match regions (in falling order of score) to true boxes, each once.

    Returns which regions hit, which true boxes are reached, and which regions count (those that only
    hit boxes too small to see do not).
    """
    hit, reached = np.zeros(len(regions), bool), np.zeros(len(true), bool)
    counts = np.ones(len(regions), bool)
    if not len(regions) or not len(true):
        return hit, reached, counts
    nearness, enough = matching(regions, true)
    visible = visible_boxes(true)
    for i in range(len(regions)):
        free = np.flatnonzero(enough[i] & ~reached)
        if len(free):
            best = free[int(nearness[i, free].argmax())]
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


def average_precision_interval(
    scores: Sequence[Sequence[float]], hits: Sequence[Sequence[bool]], truths: Sequence[int]
) -> tuple[float, float]:
    """95 % interval of the average precision over matches, which are drawn again with a fixed seed.

    Arguments:
        scores, hits: of the regions of each match; truths: how many it has.
    """
    match = np.repeat(np.arange(len(scores)), [len(s) for s in scores])
    flat, good = np.concatenate([*map(np.asarray, scores), []]), np.concatenate([*map(np.asarray, hits), []])
    order = np.argsort(-flat, kind="stable")
    match, good = match[order], good[order]
    rng, values = np.random.default_rng(0), []
    for _ in range(_RESAMPLES):
        times = np.bincount(rng.integers(0, len(scores), len(scores)), minlength=len(scores))
        there, weight = int(times @ np.asarray(truths)), times[match].astype(float)
        if there:
            reached, regions = np.cumsum(weight * good), np.cumsum(weight)
            precision = np.maximum.accumulate((reached / np.maximum(regions, 1))[::-1])[::-1]
            values.append(float((precision * good * weight).sum() / there))
    low, high = np.percentile(values or [0.0], _CONFIDENCE)
    return round(float(low), 3), round(float(high), 3)


def size_ceiling(boxes: np.ndarray, cameras: Sequence[str]) -> float:
    """Share of boxes (N, 2), width and height, that a box of the median size under their camera would hit."""
    hit = np.zeros(len(boxes), bool)
    kinds = np.array(cameras)
    for camera in set(cameras):
        own = boxes[kinds == camera]
        at_one_place = (np.concatenate([-size / 2, size / 2], axis=1) for size in (np.median(own, 0)[None], own))
        _, enough = by_overlap(*at_one_place)
        hit[kinds == camera] = enough[0]
    return float(hit.mean()) if len(hit) else 0.0


def _summary(matches: Sequence[_Tally]) -> dict[str, Any]:
    boxes = np.array([box for tally in matches for box in tally.boxes], float).reshape(-1, 2)
    cameras = [camera for tally in matches for camera in tally.cameras]
    truths = [len(tally.boxes) for tally in matches]
    overlap, distance = (
        _figures([tally.by[rule] for tally in matches], truths, matches[0].threshold) for rule in MATCHING
    )
    reached = np.array([one for tally in matches for one in tally.reached], bool)
    sizes, by_size = np.sqrt(boxes.prod(1)), {}
    for name, (low, high) in SIZES.items():
        rows = (sizes >= low) & (sizes < high)
        by_size[name] = {
            "truths": int(rows.sum()),
            "recall": round(float(reached[rows].mean()), 3) if rows.any() else None,
        }
    return {
        "truths": len(boxes),
        **overlap,
        "ceiling": round(size_ceiling(boxes, cameras), 3),
        "recall_by_size": by_size,
        "by_distance": distance,
    }


def _figures(outcomes: Sequence[_Outcomes], truths: Sequence[int], threshold: float) -> dict[str, Any]:
    """Average precision with its interval over all regions, precision and recall of those at or above a threshold."""
    scores, hits = ([value for one in outcomes for value in getattr(one, name)] for name in ("scores", "hits"))
    sure = np.array(hits, bool)[np.array(scores, float) >= threshold]
    total = sum(truths)
    return {
        "average_precision": round(average_precision(scores, hits, total), 3),
        "interval": average_precision_interval([o.scores for o in outcomes], [o.hits for o in outcomes], truths),
        "precision": round(float(sure.mean()), 3) if len(sure) else None,
        "recall": round(float(sure.sum()) / total, 3) if total else None,
        "balance": balance_threshold(scores, hits, total),
    }


def balance_threshold(scores: Sequence[float], hits: Sequence[bool], truths: int) -> float | None:
    """The threshold at which the harmonic mean of precision and recall is greatest; None where nothing hits."""
    if not any(hits):
        return None
    order = np.argsort(-np.array(scores), kind="stable")
    right = np.array(hits)[order].cumsum()  # of so many regions, the most probable first
    mean = 2 * right / (np.arange(1, len(order) + 1) + truths)
    return round(float(scores[order[int(mean.argmax())]]), 2)
