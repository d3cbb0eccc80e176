"""Intersection over union and F1 of camera shots: which camera is on, at every moment.

Defined by the SoccerNet-v2 development kit (Deliège et al., CVPRW 2021, task 2), which publishes no evaluator of
files. A change names the shot that ends there. Officially

* a half is sampled twice a second; a change at second s lies in sample 2 s - 1, one at 0:00 in the last;
* where several changes lie in one sample, the camera first in the list counts, and after the last change the
  first camera is on;
* "Other" is no known camera (only "other" and "I don't know" are), so such a change is passed over;
* to the intersection and the union of each camera 1 is added in every half, and all cameras are averaged;
* F1 counts one sample more, truly of the first camera and predicted as the second; its "manual" form looks only
  at the samples of each camera, so that it knows no false positive, and leaves the last camera out.

Without ``official`` durations are exact, "Other" is a camera, nothing is added, what lies after the last true
change is not judged, and cameras without truth are left out. The length of an official half is that of its last
change, true or predicted: the features that the kit takes it from are not at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import OTHER, OTHER_LABELS, camera_class
from spotting_core.evaluation.camera_files import CameraGame, EvaluatedChange
from spotting_core.evaluation.checks import check_classes, check_some_truth
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.evaluation.track import CELLS_PER_SECOND, HALVES


def check_cameras(
    games: Sequence[CameraGame], cameras: Sequence[str], labels: object, predictions: object, record: Record
) -> None:
    """Record the changes of cameras that nobody knows, which are passed over.

    Arguments:
        labels, predictions: where they were read from.

    Errors:
        BadInputError: there is no true change, or not one of a known camera on one side.
    """
    check_some_truth(sum(len(g.truth) for g in games), labels)
    true = ((g.name, [camera_class(c.label) for c in g.truth]) for g in games)
    found = ((g.name, [camera_class(c.label) for c in g.predicted]) for g in games)
    check_classes(true, cameras, "label", labels, record)
    check_classes(found, cameras, "prediction", predictions, record)


def evaluate_cameras(games: Sequence[CameraGame], cameras: Sequence[str], *, official: bool = False) -> Evaluation:
    """Mean intersection over union, per camera, and F1.

    Errors:
        BadInputError: no game at all.
    """
    return camera_evaluator(games, cameras, official=official)(range(len(games)))


def camera_evaluator(games: Sequence[CameraGame], cameras: Sequence[str], *, official: bool = False) -> Evaluator:
    """What measures any of some games, each laid out once.

    Errors:
        BadInputError: no game at all.
    """
    if not games:
        raise BadInputError("there is no game to evaluate", fix="Check the folders of labels and predictions")
    index = _index(cameras, official)
    own = np.array([sum(_confusion(g, half, index, len(cameras), official) for half in HALVES) for g in games])
    return lambda numbers: _evaluation(own[list(numbers)].sum(0), cameras, len(numbers) * len(HALVES), official)


def _evaluation(confusion: np.ndarray, cameras: Sequence[str], halves: int, official: bool) -> Evaluation:
    """The figures of what was on while what was predicted, (C, C + 1), over so many halves."""
    truth, shared = confusion.sum(1), np.diag(confusion)
    joined = truth + confusion[:, :-1].sum(0) - shared
    if official:
        shared, joined = shared + halves, joined + halves
    overlap = np.divide(shared, joined, out=np.zeros(len(cameras)), where=joined > 0)
    present = np.ones(len(cameras), bool) if official else truth > 0
    return Evaluation(
        "shots",
        "miou",
        official,
        "Mean IoU",
        {"all": float(overlap[present].mean()) if present.any() else 0.0},
        {n: {"all": float(overlap[i]) if present[i] else None} for i, n in enumerate(cameras)},
        {n: _seconds(truth[i], official) for i, n in enumerate(cameras)},
        _official_f1(confusion[:, :-1]) if official else _f1(confusion),
        "s",
    )


def _seconds(amount: float, official: bool) -> float:
    return float(amount) / (CELLS_PER_SECOND if official else 1e6)


def _index(cameras: Sequence[str], official: bool) -> dict[str, int]:
    index = {name: i for i, name in enumerate(cameras)}
    if OTHER in index:
        index |= dict.fromkeys(OTHER_LABELS, index[OTHER])
        if official:
            del index[OTHER]
    return index


def _confusion(game: CameraGame, half: int, index: dict[str, int], cameras: int, official: bool) -> np.ndarray:
    """How long each camera was on (rows) while each was predicted, the last column none; (C, C + 1)."""
    true = [c for c in game.truth if c.half == half and c.label in index]
    predicted = [c for c in game.predicted if c.half == half and c.label in index]
    cells = np.zeros((cameras, cameras + 1))
    if official:
        length = max((_sample(c) for c in (*true, *predicted)), default=-1) + 1
        np.add.at(cells, (_sampled(true, index, length), _sampled(predicted, index, length)), 1)
        return cells
    if not true:
        return cells
    end = max(c.time for c in true)
    edges = np.unique([0, *(min(max(c.time, 0), end) for c in (*true, *predicted))])
    pairs = (_on_until(true, index, edges[1:], cameras), _on_until(predicted, index, edges[1:], cameras))
    np.add.at(cells, pairs, np.diff(edges))
    return cells


def _sample(change: EvaluatedChange) -> int:
    return CELLS_PER_SECOND * change.second - 1


def _sampled(changes: Sequence[EvaluatedChange], index: dict[str, int], length: int) -> np.ndarray:
    """The official camera of each sample, int64 (length,)."""
    first: dict[int, int] = {}
    for change in changes:
        sample = _sample(change) % length
        first[sample] = min(index[change.label], first.get(sample, index[change.label]))
    at = np.array(sorted(first), np.int64)
    camera = np.array([*(first[s] for s in sorted(first)), 0])
    return camera[np.searchsorted(at, np.arange(length), side="left")]


def _on_until(changes: Sequence[EvaluatedChange], index: dict[str, int], times: np.ndarray, none: int) -> np.ndarray:
    """The camera that is on just before each time, or ``none`` after the last change."""
    ordered = sorted(changes, key=lambda c: c.time)
    camera = np.array([*(index[c.label] for c in ordered), none])
    return camera[np.searchsorted(np.array([c.time for c in ordered], np.int64), times, side="left")]


def _f1(confusion: np.ndarray) -> dict[str, float]:
    both, truth, predicted = np.diag(confusion), confusion.sum(1), confusion[:, :-1].sum(0)
    present = truth > 0
    single = 2 * both[present] / (truth + predicted)[present]
    total = truth.sum()
    return {
        "F1, macro": float(single.mean()) if present.any() else 0.0,
        "F1, micro": float(both.sum() / total) if total else 0.0,
    }


def _official_f1(counts: np.ndarray) -> dict[str, float]:
    """The three forms of the development kit, from counts of samples (C, C)."""
    counts = counts.copy()
    counts[0, 1] += 1
    both, truth, predicted = np.diag(counts), counts.sum(1), counts.sum(0)
    occurring = truth + predicted > 0
    recall = np.divide(both, truth, out=np.zeros(len(counts)), where=truth > 0)
    manual = 2 * recall / (1 + recall)
    return {
        "F1, macro": float((2 * both[occurring] / (truth + predicted)[occurring]).mean()),
        "F1, micro": float(both.sum() / counts.sum()),
        "F1, manual": float(manual[:-1].sum() / (len(manual) - 1)),
    }
