"""Calibration: where on the pitch every picture looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.base.files_below import files_below
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.homography import Calibration
from spotting_core.evaluation import challenge_calibration
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.pitch_calibration import (
    COMPLETENESS,
    DISTANCE,
    JAC,
    METRICS,
    CalibrationGame,
    evaluate_calibrations,
)
from spotting_core.evaluation.report import Evaluation
from spotting_core.formats.calibration_table import read_table
from spotting_core.formats.field_calibration import (
    RENDERED,
    USED_FROM,
    check_one_of_each,
    pitch_of,
    published_files,
    read_published,
    read_rendered,
    where_sure,
    write_published,
)
from spotting_core.formats.line_labels import holds_line_labels
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, Judged, LayerTask, StoredHalf


class CalibrationTask(LayerTask[Calibration]):
    """The homography between the pitch and each sample's picture.

    A layer holds one for every sample that could be placed (``formats.calibration_table``); those that are less sure
    than ``USED_FROM`` count as none.
    """

    name = "calibration"
    title = "Calibration"
    class_table = "soccernet-cameras"
    metrics = METRICS
    has_official = False
    label_file = RENDERED
    results_file = "1_field_calib_touchline.json"
    chosen_by = (JAC, DISTANCE)
    shown = ("pitch", "minimap")
    default_model = "pitch-lines"

    def read_truth(self, folder: Path) -> list[Calibration]:
        """The calibrations of a match folder: exact ones of a rendered match, else the published ones.

        Errors:
            BadInputError: there are none, or they cannot be read.
        """
        if (folder / RENDERED).is_file():
            return read_rendered(folder)
        return read_published_match(folder)

    def labelled_games(self, folder: Path) -> list[Path]:
        """See ``LayerTask``; published calibrations are truth as well."""
        games = [game for game in calibrated_games(folder).values() if not (game / "analysis.json").is_file()]
        return sorted(games)  # without layers, whose results are no truth

    @property
    def noun(self) -> str:
        return "calibrations"

    def summary(self, findings: Sequence[Calibration]) -> str:
        return f"{self.noun} of {sum(c.homography is not None for c in findings)} of {len(findings)} samples"

    def absence(self, findings: Sequence[Calibration]) -> str:
        if any(c.homography is not None for c in findings):
            return ""
        return "No picture shows enough of a pitch's lines to be placed on it."

    def moment(self, finding: Calibration) -> int:
        return finding.time

    def findings_of(
        self, half: StoredHalf, classes: ClassTable, *, least: float | None, source: str
    ) -> list[Calibration]:
        """One for every sample; those that are less sure have no homography."""
        wanted = USED_FROM if least is None else least
        return [where_sure(c, wanted) for c in read_table(half.folder, half.half, half.times)]

    def write(self, path: Path, findings: Sequence[Calibration]) -> None:
        """In the form of the published calibrations, a file for each half, named as that of the first."""
        for half in sorted({c.half for c in findings}):
            own = [c for c in findings if c.half == half]
            aspect = next((c.camera.aspect for c in own if c.camera is not None), 16 / 9)
            write_published(path.with_name(f"{half}{path.name[1:]}"), own, round(_LINES * aspect), _LINES)

    def report(
        self, matches: Sequence[Judged[Calibration]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluation:
        return evaluate_calibrations(_games(matches))

    def figure(self, matches: Sequence[Judged[Calibration]], classes: Sequence[str], chosen_by: str) -> float:
        """JaC times completeness, or the median distance in metres, less being better."""
        try:
            found = evaluate_calibrations(_games(matches), chosen_by)
        except BadInputError:  # nothing could be placed
            return 0.0 if chosen_by == JAC else -float("inf")
        value = float(found.average_map["all"] or 0.0)
        return -value if chosen_by == DISTANCE else value * found.others[COMPLETENESS]

    def card_scores(self, matches: Sequence[Judged[Calibration]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """All figures, and the median distance by camera."""
        found = evaluate_calibrations(_games(matches))
        scores: dict[str, Any] = {"split": split, "matches": len(matches)}
        scores[DISTANCE] = round(float(found.average_map["all"] or 0.0), 4)
        scores |= {name: round(value, 4) for name, value in found.others.items()}
        scores["per_class"] = {
            name: {"truths": found.truths[name], DISTANCE: round(float(row["all"] or 0.0), 4)}
            for name, row in found.per_class.items()
        }
        return scores

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        metric = self.metric(order.metric)
        if order.classes is not None:
            raise BadInputError("calibrations have no classes", where=order.classes, fix="Leave --classes out")
        if holds_line_labels(order.labels):
            return challenge_calibration.evaluate_folders(
                order.labels, order.predictions, record, metric=order.metric, split=order.split
            )
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


_LINES = 720  # of the pictures in whose pixels results are written


def _games(matches: Sequence[Judged[Calibration]]) -> list[CalibrationGame]:
    return [CalibrationGame(m.name, m.truth[0].pitch, m.truth, m.findings) for m in matches if m.truth]


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
    check_one_of_each(folder)
    files = published_files(folder)
    if not files:
        raise BadInputError("no calibrations lie here", where=folder, fix="They are called 1_field_calib_ccbv.json")
    return [where_sure(c) for half, path in files.items() for c in read_published(path, half).calibrations]


_FORMS = (
    "They are called 1_field_calib_ccbv.json; the challenge's line labels 00001.json, and beside such its cameras "
    "camera_00001.json"
)


def calibrated_games(root: Path) -> dict[str, Path]:
    """Folders with calibrations at or below a folder, by their path below it.

    Errors:
        BadInputError: there is none.
    """
    if not root.is_dir():
        raise BadInputError("this is no folder", where=root, fix="Give the folder in which the games lie")
    files = [*files_below(root, "*_field_calib_*.json"), *files_below(root, RENDERED)]
    games = {f.parent.relative_to(root).as_posix(): f.parent for f in sorted(files)}
    if not games:
        raise BadInputError("no calibrations lie here", where=root, fix=_FORMS)
    return games


CALIBRATION = CalibrationTask()
register(CALIBRATION)
