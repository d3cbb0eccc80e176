"""Camera shots: which camera is on, at every moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import CAMERA_TABLE, Shot, camera_class
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.runs import runs
from spotting_core.evaluation.camera_files import read_camera_games
from spotting_core.evaluation.cameras import camera_evaluator, check_cameras, evaluate_cameras
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.formats import labels_cameras
from spotting_core.tasks.camera_games import games_of_shots
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, HalfScores, Judged, SampleTask

MIOU = "miou"
_REPLAY = 0.5  # confidence from which a sample is of a replay
_SHORTEST_REPLAY = 3_000_000  # microseconds: what is shorter is a doubt about a live shot, and would hide its actions


class ShotsTask(SampleTask[Shot]):
    """Shots of SoccerNet's 13 cameras."""

    name = "shots"
    title = "Camera shots"
    class_table = CAMERA_TABLE
    label_file = labels_cameras.FILE_NAME
    results_file = labels_cameras.FILE_NAME
    chosen_by = (MIOU,)
    shown = ("shots", "cameras")
    default_model = "whole-shots"

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        games = read_camera_games(order.labels, order.predictions, record, order.split, official=order.official)
        cameras = self.classes(order.classes)
        check_cameras(games, cameras, order.labels, order.predictions, record)
        return evaluate_cameras(games, cameras, official=order.official)

    def read_truth(self, folder: Path) -> list[Shot]:
        return labels_cameras.read_shots(folder / self.label_file)

    def moment(self, finding: Shot) -> int:
        return (finding.start + finding.end) // 2

    def class_name(self, finding: Shot) -> str:
        return camera_class(finding.label)

    def begins(self, finding: Shot) -> int:
        return finding.start

    def findings(self, half: HalfScores, classes: ClassTable, *, least: float | None, source: str) -> list[Shot]:
        """Runs of samples of one surest camera, live or replayed; a change lies in the middle between two samples. The
        confidence of a shot is the mean over its samples."""
        if least is not None:
            raise BadInputError("of every moment one camera is said to be on, however surely", fix="Leave least out")
        surest = half.confidence.argmax(1)
        replayed = half.replay >= _REPLAY if half.replay is not None else np.zeros(len(surest), bool)
        replayed = _long_enough(replayed, half.times)
        cuts = np.flatnonzero((np.diff(surest) != 0) | (np.diff(replayed) != 0)) + 1
        begins = [0, *((half.times[cuts - 1] + half.times[cuts]) // 2).tolist()]
        ends = [*begins[1:], half.end]
        lengths = np.diff([0, *cuts.tolist(), len(surest)])
        confidence = (np.add.reduceat(half.confidence, [0, *cuts.tolist()], axis=0) / lengths[:, None]).max(1)
        shots = zip(begins, ends, surest[[0, *cuts]], replayed[[0, *cuts]], confidence, strict=True)
        return [
            Shot(half.half, int(start), int(end), classes.names[camera], bool(replay), None, round(float(sure), 4))
            for start, end, camera, replay, sure in shots
            if end > start
        ]

    def write(self, path: Path, findings: Sequence[Shot]) -> None:
        labels_cameras.write_shots(path, findings)

    def report(self, matches: Sequence[Judged[Shot]], classes: Sequence[str], *, official: bool = False) -> Evaluation:
        return evaluate_cameras(games_of_shots(matches), classes, official=official)

    def evaluator(
        self, matches: Sequence[Judged[Shot]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluator:
        return camera_evaluator(games_of_shots(matches), classes, official=official)

    def figure(self, matches: Sequence[Judged[Shot]], classes: Sequence[str], chosen_by: str) -> float:
        """Mean intersection over union over the cameras that occur."""
        return float(self.report(matches, classes).average_map["all"] or 0.0)

    def card_scores(self, matches: Sequence[Judged[Shot]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """Mean intersection over union, officially and corrected, F1, and per camera."""
        report, official = (self.report(matches, classes, official=way) for way in (False, True))
        return {
            "split": split,
            "matches": len(matches),
            MIOU: round(float(report.average_map["all"] or 0.0), 4),
            "official": {MIOU: round(float(official.average_map["all"] or 0.0), 4)},
            **{name: round(value, 4) for name, value in report.others.items()},
            "per_class": {
                name: {"seconds": round(report.truths[name], 1), MIOU: round(row["all"], 4)}
                for name, row in report.per_class.items()
                if row["all"] is not None
            },
        }


def _long_enough(replayed: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The replays that last; replayed: bool (T,); times: int64 (T,) microseconds."""
    kept = np.zeros_like(replayed)
    for first, stop in runs(replayed):
        until = times[stop] if stop < len(times) else times[stop - 1]
        kept[first:stop] = until - times[first] >= _SHORTEST_REPLAY
    return kept


SHOTS = ShotsTask()
register(SHOTS)
