"""Calibration: where on the pitch every picture looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.homography import Calibration
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.pitch_calibration import METRICS, CalibrationGame, evaluate_calibrations
from spotting_core.evaluation.report import Evaluation
from spotting_core.formats.field_calibration import (
    RENDERED,
    USED_FROM,
    pitch_of,
    published_files,
    read_published,
    read_rendered,
    where_sure,
)
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, Task


class CalibrationTask(Task):
    """The homography between the pitch and each sample's picture."""

    name = "calibration"
    title = "Calibration"
    class_table = "soccernet-cameras"
    metrics = METRICS
    has_official = False

    def read_truth(self, folder: Path) -> list[Calibration]:
        """The calibrations of a match folder: exact ones of a rendered match, else the published ones.

        Errors:
            BadInputError: there are none, or they cannot be read.
        """
        if (folder / RENDERED).is_file():
            return read_rendered(folder)
        return read_published_match(folder)

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        metric = self.metric(order.metric)
        if order.classes is not None:
            raise BadInputError("calibrations have no classes", where=order.classes, fix="Leave --classes out")
        true, predicted = calibrated_games(order.labels), calibrated_games(order.predictions)
        wanted: Sequence[str] = list(true) if order.split is None else order.split
        games = []
        for game in wanted:
            if game not in true or game not in predicted:
                record.skip(game, f"it has no {'truth' if game not in true else 'predictions'}")
                continue
            record.counted.append(game)
            truth, predictions = self.read_truth(true[game]), read_published_match(predicted[game])
            games.append(CalibrationGame(game, pitch_of(true[game]), truth, predictions))
            _note_missing(games[-1], record)
        return evaluate_calibrations(games, metric)


def _note_missing(game: CalibrationGame, record: Record) -> None:
    """What of a game has no prediction that is used: whole parts of it, or samples that are unsure or no homography."""
    there = {c.half for c in game.predicted}
    for half in sorted({c.half for c in game.truth} - there):
        record.skip(game.name, f"{load_classes(CalibrationTask.class_table).parts.title(half)} has no predictions")
    unused = sum(c.homography is None for c in game.predicted)
    if unused:
        record.skip(
            game.name, f"{unused} of {len(game.predicted)} predictions are below {USED_FROM:g} or no homography"
        )


def read_published_match(folder: Path) -> list[Calibration]:
    """The published calibrations of all halves of a match folder; those that are too unsure have no homography.

    Errors:
        BadInputError: there are none, or they cannot be read.
    """
    files = published_files(folder)
    if not files:
        raise BadInputError("no calibrations lie here", where=folder, fix="They are called 1_field_calib_ccbv.json")
    return [where_sure(c) for half, path in files.items() for c in read_published(path, half).calibrations]


def calibrated_games(root: Path) -> dict[str, Path]:
    """Folders with calibrations at or below a folder, by their path below it.

    Errors:
        BadInputError: there is none.
    """
    if not root.is_dir():
        raise BadInputError("this is no folder", where=root, fix="Give the folder in which the games lie")
    files = [*root.rglob("*_field_calib_*.json"), *root.rglob(RENDERED)]
    games = {f.parent.relative_to(root).as_posix(): f.parent for f in sorted(files)}
    if not games:
        raise BadInputError("no calibrations lie here", where=root, fix="They are called 1_field_calib_ccbv.json")
    return games


register(CalibrationTask())
