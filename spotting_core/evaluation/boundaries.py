"""Average precision of camera changes, by kind of change.

Defined by the SoccerNet-v2 development kit (Deliège et al., CVPRW 2021, task 2): one class, a tolerance of one
second (half a second to either side), non-maximum suppression with the same window, 200 thresholds, 11 points.
Of each kind (abrupt, smooth, logo) those detections count whose nearest truth is of it. Officially

* a change at second s lies in cell 2 s - 1, whatever its exact position, and one at 0:00 at the end of the half;
* suppression erases the cell of a detection and the one before it, not the one after;
* changes of another kind than the three are no truth;
* matching is greedy.

Without ``official`` times are exact, the window is symmetric, every change is truth and matching is optimal.
Predictions go through the same reading as labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import unknown_names
from spotting_core.evaluation.camera_files import CameraGame, EvaluatedChange
from spotting_core.evaluation.checks import check_classes, check_some_truth
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.games import GameColumns, SpotColumns
from spotting_core.evaluation.matching import matches
from spotting_core.evaluation.precision import Counts
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.evaluation.suppress import strongest
from spotting_core.evaluation.track import CELLS, CELLS_PER_SECOND, HALVES, lay_out

KINDS = ("abrupt", "smooth", "logo")
TOLERANCE = 1.0
_CELL = 1_000_000 // CELLS_PER_SECOND  # microseconds


def check_kinds(games: Sequence[CameraGame], labels: object, record: Record, *, official: bool = False) -> None:
    """Record the true changes of a kind that nobody knows; one whose kind nobody said is of none.

    They count among all changes, officially not at all.

    Arguments:
        labels: where they were read from.

    Errors:
        BadInputError: no change is truth.
    """
    kinds = [(g.name, [c.change_type for c in g.truth if c.change_type]) for g in games]
    if official:
        check_classes(kinds, KINDS, "label", labels, record)
    else:
        for game, said in kinds:
            unknown = Counter(kind for kind in said if kind not in KINDS)
            for clause in unknown_names(unknown, KINDS, "change"):
                record.skip(game, f"{clause}, counted among all changes alone")
    check_some_truth(sum(not official or c.change_type in KINDS for g in games for c in g.truth), labels)


def note_unrated(games: Sequence[CameraGame], record: Record) -> None:
    """Record the predicted changes that do not say how sure they are: they come before all others."""
    for game in games:
        unrated = sum(not change.rated for change in game.predicted)
        if unrated:
            count = f"{unrated} of its {len(game.predicted)} predictions"
            record.skip(game.name, f"{count} without a confidence, counted as certain")


def evaluate_boundaries(games: Sequence[CameraGame], *, official: bool = False) -> Evaluation:
    """Average precision of all changes and of each kind.

    Errors:
        BadInputError: no game at all.
    """
    return boundary_evaluator(games, official=official)(range(len(games)))


def boundary_evaluator(games: Sequence[CameraGame], *, official: bool = False) -> Evaluator:
    """What measures any of some games, matched once.

    Errors:
        BadInputError: no game at all.
    """
    if not games:
        raise BadInputError("there is no game to evaluate", fix="Check the folders of labels and predictions")
    tracks = {k: lay_out([_columns(g, k, official) for g in games], ("change",), official=official) for k in KINDS}
    hits = {kind: next(matches(track, [TOLERANCE], official=official)) for kind, track in tracks.items()}

    def evaluate(numbers: Sequence[int]) -> Evaluation:
        times = np.bincount(numbers, minlength=len(games))
        per_class: dict[str, dict[str, float | None]] = {}
        truths: dict[str, float] = {}
        everything = 0.0
        for kind, track in tracks.items():
            counts = Counts(track, times)
            values = counts.curves(hits[kind]).average_precision()[0]
            everything = float(values[0])
            truths[kind] = int(counts.truths[0, 1])
            per_class[kind] = {"all": float(values[1]) if truths[kind] else None}
        others = float(counts.truths[0, 0]) - sum(truths.values())
        average = {"all": everything}
        return Evaluation("boundaries", "at1", official, "Boundary AP", average, per_class, truths, of_no_class=others)

    return evaluate


def _columns(game: CameraGame, kind: str, official: bool) -> GameColumns:
    true = [c for c in game.truth if not official or c.change_type in KINDS]
    predicted = [i for half in HALVES for i in _suppressed(game.predicted, half, official)]
    return GameColumns(
        game.name,
        _spots(true, [1 if c.change_type == kind else -1 for c in true], official),
        _spots([game.predicted[i] for i in predicted], [1] * len(predicted), official),
    )


def _time(change: EvaluatedChange, official: bool) -> int:
    """Microseconds; officially those of the change's cell."""
    if not official:
        return change.time
    return min(CELLS_PER_SECOND * change.second - 1, CELLS - 1) % CELLS * _CELL


def _spots(changes: Sequence[EvaluatedChange], kinds: Sequence[int], official: bool) -> SpotColumns:
    return SpotColumns(
        np.array([c.half for c in changes], np.int16),
        np.array([_time(c, official) for c in changes], np.int64),
        np.zeros(len(changes), np.int16),
        np.array([c.confidence for c in changes], np.float64),
        np.array(kinds, np.int8),
    )


def _suppressed(changes: Sequence[EvaluatedChange], half: int, official: bool) -> list[int]:
    """Indices of the detections of a half that stay; of several in one official cell the last line counts."""
    own = [i for i, c in enumerate(changes) if c.half == half]
    if official:
        own = list({_time(changes[i], True): i for i in own}.values())
    own = [i for i in own if changes[i].confidence >= 0]
    if not own:
        return []
    place = np.array([_time(changes[i], official) for i in own], np.int64)
    score = np.array([changes[i].confidence for i in own])
    reach = round(TOLERANCE / 2 * 1_000_000)
    kept = strongest(place, score, below=reach, above=reach if official else reach + 1)
    return [own[k] for k in kept]
