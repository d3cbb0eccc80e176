"""Boundaries: when one shot ends and the next begins, and how: abruptly, smoothly, or behind a logo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.base.files import replacing
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting, spots_of_half
from spotting_core.evaluation.boundaries import boundary_evaluator, check_kinds, evaluate_boundaries, note_unrated
from spotting_core.evaluation.camera_files import BOUNDARIES_FILE, read_camera_games
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.evaluation.suppress import strongest
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument, CameraEntry
from spotting_core.tasks.camera_games import games_of_boundaries
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, HalfScores, Judged, SampleTask

AVERAGE_PRECISION = "ap"
_ONE_CHANGE = 200_000  # microseconds


class BoundariesTask(SampleTask[Spot]):
    """A boundary is a spot whose class is its kind."""

    name = "boundaries"
    title = "Boundaries"
    class_table = "soccernet-boundaries"
    label_file = labels_cameras.FILE_NAME
    results_file = BOUNDARIES_FILE
    chosen_by = (AVERAGE_PRECISION,)
    least_evaluated = 0.02
    shown = ("shots", "cameras")
    default_model = "frame-boundaries"

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        games = read_camera_games(order.labels, order.predictions, record, order.split, official=order.official)
        check_kinds(games, order.labels, record, official=order.official)
        note_unrated(games, record)
        return evaluate_boundaries(games, official=order.official)

    def read_truth(self, folder: Path) -> list[Spot]:
        """The ends of shots of which somebody said how they end, in whatever words."""
        shots = labels_cameras.read_shots(folder / self.label_file)
        return [Spot(s.half, s.end, s.change_type) for s in shots if s.change_type]

    def moment(self, finding: Spot) -> int:
        return finding.time

    def findings(self, half: HalfScores, classes: ClassTable, *, least: float | None, source: str) -> list[Spot]:
        """The strongest samples: those beside may be of another change, and would blur what is exact to the frame.

        A change is of one kind: of several kinds within a fifth of a second the surest stays.
        """
        spotting = Spotting(threshold=DEFAULT_THRESHOLD if least is None else least, vote=0.0)
        scores = (half.confidence, half.displacement)
        spots = spots_of_half(half.half, half.times, *scores, classes, spotting, source=source, end=half.end)
        if not spots:
            return []
        place, surest = np.array([s.time for s in spots]), np.array([s.confidence for s in spots])
        kept = strongest(place, surest, below=_ONE_CHANGE, above=_ONE_CHANGE + 1)
        return [spots[k] for k in sorted(kept)]

    def write(self, path: Path, findings: Sequence[Spot]) -> None:
        """As Labels-cameras, each boundary as the end of a shot of no camera, with its confidence."""
        changes = sorted(findings, key=lambda s: (s.half, s.time))
        entries = [CameraEntry(s.half, s.time, "", change_type=s.label, confidence=s.confidence) for s in changes]
        with replacing(path) as part:
            part.write_bytes(labels_cameras.render(CameraDocument(tuple(entries))))

    def report(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], *, official: bool = False) -> Evaluation:
        return evaluate_boundaries(games_of_boundaries(matches), official=official)

    def evaluator(
        self, matches: Sequence[Judged[Spot]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluator:
        return boundary_evaluator(games_of_boundaries(matches), official=official)

    def figure(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], chosen_by: str) -> float:
        """Mean over the kinds that occur of their average precision within a second."""
        rows = self.report(matches, classes).per_class.values()
        values = [row["all"] for row in rows if row["all"] is not None]
        return sum(values) / len(values) if values else 0.0

    def card_scores(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """Average precision within a second, of all changes and by kind, officially and corrected."""
        report, official = (self.report(matches, classes, official=way) for way in (False, True))
        return {
            "split": split,
            "matches": len(matches),
            AVERAGE_PRECISION: round(float(report.average_map["all"] or 0.0), 4),
            "official": {AVERAGE_PRECISION: round(float(official.average_map["all"] or 0.0), 4)},
            "per_class": {
                name: {"truths": report.truths[name], AVERAGE_PRECISION: round(row["all"], 4)}
                for name, row in report.per_class.items()
                if row["all"] is not None
            },
        }


BOUNDARIES = BoundariesTask()
register(BOUNDARIES)
