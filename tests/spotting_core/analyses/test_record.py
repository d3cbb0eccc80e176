"""Records of analyses that say what cannot be are refused with the file's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 1e308}, "1e\\+308 samples a second"),
        ({"rate": 0}, "rate"),
        ({"classes": []}, "no class"),
        ({"class_table": "../a"}, "no name of a class table"),
    ],
)
def test_a_record_that_says_what_cannot_be_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path, data: DataDirectory
) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(30, rate=10)))
    folder = make_analysis(match, data, [Spot(1, 1_000_000, "Goal", 0.9)]).folder
    path = folder / ANALYSIS_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(BadInputError, match=message) as refused:
        Analysis.open(folder)
    assert refused.value.where == path
