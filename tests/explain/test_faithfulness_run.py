"""Which spots are measured, and where an explanation of a class should point."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explain.faithfulness_run import PREDICTED, TRUE, ChosenSpot, choose_spots, true_boxes
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.entities.decisive import decisive_entities
from spotting_core.entities.truth import TrueMatch
from spotting_core.media.source import open_match
from tests.explain.toys import explained_window


@pytest.fixture(scope="module")
def analysis(demo: Path) -> Analysis:
    return Analysis.open(demo / "analysis")


def test_spots_are_spread_over_the_classes_and_the_same_for_a_seed(demo: Path, analysis: Analysis) -> None:
    match, classes = open_match(demo), {s.label for s in analysis.spots()}
    first = choose_spots(match, analysis, PREDICTED, len(classes), seed=1)
    assert {c.spot.label for c in first} == classes
    assert choose_spots(match, analysis, PREDICTED, len(classes), seed=1) == first
    assert choose_spots(match, analysis, PREDICTED, len(classes), seed=2) != first
    everything = choose_spots(match, analysis, PREDICTED, None, seed=1)
    assert Counter(c.spot for c in everything) == Counter(analysis.spots())


def test_true_spots_come_from_the_labels(demo: Path, analysis: Analysis, tmp_path: Path) -> None:
    found = choose_spots(open_match(demo), analysis, TRUE, 5, seed=0)
    assert [c.spot.source for c in found] == ["truth"] * 5
    alone = tmp_path / "alone.mp4"
    alone.write_bytes(b"x")
    with pytest.raises(BadInputError, match="no labels beside this match"):
        choose_spots(open_match(alone), analysis, TRUE, 5, seed=0)


def test_what_decides_a_class_is_named_for_every_class_of_football_and_for_no_other_table() -> None:
    assert decisive_entities("soccernet-v2", "Yellow->red card") == ("yellow card", "red card")
    assert decisive_entities("soccernet-v2", "Throw-in") == ("ball",)
    assert decisive_entities("finediving", "Entry") == ()


def test_true_boxes_are_those_of_what_decides(demo: Path, analysis: Analysis) -> None:
    card = next(s for s in analysis.spots() if s.label == "Yellow card" and s.half == 2)
    half = analysis.half(2)
    sample = half.nearest_sample(card.time)
    width, height = half.record.width, half.record.height
    window = replace(explained_window(), frames=half.frames[sample - 15 : sample + 16], anchor=15, size=(width, height))
    boxes = true_boxes(ChosenSpot(open_match(demo), analysis, card), window)
    assert boxes is not None
    frame = TrueMatch(demo, 2)[int(half.frames[sample])]
    expected = [b for b, name in zip(frame.boxes, frame.names, strict=True) if name == "yellow card"]
    assert len(expected) == 1
    assert boxes.boxes == pytest.approx(np.array(expected) / [width, height, width, height])
    assert boxes.is_read.tolist() == [False]
    table = half.entities.part(sample, sample + 1)
    at = np.array(expected, np.float32) + 2  # beside the true place by less than counts
    yellow = np.full(1, table.names.index("yellow card"), np.int16)
    reads = replace(table, sample=np.full(1, sample), entity=yellow, score=np.ones(1, np.float32), box=at)
    for changed, found in (({}, True), ({"box": at + 40}, False), ({"entity": yellow - 1}, False)):
        seen = replace(window, first=sample - 15, table=replace(reads, **changed))
        again = true_boxes(ChosenSpot(open_match(demo), analysis, card), seen)
        assert again is not None
        assert again.is_read.tolist() == [found]
    serve = replace(card, label=load_classes().names[0])
    elsewhere = ChosenSpot(replace(open_match(demo), path=demo / "analysis"), analysis, serve)
    assert true_boxes(elsewhere, window) is None
