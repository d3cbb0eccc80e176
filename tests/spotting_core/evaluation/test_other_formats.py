"""Labels and predictions of any format, evaluated as SoccerNet's files are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS, in_soccernet_form, other_format
from spotting_core.formats import registry
from spotting_core.formats.document import Document, HalfInfo
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import EvaluationOrder

GAMES = ("2026-05-01 - Reds 1 - 0 Blues", "2026-05-08 - Greens 0 - 0 Whites")
TRUTH = [Spot(1, 61_000_000, "Corner"), Spot(1, 90_040_000, "Goal"), Spot(2, 30_000_000, "Foul")]
PREDICTED = [
    Spot(1, 61_400_000, "Corner", 0.9),
    Spot(1, 95_000_000, "Goal", 0.8),
    Spot(2, 30_520_000, "Foul", 0.7),
    Spot(2, 80_000_000, "Corner", 0.2),
]
HALVES = {half: HalfInfo(25.0, 5000, 398, 224) for half in (1, 2)}


def written(spots: list[Spot], path: Path, form: str, games: tuple[str, ...] = GAMES[:1]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    registry.write(path, [Document.of(spots, game, HALVES) for game in games], registry.format_named(form))
    return path


def scores(labels: Path, predictions: Path, record: Record | None = None) -> tuple[dict[str, float], dict[str, int]]:
    report = SPOTTING.evaluate(EvaluationOrder(labels, predictions, None, None, "at1", False), record or Record())
    return report.average_map, report.truths


@pytest.fixture
def expected(tmp_path: Path) -> tuple[dict[str, float], dict[str, int]]:
    """What the same spots give as SoccerNet's files."""
    labels = written(TRUTH, tmp_path / "soccernet" / "labels", "labels-v2")
    return scores(labels, written(PREDICTED, tmp_path / "soccernet" / "predictions", "results-spotting"))


@pytest.mark.parametrize("form", ["csv", "e2e-spot", "osl", "sportscode", "otio"])
def test_predictions_of_any_format_with_confidences_score_as_soccernets_do(
    form: str, tmp_path: Path, expected: tuple[dict[str, float], dict[str, int]]
) -> None:
    suffix = registry.format_named(form).suffix
    predictions = written(PREDICTED, tmp_path / f"mine{suffix}", form)
    labels = written(TRUTH, tmp_path / "labels", "labels-v2")
    record = Record()
    assert scores(labels, predictions, record) == expected
    assert record.counted == list(GAMES[:1])


@pytest.mark.parametrize("form", ["csv", "webvtt", "edl", "fcpx-xml", "sportscode"])
def test_labels_of_any_format_are_truth(form: str, tmp_path: Path) -> None:
    suffix = registry.format_named(form).suffix
    one_half, predicted = [s for s in TRUTH if s.half == 1], [s for s in PREDICTED if s.half == 1]
    labels = written(one_half, tmp_path / f"truth{suffix}", form)
    predictions = written(predicted, tmp_path / "mine.csv", "csv")
    plain = written(one_half, tmp_path / "plain", "labels-v2"), written(predicted, tmp_path / "own", "results-spotting")
    assert scores(labels, predictions) == scores(*plain)


def test_matches_of_one_file_are_told_apart_by_their_names(tmp_path: Path) -> None:
    predictions = written(PREDICTED, tmp_path / "mine.csv", "csv", GAMES)
    labels = written(TRUTH, tmp_path / "labels", "labels-v2", GAMES)
    record = Record()
    _, truths = scores(labels, predictions, record)
    assert record.counted == list(GAMES)
    assert truths["Corner"] == 2


def test_predictions_without_a_confidence_are_refused_by_name(tmp_path: Path) -> None:
    predictions = written([Spot(1, 5_000_000, "Goal")], tmp_path / "mine.csv", "csv")
    labels = written(TRUTH, tmp_path / "labels", "labels-v2")
    with pytest.raises(BadInputError, match="1 of 1 spot without a confidence, read as CSV") as refused:
        scores(labels, predictions)
    assert refused.value.where == predictions


def test_files_that_evaluation_reads_itself_stay_as_they_are(tmp_path: Path) -> None:
    predictions = written(PREDICTED, tmp_path / "predictions", "results-spotting")
    folder = next(predictions.rglob("results_spotting.json")).parent
    (folder / "Labels-GameState.json").write_text(json.dumps({"info": {}, "images": [], "annotations": []}))
    assert other_format(predictions, PREDICTIONS) is None
    with in_soccernet_form(predictions, PREDICTIONS, Record()) as path:
        assert path == predictions


def test_what_is_left_out_of_another_format_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:05.000\nGoal\n\n00:06.000 --> 00:05.000\n\n")
    record = Record()
    with in_soccernet_form(tmp_path / "a.vtt", LABELS, record) as path:
        assert json.loads(path.read_text())["annotations"][0]["label"] == "Goal"
    assert [left.game for left in record.skipped]
    assert not path.exists()  # it lasts as long as it is needed


@pytest.mark.parametrize("name", ["a.txt", "a.mp4"])
def test_an_unknown_file_is_refused_with_the_formats_that_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("not labels")
    with pytest.raises(BadInputError, match="format of this cannot be told"):
        other_format(tmp_path / name, LABELS)
