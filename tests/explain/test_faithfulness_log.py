"""A measurement that is stopped goes on from its log, and from no other."""

from __future__ import annotations

from math import isnan, nan
from pathlib import Path

import pytest

from explain.faithfulness import SpotMeasures
from explain.faithfulness_log import SpotLog
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot

SUBJECT = {"model": "abc", "seed": 0, "methods": ["occlusion"]}
SPOT, OTHER = Spot(1, 5_000_000, "Goal", 0.9), Spot(2, 5_000_000, "Goal", 0.9)
MEASURES = SpotMeasures("Goal", {"occlusion": {"deletion": 0.25, "pointing": nan}}, "a match")


@pytest.fixture(scope="module")
def analysis(demo: Path) -> Analysis:
    return Analysis.open(demo / "analysis")


def test_what_was_measured_is_there_again(analysis: Analysis, tmp_path: Path) -> None:
    SpotLog(tmp_path / "folder" / "log.jsonl", SUBJECT).keep(analysis, SPOT, MEASURES)
    again = SpotLog(tmp_path / "folder" / "log.jsonl", SUBJECT)
    kept = again.of(analysis, SPOT)
    assert kept is not None
    assert kept.methods["occlusion"]["deletion"] == 0.25
    assert isnan(kept.methods["occlusion"]["pointing"])
    assert again.of(analysis, OTHER) is None


def test_a_line_that_was_cut_off_is_measured_again_and_the_others_stay(analysis: Analysis, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = SpotLog(path, SUBJECT)
    log.keep(analysis, SPOT, MEASURES)
    log.keep(analysis, OTHER, MEASURES)
    path.write_bytes(path.read_bytes()[:-20])
    again = SpotLog(path, SUBJECT)
    assert again.of(analysis, SPOT) is not None
    assert again.of(analysis, OTHER) is None
    again.keep(analysis, OTHER, MEASURES)
    assert SpotLog(path, SUBJECT).of(analysis, OTHER) is not None


def test_a_log_of_something_else_is_refused_and_left_as_it_is(analysis: Analysis, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    SpotLog(path, SUBJECT).keep(analysis, SPOT, MEASURES)
    before = path.read_bytes()
    with pytest.raises(BadInputError, match="this log is of something else: model, seed"):
        SpotLog(path, {**SUBJECT, "model": "def", "seed": 1})
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"{", b"[]\n", b"1\n", b'{"model": "abc"}\n{"half": 1}\n', b"\xff\n"])
def test_what_is_no_log_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"no log of faithfulness|of something else"):
        SpotLog(path, SUBJECT)
    assert path.read_bytes() == content
