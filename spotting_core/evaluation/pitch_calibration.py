"""How well pictures are placed on the pitch.

For each sample that has a truth and a prediction:

* *distance*: mean distance in metres between where the truth and the prediction place the points of the picture (a grid
  of them that shows the pitch). The median over samples is told.
* *IoU part*: intersection over union of what the picture shows of the pitch, cell by cell of its own size.
* *IoU whole*: of the whole pitch, mapped by the truth into the picture and by the prediction back, with the pitch.
* *JaC*: of the lines in a picture of 960 by 540 pixels (the SoccerNet calibration challenge): a line is right if all of
  its points that the picture shows lie within 5 pixels of the predicted line of its name; a line that is not, and one
  that is only predicted, is a false positive, one that is only true is missed. Right over all.

A pitch looks alike from its two sides, so of the prediction and the one turned by half a turn the nearer counts.

*Completeness* is the share of the samples that show more than four lines that have a prediction. The challenge's code
divides by all pictures (its text says what is done here), its sampling of lines for false positives is coarser, and
goals, which are not on the ground, are no lines here. Sizes of pitches are their own, not 105 by 68 m for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.report import Evaluation

WIDTH, HEIGHT = 960, 540
REACH = 5.0
"""Pixels of a picture of that size within which a line is right."""
UNNAMED = "Camera not named"
TOGETHER = 100_000
"""Microseconds between the times of a truth and a prediction of one sample."""
LEAST_LINES = 5
"""Lines that a picture shows that a calibration is asked of."""
_POINTS = 8  # of the picture, across and down, whose distance is measured
_CELL = 1.0  # metres
DISTANCE, JAC, COMPLETENESS = "distance", "jac", "Completeness"
METRICS = (DISTANCE, JAC, "part", "whole")


@dataclass(frozen=True)
class CalibrationGame:
    """True and predicted calibrations of a game, sample by sample, and its pitch."""

    name: str
    pitch: Pitch
    truth: Sequence[Calibration]
    predicted: Sequence[Calibration]


@dataclass(frozen=True)
class PlacedSample:
    """The figures of one sample; see the module."""

    label: str
    distance: float
    jac: float
    part: float
    whole: float


def evaluate_calibrations(games: Sequence[CalibrationGame], metric: str = METRICS[0]) -> Evaluation:
    """One figure by camera and over all samples, and all figures over all.

    Errors:
        BadInputError: no sample has both a truth and a prediction.
    """
    placed = [one for game in games for one in _placed(game)]
    if not placed:
        used = sum(c.homography is not None for game in games for c in game.predicted)
        total = sum(len(game.predicted) for game in games)
        raise BadInputError(
            f"no sample whose truth shows the pitch's lines has a prediction ({used} of {total} can be used)",
            fix="Check that both are of the same games and halves, at two samples a second, and sure enough",
        )
    complete = len(placed) / sum(_samples_with_lines(game) for game in games)
    values = {name: _summed(name, placed) for name in METRICS}
    cameras = sorted({one.label for one in placed})
    per_class = {c: {"all": _summed(metric, [one for one in placed if one.label == c])} for c in cameras}
    return Evaluation(
        "calibration",
        metric,
        False,
        _HEADLINES[metric],
        {"all": values[metric]},
        per_class,
        {c: float(sum(one.label == c for one in placed)) for c in cameras},
        {**{_HEADLINES[n]: values[n] for n in METRICS if n != metric}, COMPLETENESS: complete,
         "JaC by completeness": values["jac"] * complete},
        errors=frozenset({_HEADLINES[DISTANCE]}),
    )  # fmt: skip


_HEADLINES = {
    "distance": "Median distance, m",
    "jac": f"JaC@{REACH:.0f}",
    "part": "IoU part",
    "whole": "IoU whole",
}


def _summed(name: str, placed: Sequence[PlacedSample]) -> float:
    values = [getattr(one, name) for one in placed]
    return float(np.median(values) if name == "distance" else np.mean(values))


def _pairs(game: CalibrationGame) -> Iterator[tuple[Calibration, Calibration | None]]:
    """Every true calibration with the prediction of its sample: the nearest, for a sample shows the nearest frame."""
    for half in sorted({c.half for c in game.truth}):
        predicted = sorted((c for c in game.predicted if c.half == half), key=lambda c: c.time)
        times = np.array([c.time for c in predicted])
        for true in (c for c in game.truth if c.half == half):
            near = int(np.abs(times - true.time).argmin()) if len(times) else -1
            yield true, predicted[near] if near >= 0 and abs(times[near] - true.time) <= TOGETHER else None


def shows_enough(true: Calibration, pitch: Pitch) -> bool:
    """Whether a picture shows so many lines that a calibration is asked of it."""
    return true.homography is not None and len(_lines(true.homography, pitch)) >= LEAST_LINES


def _samples_with_lines(game: CalibrationGame) -> int:
    """Samples that show enough lines."""
    return sum(shows_enough(true, game.pitch) for true in game.truth)


def _placed(game: CalibrationGame) -> Iterator[PlacedSample]:
    for true, predicted in _pairs(game):
        if predicted is None or predicted.homography is None or not shows_enough(true, game.pitch):
            continue
        assert true.homography is not None
        yield placed_sample(true.homography, predicted.homography, game.pitch, true.label or UNNAMED)


def placed_sample(true: Homography, predicted: Homography, pitch: Pitch, label: str = "") -> PlacedSample:
    """The figures of a sample; of the prediction, or where that is nearer, of the one turned by half a turn."""
    own = min((predicted, predicted.turned()), key=lambda one: distance(true, one, pitch))
    return PlacedSample(
        label,
        distance(true, own, pitch),
        jac(true, own, pitch),
        iou_part(true, own, pitch),
        iou_whole(true, own, pitch),
    )


def distance(true: Homography, predicted: Homography, pitch: Pitch) -> float:
    """Mean distance in metres of the picture's points on the pitch; infinite where a point is not predicted on it."""
    at = (np.stack(np.meshgrid(np.arange(_POINTS), np.arange(_POINTS)), -1).reshape(-1, 2) + 0.5) / _POINTS
    ground = true.to_pitch(at)
    on_pitch = pitch.contains(ground)
    if not on_pitch.any():
        return float("inf")
    off = np.linalg.norm(predicted.to_pitch(at[on_pitch]) - ground[on_pitch], axis=-1)
    return float("inf") if np.isnan(off).any() else float(off.mean())


