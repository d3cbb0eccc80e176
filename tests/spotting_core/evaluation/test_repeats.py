"""Spots that stand twice in one file, and confidences that count as none: counted, and said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.evaluation.checks import check_confidences
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.spot_files import read_spotting_games
from spotting_core.formats.document import Document
from spotting_core.formats.registry import read_one
from spotting_core.preflight.match import check_spots
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.label_counts import label_counts

TABLE = load_classes()
GOAL = {"gameTime": "1 - 00:10", "position": "10000", "label": "Goal", "team": "home", "visibility": "visible"}
CORNER = {**GOAL, "label": "Corner"}


def test_labels_and_predictions_that_stand_twice_are_told_by_evaluate(tmp_path: Path) -> None:
    labels, predictions, record = tmp_path / "l.json", tmp_path / "p.json", Record()
    labels.write_text(json.dumps({"annotations": [GOAL, CORNER, GOAL, GOAL]}))
    predictions.write_text(
        json.dumps({"predictions": [{**one, "confidence": "0.5"} for one in (GOAL, CORNER, CORNER)]})
    )
    read_spotting_games(labels, predictions, TABLE.names, record)
    assert [left.why for left in record.skipped] == [
        "2 labels stand there twice, of the same class and moment; each counts once more",
        "1 prediction stands there twice, of the same class and moment; it counts once more",
    ]


def test_a_gzip_of_labels_is_evaluated_as_what_is_in_it(tmp_path: Path) -> None:
    labels, predictions = tmp_path / "Labels-v2.json.gz", tmp_path / "results_spotting.json"
    labels.write_bytes(gzip.compress(json.dumps({"annotations": [GOAL]}).encode()))
    predictions.write_text(json.dumps({"predictions": [{**GOAL, "confidence": "0.5"}]}))
    [game] = read_spotting_games(labels, predictions, TABLE.names, Record())
    assert len(game.truth) == len(game.predicted) == 1


def test_doctor_says_so_once_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("half,seconds,label\n1,10,Goal\n1,10,Goal\n1,20,Corner\n")
    document = read_one(tmp_path / "l.csv")
    [finding] = [f for f in check_spots(document, TABLE) if f.check == "repeats"]
    assert finding.evidence == "1 spot stands there twice, of the same class, team and moment; it counts once more"
    assert not [f for f in check_spots(Document(document.entries[1:]), TABLE) if f.check == "repeats"]


def test_training_counts_them(tmp_path: Path) -> None:
    game = tmp_path / "train" / "league" / "season" / "game"
    game.mkdir(parents=True)
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": [GOAL, CORNER, GOAL]}))
    assert label_counts([tmp_path / "train"], SPOTTING, TABLE) == [
        "train: 1 match, 3 labels",
        "train: 1 label stands there twice, of the same class and moment; it counts once more",
    ]


def test_logarithms_are_no_confidences() -> None:
    with pytest.raises(BadInputError, match=r"every confidence is below 0, the highest -0\.1, .* not logarithms"):
        check_confidences(np.array([-0.1, -3.0]), "p", Record())
    record = Record()
    check_confidences(np.array([-1.0, 0.5]), "p", record, name="game")
    assert [left.why for left in record.skipped] == ["1 prediction with a confidence below 0, which counts as none"]
    check_confidences(np.array([-1.0]), "p", Record(), official=True)
