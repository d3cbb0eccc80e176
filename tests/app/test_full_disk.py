"""A full disk is a sentence, and leaves no half of a file."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from app.comparing.prediction_sets import PredictionSets
from app.library.library import Library, Match
from app.views.export import export_bytes
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing, write_array, write_json
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.other_formats import PREDICTIONS
from spotting_core.formats import registry
from spotting_core.formats.document import Document
from spotting_core.formats.results_spotting import write_results
from spotting_core.media.source import open_match
from spotting_core.media.video import probe_video
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

FULL = "the disk is full. Free some disk"
SPOTS = [Spot(1, 2_000_000, "Goal", 0.5)]


def full(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def match(library: Library, tmp_path: Path) -> Match:
    return library.add(str(make_video(tmp_path / "a.mp4", steady(70, rate=10))))


@pytest.fixture
def results(tmp_path: Path) -> bytes:
    write_results(tmp_path / "r.json", SPOTS)
    return (tmp_path / "r.json").read_bytes()


def test_uploaded_labels(
    library: Library, match: Match, data: DataDirectory, results: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(data.root)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(BadInputError, match=FULL):
            library.read_labels(open_match(match.path), "results_spotting.json", results)
    assert files(data.root) == before
    assert list((data.root / "uploads").iterdir()) == []
    assert len(library.read_labels(open_match(match.path), "results_spotting.json", results).spots) == 1


@pytest.mark.parametrize("name", ["../../results_spotting.json", "a/../b/results_spotting.json", "..\\results_spotting.json",
                                  "x" * 5000 + "results_spotting.json"])  # fmt: skip
def test_uploads_stay_in_their_place_whatever_they_are_called(
    library: Library, match: Match, data: DataDirectory, results: bytes, name: str
) -> None:
    before = files(data.root.parent)
    assert len(library.read_labels(open_match(match.path), name, results).spots) == 1
    assert files(data.root.parent) == before


def test_imported_predictions(
    match: Match, data: DataDirectory, results: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = PredictionSets(data)
    before = files(data.root)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadInputError, match=FULL):
        sets.add("mine", "results_spotting.json", results, PREDICTIONS, load_classes().names, match)
    assert files(data.root) == before


@pytest.mark.parametrize("form", [f.name for f in registry.spot_writers()])
def test_exports(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)  # what a disk says that was full when the file was written
    with pytest.raises(BadInputError, match=FULL):
        export_bytes(Document.of(SPOTS, "game"), registry.FORMATS[form], load_classes())
    assert files(tmp_path) == []


def test_what_an_analysis_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "analysis.json", {"old": True})
    before = {path: path.read_bytes() for path in files(tmp_path)}
    monkeypatch.setattr(os, "fsync", full)
    for write in (
        lambda: write_json(tmp_path / "analysis.json", {"new": True}),
        lambda: write_array(tmp_path / "half1" / "scores.npy", np.zeros((3, 4))),
    ):
        with pytest.raises(BadInputError, match=FULL):
            write()
    assert {path: path.read_bytes() for path in files(tmp_path)} == before


def test_a_name_that_no_file_can_have_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be written"), replacing(tmp_path / ("x" * 400) / "a") as part:
        part.write_text("")


def test_a_video_is_still_read_when_nothing_can_be_written(match: Match) -> None:
    assert probe_video(match.path).width > 0