def iou_part(true: Homography, predicted: Homography, pitch: Pitch) -> float:
    """Intersection over union of the parts of the pitch that the picture shows."""
    grid = pitch.grid(_CELL)
    return _overlap(true.shown(grid), predicted.shown(grid))


def iou_whole(true: Homography, predicted: Homography, pitch: Pitch) -> float:
    """Share of the pitch that, seen by the truth and placed by the prediction, lies on the pitch."""
    return float(pitch.contains(predicted.placed_from(true, pitch.grid(_CELL))).mean())


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    either = (a | b).sum()
    return float((a & b).sum() / either) if either else 0.0


def jac(true: Homography, predicted: Homography, pitch: Pitch, reach: float = REACH) -> float:
    """Lines that are right over all that are true or predicted; 0 where there is none."""
    own, others = _lines(true, pitch), _lines(predicted, pitch)
    right = sum(_near(points, others[name], reach) for name, points in own.items() if name in others)
    both = len(own.keys() & others.keys())
    wrong, missed = both - right + len(others.keys() - own.keys()), len(own.keys() - others.keys())
    total = right + wrong + missed
    return right / total if total else 0.0


def _lines(homography: Homography, pitch: Pitch) -> Mapping[str, np.ndarray]:
    """The points of the lines that a picture shows two of, in pixels: (N, 2) each."""
    points_of_lines = {}
    for name, points in pitch.lines.items():
        at = homography.to_picture(points)
        inside = at[np.all((at >= 0) & (at <= 1), axis=-1)]
        if len(inside) > 1:
            points_of_lines[name] = inside * (WIDTH, HEIGHT)
    return points_of_lines


def _near(points: np.ndarray, line: np.ndarray, reach: float) -> bool:
    """Whether all points lie within reach of the segments between a line's points."""
    start, along = line[:-1], np.diff(line, axis=0)
    length = np.maximum((along**2).sum(-1), 1e-12)
    share = np.clip(((points[:, None] - start) * along).sum(-1) / length, 0, 1)
    off = np.linalg.norm(points[:, None] - (start + share[..., None] * along), axis=-1)
    return bool((off.min(1) <= reach).all())
