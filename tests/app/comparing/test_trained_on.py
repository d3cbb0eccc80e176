"""The Evaluate view measures no model on matches that it was trained on."""

from __future__ import annotations

import json

import pytest

from app.comparing.comparison import LIBRARY, compared
from app.comparing.prediction_sets import PredictionSets
from app.library.library import Library, Match
from spotting_core.analyses.analysis import ANALYSIS_FILE
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation import official_splits
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis


def test_a_match_of_its_training_is_left_out(
    match: Match, library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = [Spot(1, 2_000_000, "Goal")]
    write_labels(match.path.with_suffix(".json"), truth)
    monkeypatch.setattr(Library, "truth", lambda *_: truth)
    analysis = make_analysis(
        open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)], "theirs", "theirs", bare=True
    )
    key, sets = f"model:{analysis.record.identity.key}", PredictionSets(data)
    assert len(compared(library, sets, LIBRARY, key, load_classes().names).games) == 1
    content = json.loads((analysis.folder / ANALYSIS_FILE).read_text())
    content["model"]["splits"] = ["train", "test"]
    (analysis.folder / ANALYSIS_FILE).write_text(json.dumps(content))
    monkeypatch.setattr(official_splits, "split_of", lambda _: "test")
    with pytest.raises(BadInputError, match=r"measured on none of these matches: theirs was trained on it"):
        compared(library, sets, LIBRARY, key, load_classes().names)
    monkeypatch.setattr(official_splits, "split_of", lambda _: "valid")
    assert len(compared(library, sets, LIBRARY, key, load_classes().names).games) == 1
